"""The jobs of features: today's snapshot every night, and the monthly ones that models are trained on."""

from datetime import date

from django.utils import timezone

from imis_ai.features import actions
from imis_ai.features.actions.build import COMPUTE, READ
from imis_ai.features.models import Snapshot
from imis_ai.jobs.progress import Progress
from imis_ai.jobs.registry import job

MONTHS = 36


@job("features.build", title="Compute features", stages=(READ, COMPUTE), refusals=(actions.Empty,))
def build(progress: Progress, as_of: str | None = None) -> Snapshot:
    """Features as of a day (ISO date), today when none is given; removes snapshots past their time."""
    now, day = timezone.now(), date.fromisoformat(as_of) if as_of else timezone.localdate()
    actions.prune(now=now)
    return actions.build(as_of=day, now=now, progress=progress)


@job(
    "features.snapshots",
    title="Compute features of past months",
    stages=(READ, COMPUTE),
    refusals=(actions.Empty,),
)
def snapshots(progress: Progress, months: int = MONTHS) -> list[Snapshot]:
    """Features as of the first of each of the last months, and as of today."""
    today = timezone.localdate()
    first = [_months_before(today, back) for back in range(months)]
    return actions.build_many(as_ofs=[*first, today], now=timezone.now(), progress=progress)


def _months_before(day: date, months: int) -> date:
    """The first of the month `months` months before the day's."""
    number = day.year * 12 + day.month - 1 - months
    return date(number // 12, number % 12 + 1, 1)
