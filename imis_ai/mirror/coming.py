"""Events to come: which there are, and who is registered for one already. Reads only."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Q

from imis_ai.mirror.models import Event, Registration

WEBINAR = "webinar"


@dataclass(frozen=True)
class Coming:
    """One event that has not begun. `key` is that of iMIS; `seen_at` when it was read there."""

    key: str
    name: str
    starts_at: datetime
    registered: int
    seen_at: datetime


def events(
    *, now: datetime, kind: str = WEBINAR, keys: Collection[str] | None = None, most: int = 50
) -> list[Coming]:
    """The next ones, nearest first; of these keys only, where they are named. One query."""
    found = Event.objects.filter(starts_at__gt=now, kind=kind).exclude(name="")
    found = found if keys is None else found.filter(key__in=keys)
    taken = Count("registration", filter=Q(registration__cancelled_at=None))
    rows = found.annotate(taken=taken).order_by("starts_at", "pk")[:most]
    return [Coming(row.key, row.name, row.starts_at, row.taken, row.seen_at) for row in rows]


def registered(*, keys: Collection[str], imis_ids: Collection[str]) -> set[tuple[str, str]]:
    """Pairs of event and member where the member has a place of their own."""
    rows = Registration.objects.filter(
        event__key__in=keys, member__imis_id__in=imis_ids, cancelled_at=None
    ).values_list("event__key", "member__imis_id")
    return set(rows)
