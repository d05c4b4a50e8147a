"""What is promised to members and still holds: facts for messages, free seats, members to be introduced."""

from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from typing import NamedTuple

from django.db.models import Q, QuerySet
from django.utils.timezone import localdate

from imis_ai.features.queries import similar
from imis_ai.mirror import coming
from imis_ai.mirror.coming import Coming
from retention.models import Introducer, Promise, Seats
from retention.queries import policy

MOST_INTRODUCTIONS = 3  # open ones of one member, so that nobody is asked every week
SEAT, PEER = Promise.What.SEAT, Promise.What.PEER


class Known(NamedTuple):
    """As facts of messages have it."""

    value: str
    at: datetime


@dataclass(frozen=True)
class Webinar:
    """A coming webinar with the seats set aside, and how many of them are promised."""

    event: Coming
    seats: int
    promised: int

    @property
    def free(self) -> int:
        return max(0, self.seats - self.promised)


def webinars(*, now: datetime) -> list[Webinar]:
    """Coming webinars, nearest first. Three queries."""
    set_aside = dict(Seats.objects.values_list("event", "seats"))
    promised = Counter(open_promises(SEAT).values_list("event", flat=True))
    return [
        Webinar(event, set_aside.get(event.key, 0), promised[event.key]) for event in coming.events(now=now)
    ]


def open_promises(what: str) -> QuerySet[Promise]:
    return Promise.objects.filter(what=what, ended_at=None)


def seats_of(imis_ids: Collection[str], now: datetime) -> dict[str, Known]:
    """Fact: the webinar a member has a seat at, as key, name and day. A seat taken back is none."""
    holding = _holding()
    mine = open_promises(SEAT).filter(member__imis_id__in=imis_ids)
    held = {row.member.imis_id: row.event for row in mine.select_related("member") if row.pk in holding}
    events = {each.key: each for each in coming.events(now=now, keys=set(held.values()))}
    return {
        imis_id: Known(_said(events[key]), events[key].seen_at)
        for imis_id, key in held.items()
        if key in events
    }


def peers_of(imis_ids: Collection[str], now: datetime) -> dict[str, Known]:
    """Fact: name of the member to be introduced, while both are in the same chapter and the other agrees."""
    agreeing = Introducer.objects.filter(ended_at=None).values("member")
    rows = open_promises(PEER).filter(member__imis_id__in=imis_ids, peer__in=agreeing, peer__gone_at=None)
    return {
        row.member.imis_id: Known(row.peer.name, row.peer.seen_at)
        for row in rows.select_related("member", "peer")
        if row.peer.chapter_id == row.member.chapter_id
    }


def introducers() -> list[tuple[Introducer, int]]:
    """Members who agree, by name, with how many introductions each has open. Two queries."""
    busy = Counter(open_promises(PEER).values_list("peer", flat=True))
    found = Introducer.objects.filter(ended_at=None, member__gone_at=None)
    rows = found.select_related("member", "member__chapter").order_by("member__last_name", "pk")
    return [(row, busy[row.member_id]) for row in rows]


def peer_for(*, pseudonym: str, member_id: int, chapter: str) -> tuple[int, float] | None:
    """Of the same chapter the most similar member who agreed, is not busy and not at high risk; distance."""
    busy = Counter(open_promises(PEER).values_list("peer", flat=True))
    start, _ = policy.current().bands.share_bounds("hi")
    at_risk = Q(member__riskscore__run__is_current=True, member__riskscore__risk_90__gte=start)
    found = Introducer.objects.filter(ended_at=None, member__gone_at=None, member__chapter=chapter)
    rows = found.exclude(member=member_id).exclude(at_risk).values_list("member__pseudonym", "member")
    free = {str(other): pk for other, pk in rows if busy[pk] < MOST_INTRODUCTIONS}
    nearest = similar.nearest_among(pseudonym, list(free))
    return (free[nearest[0].pseudonym], nearest[0].distance) if nearest else None


def said_of_event(value: str | int, now: datetime) -> str:
    """As a member reads it: Grant writing on 12 December 2026."""
    _, name, on = str(value).split("|")
    day = date.fromisoformat(on)
    return f"{name} on {day.day} {day:%B} {day.year}"


def _said(event: Coming) -> str:
    return f"{event.key}|{event.name.replace('|', ' ')}|{localdate(event.starts_at).isoformat()}"


def _holding() -> set[int]:
    """Promises within the seats set aside now: staff may have taken some back, the latest go first."""
    left = dict(Seats.objects.values_list("event", "seats"))
    holding = set()
    for pk, event in open_promises(SEAT).order_by("pk").values_list("pk", "event"):
        if left.get(event, 0) > 0:
            left[event] -= 1
            holding.add(pk)
    return holding
