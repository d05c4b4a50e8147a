"""Every write of the retention domain."""

from retention.actions.cross import cross
from retention.actions.draft import compose, draft_night
from retention.actions.forget import forget
from retention.actions.lapses import choose_reason, find_lapses
from retention.actions.live import went_live
from retention.actions.policy import propose_policy, take_effect
from retention.actions.propose import propose_scores
from retention.actions.prune import prune
from retention.actions.score import rescore, score_members
from retention.actions.train import train_churn

__all__ = [
    "choose_reason",
    "compose",
    "cross",
    "draft_night",
    "find_lapses",
    "forget",
    "propose_policy",
    "propose_scores",
    "prune",
    "rescore",
    "score_members",
    "take_effect",
    "train_churn",
    "went_live",
]
