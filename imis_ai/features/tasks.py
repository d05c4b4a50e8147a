"""The jobs of features: today's snapshot every night, and the monthly ones that models are trained on."""

from datetime import date

from django.utils import timezone

from imis_ai.features import actions, queries
from imis_ai.features.actions.build import COMPUTE, READ
from imis_ai.features.models import Snapshot
from imis_ai.jobs.progress import Progress
from imis_ai.jobs.registry import job

MONTHS = 36


@job("features.build", title="Compute features", stages=(READ, COMPUTE), refusals=(actions.Empty,))
def build(progress: Progress, as_of: str | None = None) -> Snapshot:
    """Features as of a day (ISO date), today when none is given.

    Removes snapshots past their time, and computes past months again whose history has been corrected.
    """
    now, day = timezone.now(), date.fromisoformat(as_of) if as_of else timezone.localdate()
    actions.prune(now=now)
    built = actions.build_many(as_ofs=[day, *queries.out_of_date()], now=now, progress=progress)
    found = [snapshot for snapshot in built if snapshot.as_of == day]
    if not found:
        raise actions.Empty(f"Nobody was a member before {day}. Name a later day.")
    return found[0]


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
