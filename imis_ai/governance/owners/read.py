"""Owners as columns and conditions on the rows of any list. Reads only."""

from collections.abc import Collection, Iterator
from datetime import date, datetime

from django.db.models import Count, F, OuterRef, Q, QuerySet, Subquery, Value
from django.db.models.functions import Coalesce, Concat, Lower, NullIf, Trim
from django.urls import reverse

from imis_ai.accounts.models import User
from imis_ai.governance.models import Ownership
from imis_ai.governance.notices.sources import RECENT, Item
from imis_ai.mirror import owners as in_imis
from imis_ai.ui import words

MINE, NOBODY = "me", "none"
ROLES = (User.Role.MEMBERSHIP, User.Role.CHAPTER, User.Role.FINANCE)
FULL_NAME = Trim(Concat("person__first_name", Value(" "), "person__last_name"))
NAME = Coalesce(NullIf(FULL_NAME, Value("")), "person__username")


def people() -> list[User]:
    """Who can look after members, by name. One query."""
    found = User.objects.filter(is_active=True, is_auditor=False, role__in=ROLES)
    return sorted(found, key=lambda person: str(person).casefold())


def choices(viewer: User) -> list[tuple[str, str]]:
    """As a filter offers them."""
    others = [(str(person.pk), str(person)) for person in people() if person != viewer]
    return [(MINE, "Me"), (NOBODY, "Nobody"), *others]


def may_own(person: User) -> bool:
    return person.is_active and not person.is_auditor and person.role in ROLES


def annotated(rows: QuerySet, *, number: str, member: str, today: date) -> QuerySet:
    """Rows with `our_owner` and `imis_owner`, names both; `number` and `member` are paths to the member's
    number and key. No further query."""
    ours = current().filter(imis_id=OuterRef(number)).annotate(who=NAME)
    return rows.annotate(
        our_owner=Subquery(ours.values("who")[:1]), imis_owner=in_imis.name_of(OuterRef(member), today)
    )


def said(row: object) -> str:
    """The owner of an annotated row; empty for nobody."""
    return getattr(row, "our_owner", None) or getattr(row, "imis_owner", None) or ""


def where(chosen: Collection[str], *, viewer: int, number: str, member: str, today: date) -> Q:
    """The condition that one of these looks after the row's member: numbers of people, MINE or NOBODY."""
    taken = current().values("imis_id")
    persons = [int(each) for each in chosen if each.isdecimal()] + [viewer] * (MINE in chosen)
    emails = User.objects.filter(pk__in=persons).exclude(email="").values(address=Lower("email"))
    wanted = Q(**{f"{number}__in": current().filter(person__in=persons).values("imis_id")})
    theirs = Q(**{f"{member}__in": in_imis.looked_after_by(emails, today)})
    wanted |= theirs & ~Q(**{f"{number}__in": taken})
    if NOBODY in chosen:
        named = in_imis.current(today).values("member")
        wanted |= ~Q(**{f"{number}__in": taken}) & ~Q(**{f"{member}__in": named})
    return wanted


def current() -> QuerySet[Ownership]:
    return Ownership.objects.filter(until=None)


def history(*, imis_id: str) -> list[Ownership]:
    """Who looked after the member, newest first."""
    rows = Ownership.objects.filter(imis_id=imis_id).select_related("person", "given_by", "ended_by")
    return list(rows.order_by("-since", "-pk")[:20])


def version() -> str:
    """Differs after any assignment, for figures that are kept. One query."""
    newest = Ownership.objects.order_by("-pk").values("pk")[:1]
    ended = Ownership.objects.filter(until__isnull=False).order_by("-until").values("until")[:1]
    found = User.objects.order_by("pk").values_list(Subquery(newest), Subquery(ended))
    return str(found.first())


def given_lately(now: datetime) -> Iterator[Item]:
    """For the bell: how many members a colleague gave to somebody, at one time."""
    rows = current().filter(since__gt=now - RECENT).exclude(given_by=F("person")).order_by("since")
    for person, since, by, number in rows.values_list("person", "since", "given_by").annotate(n=Count("pk")):
        text = f"{words.plural(number, 'member is', 'members are')} yours to look after"
        where = f"{reverse('members')}?owner={MINE}"
        yield Item(person, "assigned", f"owner:{since.isoformat()}:{by}", text, where)
