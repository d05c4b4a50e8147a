"""Suggesting that scores go to iMIS: what would be written, and the proof that it is worth it."""

from datetime import datetime, time, timedelta
from typing import Any

from django.utils import timezone

from imis_ai.accounts.models import User
from imis_ai.governance import proposals
from imis_ai.registry import queries as registry
from imis_ai.registry.models import TrainedModel
from retention.models import ScoreRun
from retention.queries import insights
from retention.queries import list as risk
from retention.queries import policy as policies

SCORES = "retention.scores"
DUE = timedelta(days=1)


def propose_scores(*, by: User | None, now: datetime) -> Any:
    """Suggest writing the scores on show to iMIS; None when there are none. Raises governance refusals.

    By itself once in each period of the policy: scores are made every night, but what staff see in iMIS does
    not change faster than they can act on it.
    """
    run = risk.current_run()
    if run is None or (by is None and _was_asked(now)):
        return None
    rows = insights.rows(run=run)
    if not rows:
        return None
    model = registry.version(run.model_name, run.model_version)
    draft = proposals.Draft(
        kind=SCORES,
        title=f"Scores of {len(rows):,} members at risk to iMIS",
        payload={
            "as_of": run.as_of.isoformat(),
            "model": f"{run.model_name} {run.model_version}",
            "rows": rows,
        },
        members=len(rows),
        made_from={"run": run.pk, "model": run.model_version, "as_of": run.as_of.isoformat()},
        checks=_checks(run, model, now),
        replay=_replay(model, now),
        due_at=now + DUE,
    )
    return proposals.propose(draft=draft, by=by, now=now)


def _was_asked(now: datetime) -> bool:
    """Whether the scores of this period were suggested already."""
    period = policies.current().period(timezone.localtime(now).date())
    midnight = timezone.make_aware(datetime.combine(period, time.min))
    return proposals.of_kind(kind=SCORES).filter(created_at__gte=midnight).exists()


def _checks(run: ScoreRun, model: TrainedModel, now: datetime) -> tuple[proposals.Check, ...]:
    age = (timezone.localtime(now).date() - run.as_of).days
    error = model.evaluation.get("calibration_error")
    checks = [
        proposals.Check("fresh", f"Scored on {run.as_of:%d %B}.", "ok" if age <= 1 else "fail"),
        proposals.Check("only scores", "Scores, ranges, dates and reasons; nothing a model was fed with."),
    ]
    if error is not None:
        said = f"What it says and what happened differ by {error * 100:.1f} points on average."
        checks.append(proposals.Check("calibrated", said, "ok" if error <= 0.05 else "warn"))
    return tuple(checks)


def _replay(model: TrainedModel, now: datetime) -> proposals.Replay | None:
    present = insights.present_practice(model)
    if present is None or "lift_10" not in model.evaluation:
        return None
    name, measured = present
    theirs = insights.found_in_first_tenth(measured)
    ours = insights.found_in_first_tenth(model.evaluation)
    lapsed, n = model.evaluation["lapsed"], model.evaluation["members"]
    return proposals.Replay(
        measured=f"of {lapsed:,} lapses, those among the tenth put first",
        present=round(theirs),
        proposed=round(ours),
        n=n,
        as_of=now,
        verdict="better" if ours > theirs else "no better",
        sentence=f"The first tenth holds {ours:.0f} of {lapsed:,} lapses; by the {name}, {theirs:.0f}.",
    )
