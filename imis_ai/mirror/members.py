"""Members as one person may see them: search, filters, order. Areas add columns from their wiring."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import Any

from django.db.models import F, OuterRef, Q, QuerySet, Subquery

from imis_ai.accounts.models import User
from imis_ai.mirror import access, money
from imis_ai.mirror.kept import Keep
from imis_ai.mirror.models import Member
from imis_ai.ui import words
from imis_ai.ui.tables import Column

Pairs = list[tuple[str, str]]
MONEY = {"overdue": "Overdue", "due": "Falls due in 4 weeks", "paid": "Paid in 30 days"}
ORDERS = {
    "name": ["last_name", "name"],
    "tier": ["tier__rank"],
    "chapter": ["chapter__name"],
    "joined": ["joined_on"],
    "renews": ["paid_through"],
}


@dataclass(frozen=True)
class Filters:
    """What the address of the list asks for. `today` is the day that money is looked at."""

    today: date
    asked: str = ""
    tiers: tuple[str, ...] = ()
    chapters: tuple[str, ...] = ()
    states: tuple[str, ...] = ()
    renews: tuple[str, ...] = ()  # months, "2026-12"
    money: str = ""
    picked: tuple[str, ...] = ()
    sort: str = "name"
    others: tuple[tuple[str, tuple[str, ...]], ...] = ()  # by the name of the narrowing
    viewer: int = 0  # set where one of the others asks for it


@dataclass(frozen=True)
class Extra:
    """Columns of one area. `cells(viewer, members)` gives what `template` draws, by the member's key.

    `orders` maps a sort key to a function that annotates `order` on members. `line(cell)` are the values of
    `header` in an export.
    """

    name: str
    columns: tuple[Column, ...]
    template: str
    right: str
    cells: Callable[[User, Sequence[Member]], dict[int, Any]]
    orders: dict[str, Callable[[QuerySet], QuerySet]] = field(default_factory=dict)
    header: tuple[str, ...] = ()
    line: Callable[[Any], Sequence[object]] = lambda cell: ()
    place: int = 50


@dataclass(frozen=True)
class Narrowing:
    """A filter of one area. `choices(viewer)` are values with their words, `where(values, viewer, today)` the
    condition on members, by the number of the viewer. What it finds may change without the data."""

    name: str
    label: str
    question: str
    choices: Callable[[User], Pairs]
    where: Callable[[Sequence[str], int, date], Q]


EXTRAS: list[Extra] = []
NARROWINGS: list[Narrowing] = []


def add_filter(narrowing: Narrowing) -> None:
    """Called from the wiring of an area."""
    if narrowing.name not in [known.name for known in NARROWINGS]:
        NARROWINGS.append(narrowing)


def add_columns(extra: Extra) -> None:
    """Called from the wiring of an area."""
    if extra.name not in [known.name for known in EXTRAS]:
        EXTRAS.append(extra)


def extras(viewer: User) -> list[Extra]:
    """By their place, as far as this person may see them."""
    return [extra for extra in sorted(EXTRAS, key=lambda each: each.place) if viewer.may(extra.right)]


def sorts() -> list[str]:
    """Every key that the list can be ordered by."""
    return [*ORDERS, *(key for extra in EXTRAS for key in extra.orders)]


@dataclass(frozen=True)
class Row:
    """One line, the name as the viewer may see it; `cells` in the order of the extra columns."""

    imis_id: str
    name: str
    employer: str
    email: str
    status: str
    tier: str
    chapter: str
    joined_on: date | None
    paid_through: date | None
    cells: tuple[tuple[Extra, Any], ...]


@dataclass(frozen=True)
class Above:
    """`total` members in the list, and what can be chosen in the filters, as code and name."""

    total: int
    tiers: Pairs
    chapters: Pairs
    states: Pairs


def above(*, seen: QuerySet, filters: Filters, with_names: bool, data: str) -> Above:
    """Kept until a member's data changes: two queries, or none."""
    keep, asked = Keep(seen, data), replace(filters, sort="")
    found = matching(seen, filters, with_names)
    total = found.count() if filters.others else keep(f"members {asked} {with_names}", found.count)
    tiers, chapters, states = keep("choices and states", lambda: access.choices_and_states(seen))
    return Above(total, tiers, chapters, [(status, status.capitalize()) for status in states])


def page(*, seen: QuerySet, filters: Filters, with_names: bool, start: int, stop: int) -> list[Member]:
    """The members shown. The order is found on narrow rows; only those shown are read whole."""
    ordered = _ordered(matching(seen, filters, with_names), filters.sort)
    keys = ordered.values_list("pk", flat=True)[start:stop]
    if filters.sort.lstrip("-") in ORDERS:  # found again in the same order at no cost
        return list(_ordered(_whole(Member.objects.filter(pk__in=keys)), filters.sort))
    found = _whole(Member.objects.filter(pk__in=list(keys)))
    place = {key: number for number, key in enumerate(keys)}
    return sorted(found, key=lambda member: place[member.pk])


def export(*, seen: QuerySet, filters: Filters, with_names: bool, size: int = 1000) -> Iterator[list[Member]]:
    """All members of the list, part by part."""
    ordered = _ordered(matching(seen, filters, with_names), filters.sort)
    keys = list(ordered.values_list("pk", flat=True))
    for first in range(0, len(keys), size):
        part = _whole(Member.objects.filter(pk__in=keys[first : first + size]))
        place = {key: number for number, key in enumerate(keys[first : first + size])}
        yield sorted(part, key=lambda member: place[member.pk])


def rows(*, members: Sequence[Member], viewer: User, with_names: bool) -> list[Row]:
    """One query per area that adds columns."""
    cells = [(extra, extra.cells(viewer, members)) for extra in extras(viewer)]
    return [_row(member, with_names, cells) for member in members]


def matching(seen: QuerySet, filters: Filters, with_names: bool) -> QuerySet[Member]:
    found = seen
    if filters.tiers:
        found = found.filter(tier__in=filters.tiers)
    if filters.chapters:
        found = found.filter(chapter__in=filters.chapters)
    if filters.states:
        found = found.filter(status__in=filters.states)
    if filters.renews:
        found = found.filter(_in_months(filters.renews))
    if filters.money:
        found = money.owing(found, what=filters.money, today=filters.today)
    if filters.picked:
        found = found.filter(imis_id__in=filters.picked)
    found = _narrowed(found, filters)
    for word in filters.asked.split():
        found = found.filter(_about(word, with_names))
    return found


def _narrowed(found: QuerySet, filters: Filters) -> QuerySet:
    """By the filters that areas added."""
    for name, chosen in filters.others:
        narrowing = next(each for each in NARROWINGS if each.name == name)
        found = found.filter(narrowing.where(chosen, filters.viewer, filters.today))
    return found


def months(today: date) -> list[str]:
    """The months in which dues that are paid today can end: a year and a little."""
    first = today.year * 12 + today.month - 1
    return [f"{n // 12}-{n % 12 + 1:02}" for n in range(first, first + 13)]


def _about(word: str, with_names: bool) -> Q:
    """A word of a search. Who may not see names finds numbers only: a hit would tell the name."""
    number = Q(imis_id__startswith=word)
    if not with_names:
        return number
    firms = Member.objects.filter(kind=Member.Kind.ORGANISATION, gone_at=None, name__icontains=word)
    employer = Q(organisation_imis_id__in=firms.values("imis_id"))
    named = Q(name__icontains=word) | Q(first_name__istartswith=word) | Q(last_name__istartswith=word)
    return number | named | Q(email__icontains=word) | employer


def _in_months(chosen: Iterable[str]) -> Q:
    wanted = Q(pk__in=[])
    for month in chosen:
        year, number = (int(part) for part in month.split("-"))
        first, after = date(year, number, 1), date(year + number // 12, number % 12 + 1, 1)
        wanted |= Q(paid_through__gte=first, paid_through__lte=after - timedelta(days=1))
    return wanted


def _ordered(members: QuerySet, sort: str) -> QuerySet:
    key, falls = sort.lstrip("-"), sort.startswith("-")
    names = ORDERS.get(key)
    if names is None:
        members = next(extra.orders[key] for extra in EXTRAS if key in extra.orders)(members)
        names = ["order"]
    fields = [F(name) for name in names]
    return members.order_by(
        *(each.desc(nulls_last=True) if falls else each.asc(nulls_last=True) for each in fields), "pk"
    )


def _whole(members: QuerySet) -> QuerySet:
    firms = Member.objects.filter(imis_id=OuterRef("organisation_imis_id"), gone_at=None)
    return members.select_related("tier", "chapter").annotate(employer=Subquery(firms.values("name")[:1]))


def _row(member: Member, with_names: bool, cells: list[tuple[Extra, dict[int, Any]]]) -> Row:
    name = str(member)
    return Row(
        imis_id=member.imis_id,
        name=name if with_names else words.masked(name),
        employer=(member.employer or "") if with_names else "",
        email=member.email if with_names else "",
        status=member.status,
        tier=member.tier.name if member.tier else "",
        chapter=member.chapter.name if member.chapter else "",
        joined_on=member.joined_on,
        paid_through=member.paid_through,
        cells=tuple((extra, found.get(member.pk)) for extra, found in cells),
    )
