"""The jobs of retention: train, score, the past weeks of the trend line, members that changed."""

from datetime import date, timedelta

from django.utils import timezone

from imis_ai.governance.refusals import Blocked
from imis_ai.jobs.progress import Progress
from imis_ai.jobs.registry import job
from imis_ai.registry.artefact import Refused
from imis_ai.registry.models import TrainedModel
from imis_ai.registry.queries import NoModel
from retention import actions
from retention.actions.dataworth import MEASURE
from retention.actions.score import PREDICT, STORE
from retention.actions.train import READ
from retention.calc.training import TooLittle
from retention.models import ScoreRun

WEEKS = 12
DRAFTS = "Drafts"
REFUSALS = (NoModel, Refused)


@job("retention.train", title="Train the churn model", stages=(READ,), refusals=(TooLittle, Refused))
def train(
    progress: Progress, as_of: str | None = None, by: str = "nightly run", started_by: str = ""
) -> TrainedModel:
    """Learn as of a day (ISO date), today when none is given."""
    model = actions.train_churn(
        as_of=_day(as_of), by=by, now=timezone.now(), progress=progress, started_by=started_by
    )
    progress.note(f"{model.version} is {model.state}.")
    return model


@job("retention.score", title="Score members", stages=(PREDICT, STORE), refusals=REFUSALS)
def score(progress: Progress, as_of: str | None = None, backfill: bool = False) -> ScoreRun:
    """Score as of a day (ISO date), today when none is given."""
    run = actions.score_members(
        as_of=_day(as_of),
        today=timezone.localdate(),
        now=timezone.now(),
        progress=progress,
        backfill=backfill,
    )
    progress.note(f"{run.scored:,} members scored, {run.abstained:,} not.")
    return run


@job("retention.backfill", title="Score past weeks", stages=("Weeks",), refusals=REFUSALS)
def backfill(progress: Progress, weeks: int = WEEKS) -> int:
    """Scores of the same weekday in the last weeks, for the trend line; marked as computed afterwards."""
    today = timezone.localdate()
    progress.stage("Weeks", weeks)
    for week in range(weeks, 0, -1):
        progress.checkpoint()
        actions.score_members(
            as_of=today - timedelta(weeks=week),
            today=today,
            now=timezone.now(),
            progress=Progress(),
            backfill=True,
        )
        progress.advance()
    return weeks


@job("retention.rescore", title="Score members that changed", refusals=REFUSALS, is_quick=True)
def rescore(progress: Progress) -> int:
    """Members whose data changed since they were scored."""
    done = actions.rescore(today=timezone.localdate(), now=timezone.now())
    progress.note(f"{done:,} members scored again.")
    return done


def _day(text: str | None) -> date:
    return date.fromisoformat(text) if text else timezone.localdate()


@job("retention.calls", title="Publish the call list", refusals=(Blocked,))
def calls(progress: Progress) -> int:
    """Part of the night, before any draft: lots for the control group, the list, what crossings ask for."""
    now = timezone.now()
    made = actions.plan_calls(now=now)
    crossed = actions.propose_crossed(now=now)
    progress.note(f"{made:,} calls published. {crossed.title if crossed else 'Nobody crossed the line.'}")
    return made


@job("retention.draft", title="Draft messages of retention", stages=(DRAFTS,), refusals=(Blocked,))
def draft(progress: Progress) -> int:
    """Part of the night. Nothing leaves before a person, or the policy of the third phase, approves it."""
    progress.stage(DRAFTS)
    made = actions.draft_night(now=timezone.now(), checkpoint=progress.checkpoint)
    progress.note(f"{len(made.drafts):,} drafted, {len(made.left_out):,} left out with a reason.")
    return len(made.drafts)


@job("retention.propose", title="Suggest scores for iMIS", refusals=(Blocked,))
def propose(progress: Progress) -> None:
    """Part of the night. Nothing leaves before a person approves it."""
    made = actions.propose_scores(by=None, now=timezone.now())
    progress.note(made.title if made else "There is nothing to suggest, or it was suggested in this period.")


@job(
    "retention.lapses",
    title="Find why members left",
    stages=("Reasons", "Returns", "Cohorts", "Breaks", "Promises"),
)
def lapses(progress: Progress, as_of: str | None = None) -> int:
    """Part of the night: the main reason of each lapse whose outcome is certain."""
    progress.stage("Reasons", 1)
    found = actions.find_lapses(as_of=_day(as_of), now=timezone.now())
    progress.advance()
    progress.stage("Returns", 1)
    actions.estimate_returns(as_of=_day(as_of), now=timezone.now())
    progress.advance()
    progress.stage("Cohorts", 1)
    actions.study_cohorts(as_of=_day(as_of), now=timezone.now())
    progress.advance()
    progress.stage("Breaks", 1)
    actions.study_breaks(as_of=_day(as_of), now=timezone.now())
    progress.advance()
    progress.stage("Promises", 1)
    actions.keep_score(as_of=_day(as_of), now=timezone.now())
    progress.advance()
    progress.note(f"{found:,} lapses explained.")
    return found


@job("retention.alerts", title="Look for trouble with paying and new employers")
def find_alerts(progress: Progress) -> dict[str, int]:
    """Part of the night: alerts by rule, and offers of payment plans that are over."""
    now = timezone.now()
    found = actions.alerts.find_alerts(today=timezone.localdate(now), now=now)
    ended = actions.plans.end_offers(now=now)
    progress.note(
        f"{found['new']} new, {found['open']} open, {found['over']} over; {ended} plan offers ended."
    )
    return found


@job("retention.chapters", title="Look at chapters and committees")
def score_chapters(progress: Progress) -> int:
    """Part of the night: how each member takes part in the chapter."""
    done = actions.chapters.score_chapters(today=timezone.localdate())
    progress.note(f"{done:,} members of chapters.")
    return done


@job(
    "retention.dataworth",
    title="Measure what sources of data are worth",
    stages=(MEASURE,),
    refusals=REFUSALS,
)
def measure_worth(progress: Progress) -> int:
    """Part of the night after a model went live; nothing of the models it trains is kept."""
    done = actions.dataworth.measure_worth(now=timezone.now(), progress=progress)
    progress.note(f"{done} parts measured." if done else "Measured already for the live model.")
    return done
