"""How fast and how often a person agrees, from their own decisions: for them and administrators only."""

import itertools
from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import median

from imis_ai.accounts.models import User
from imis_ai.governance.models import Decision

RECENT = timedelta(days=30)
ONE_SITTING = timedelta(minutes=5)  # a longer gap between two decisions was a break
LEAST = 10  # decisions; below, nothing is said
USUAL = 25.0  # seconds for one decision, where nothing tells how long it took
JUDGED = (Decision.What.APPROVE, Decision.What.REJECT, Decision.What.LATER)

WORKED = (*JUDGED, Decision.What.EDIT)


@dataclass(frozen=True)
class Pace:
    """`seconds`: half of the decisions came so soon after the one before; None without two in one sitting."""

    person: User
    decided: int
    approved: int
    rejected: int
    seconds: int | None


def own(*, person: User, now: datetime) -> Pace | None:
    """None while there is too little to say."""
    found = _paces(Decision.objects.filter(by=person), now)
    return found[0] if found else None


def today(*, person: User, kind: str, since: datetime, now: datetime) -> Pace | None:
    """Decisions of one kind since a moment, such as this morning; None before the first."""
    made = Decision.objects.filter(
        by=person, proposal__kind=kind, what__in=JUDGED, at__gte=since, at__lte=now
    )
    found = list(made.order_by("at", "pk"))
    return _pace(person, found) if found else None


def spent(*, kind: str, since: datetime, now: datetime) -> dict[int, float]:
    """Seconds that people gave each proposal of one kind: the time since their decision before in the same
    sitting, and USUAL for the first of a sitting.
    """
    made = Decision.objects.filter(
        proposal__kind=kind, by__isnull=False, what__in=WORKED, at__gte=since, at__lte=now
    )
    last: dict[int, datetime] = {}
    found: dict[int, float] = defaultdict(float)
    for by, proposal, at in made.order_by("at", "pk").values_list("by", "proposal", "at"):
        gap = at - last[by] if by in last else ONE_SITTING * 2
        found[proposal] += gap.total_seconds() if gap <= ONE_SITTING else USUAL
        last[by] = at
    return dict(found)


def everybody(*, now: datetime) -> list[Pace]:
    """For administrators, most decisions first."""
    return sorted(_paces(Decision.objects.all(), now), key=lambda pace: -pace.decided)


def _paces(rows, now: datetime) -> list[Pace]:
    recent = rows.filter(what__in=JUDGED, at__gt=now - RECENT, by__isnull=False).select_related("by")
    by_person: dict[User, list[Decision]] = defaultdict(list)
    for decision in recent.order_by("at", "pk")[:20_000]:
        by_person[decision.by].append(decision)
    return [_pace(person, made) for person, made in by_person.items() if len(made) >= LEAST]


def _pace(person: User, made: list[Decision]) -> Pace:
    gaps = [later.at - earlier.at for earlier, later in itertools.pairwise(made)]
    within = [gap.total_seconds() for gap in gaps if timedelta(0) < gap <= ONE_SITTING]
    return Pace(
        person,
        decided=len(made),
        approved=sum(each.what == Decision.What.APPROVE for each in made),
        rejected=sum(each.what == Decision.What.REJECT for each in made),
        seconds=round(median(within)) if within else None,
    )
