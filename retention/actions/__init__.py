"""Every write of the retention domain."""

from retention.actions import alerts, chapters, dataworth, plans
from retention.actions.breaks import study_breaks
from retention.actions.calls import assign_calls, plan_calls, put_off, record_call, skip_call, undo_call
from retention.actions.cohorts import plan_effort, study_cohorts
from retention.actions.cross import cross
from retention.actions.crossed import propose_crossed
from retention.actions.draft import compose, draft_night
from retention.actions.forget import forget
from retention.actions.lapses import choose_reason, find_lapses
from retention.actions.live import went_live
from retention.actions.policy import propose_policy, take_effect
from retention.actions.propose import propose_scores
from retention.actions.prune import prune, prune_calls
from retention.actions.returning import estimate_returns
from retention.actions.score import rescore, score_members
from retention.actions.scorecard import keep_score
from retention.actions.train import train_churn
from retention.actions.winback import MOST as MOST_WIN_BACKS
from retention.actions.winback import choose_offer, draft_win_backs

__all__ = [
    "MOST_WIN_BACKS",
    "alerts",
    "assign_calls",
    "chapters",
    "choose_offer",
    "choose_reason",
    "compose",
    "cross",
    "dataworth",
    "draft_night",
    "draft_win_backs",
    "estimate_returns",
    "find_lapses",
    "forget",
    "keep_score",
    "plan_calls",
    "plan_effort",
    "plans",
    "propose_crossed",
    "propose_policy",
    "propose_scores",
    "prune",
    "prune_calls",
    "put_off",
    "record_call",
    "rescore",
    "score_members",
    "skip_call",
    "study_breaks",
    "study_cohorts",
    "take_effect",
    "train_churn",
    "undo_call",
    "went_live",
]
