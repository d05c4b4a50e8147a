"""What is known about members that a message may say. Reads only; a fact nobody knows is simply missing.

Each function takes iMIS ids and returns, per member who has it, the value and when we last read it from iMIS.
"""

from collections.abc import Collection
from datetime import date, datetime, timedelta
from typing import NamedTuple

from django.db.models import Count, Max, QuerySet

from imis_ai.mirror.models import Activity, Event, Member, Registration, Relationship, Term

YEAR = timedelta(days=365)


class Known(NamedTuple):
    value: str | int
    at: datetime


Facts = dict[str, Known]


def first_names(imis_ids: Collection[str], now: datetime) -> Facts:
    rows = _members(imis_ids).filter(kind=Member.Kind.PERSON).exclude(first_name="")
    return {row.imis_id: Known(row.first_name, row.seen_at) for row in rows}


def tiers(imis_ids: Collection[str], now: datetime) -> Facts:
    rows = _members(imis_ids).filter(tier__isnull=False).select_related("tier")
    return {row.imis_id: Known(row.tier.name, row.seen_at) for row in rows}


def renewal_dates(imis_ids: Collection[str], today: date) -> Facts:
    """The day to which dues are paid, as ISO; a day that has passed is no date to renew by."""
    rows = _members(imis_ids).filter(paid_through__gte=today)
    return {row.imis_id: Known(row.paid_through.isoformat(), row.seen_at) for row in rows}


def ended_on(imis_ids: Collection[str], today: date, *, grace: int) -> Facts:
    """The day on which the membership ended, as ISO, while its benefits still run."""
    first = today - timedelta(days=grace)
    rows = _members(imis_ids).filter(paid_through__gte=first, paid_through__lt=today)
    return {row.imis_id: Known(row.paid_through.isoformat(), row.seen_at) for row in rows}


def dues(imis_ids: Collection[str], now: datetime) -> Facts:
    """Price of the newest term, as a plain decimal."""
    rows = Term.objects.filter(member__imis_id__in=imis_ids, member__gone_at=None, price__gt=0)
    rows = rows.order_by("member", "-start_on", "-pk").distinct("member")
    return {
        imis_id: Known(f"{price:.2f}", at)
        for imis_id, price, at in rows.values_list("member__imis_id", "price", "seen_at")
    }


def years(imis_ids: Collection[str], today: date) -> Facts:
    """Whole years since joining, from one on."""
    found = {}
    for row in _members(imis_ids).filter(joined_on__isnull=False):
        joined = row.joined_on
        whole = today.year - joined.year - ((today.month, today.day) < (joined.month, joined.day))
        if whole >= 1:
            found[row.imis_id] = Known(whole, row.seen_at)
    return found


def events_attended(imis_ids: Collection[str], now: datetime) -> Facts:
    """Events of the last 12 months at which the member was seen; nobody is told of none."""
    rows = Registration.objects.filter(
        member__imis_id__in=imis_ids,
        member__gone_at=None,
        attended=True,
        cancelled_at=None,
        event__starts_at__gte=now - YEAR,
        event__starts_at__lt=now,
    )
    counted = rows.values("member__imis_id").annotate(n=Count("event", distinct=True), at=Max("seen_at"))
    return {row["member__imis_id"]: Known(row["n"], row["at"]) for row in counted.order_by()}


def top_benefits(imis_ids: Collection[str], now: datetime) -> dict[str, tuple[Known, Known]]:
    """The benefit used most in the last 12 months, and how often; of equals the first by name."""
    found: dict[str, tuple[Known, Known]] = {}
    for row in _benefits(imis_ids, now):
        known = Known(row["reference"], row["seen"]), Known(row["n"], row["seen"])
        found.setdefault(row["member__imis_id"], known)
    return found


def benefits_used(imis_ids: Collection[str], now: datetime) -> Facts:
    """Up to three benefits of the last 12 months, most used first, as name and count: library|8;forum|3."""
    found: dict[str, list[tuple[str, int]]] = {}
    seen: dict[str, datetime] = {}
    for row in _benefits(imis_ids, now):
        found.setdefault(row["member__imis_id"], []).append((row["reference"], row["n"]))
        seen[row["member__imis_id"]] = max(row["seen"], seen.get(row["member__imis_id"], row["seen"]))
    return {
        imis_id: Known(";".join(f"{name}|{n}" for name, n in used[:3]), seen[imis_id])
        for imis_id, used in found.items()
    }


def _benefits(imis_ids: Collection[str], now: datetime) -> QuerySet:
    rows = Activity.objects.filter(
        member__imis_id__in=imis_ids,
        member__gone_at=None,
        kind="benefit_use",
        at__gte=now - YEAR,
        at__lt=now,
    ).exclude(reference="")
    counted = rows.values("member__imis_id", "reference").annotate(n=Count("pk"), seen=Max("seen_at"))
    return counted.order_by("member__imis_id", "-n", "reference")


def next_chapter_events(imis_ids: Collection[str], now: datetime) -> dict[str, tuple[Known, datetime]]:
    """Name of the next event of the member's own chapter, and when it starts."""
    chapters = dict(
        _members(imis_ids).filter(chapter__isnull=False).values_list("imis_id", "chapter").order_by()
    )
    events = Event.objects.filter(chapter__in=set(chapters.values()), starts_at__gt=now).exclude(name="")
    nearest = {event.chapter_id: event for event in events.order_by("-starts_at", "-pk")}
    found = {}
    for imis_id, chapter in chapters.items():
        if event := nearest.get(chapter):
            found[imis_id] = Known(event.name, event.seen_at), event.starts_at
    return found


def staff_owners(imis_ids: Collection[str], today: date) -> Facts:
    """Name of the member of staff who looks after them, where iMIS knows that person as a contact."""
    rows = Relationship.objects.filter(
        member__imis_id__in=imis_ids, member__gone_at=None, kind="staff_owner"
    ).order_by("start_on", "pk")
    current = {
        imis_id: (other, at)
        for imis_id, other, ends, at in rows.values_list(
            "member__imis_id", "other_imis_id", "end_on", "seen_at"
        )
        if ends is None or ends >= today
    }
    names = dict(
        _members({other for other, _ in current.values()}).exclude(name="").values_list("imis_id", "name")
    )
    return {imis_id: Known(names[other], at) for imis_id, (other, at) in current.items() if other in names}


def _members(imis_ids: Collection[str]) -> QuerySet[Member]:
    return Member.objects.filter(imis_id__in=imis_ids, gone_at=None)
