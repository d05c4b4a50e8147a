"""Why members left, by quarter: drivers for the product team, and the lapses behind them.

`seen` is `mirror.access.members(viewer)`; None for people who see totals only.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from django.conf import settings
from django.db.models import CharField, F, QuerySet, Value
from django.db.models.functions import Coalesce, NullIf

from imis_ai.ui import words
from retention.calc import shares
from retention.calc.reasons import REASONS, ROUTES, WHOSE
from retention.calc.shares import Share
from retention.models import LapseReason, Study

SMALLEST = 10
QUARTERS = 8  # offered on the page
SORTS = {
    "left": "lapsed_on",
    "member": "member__last_name",
    "sure": "confidence",
    "dues": "dues",
}


@dataclass(frozen=True)
class Filters:
    """What the address asks for; `quarter` as "2026-Q3", empty for the newest with a certain outcome."""

    quarter: str = ""
    whose: str = ""
    reason: str = ""
    route: str = ""
    chapter: str = ""
    tier: str = ""
    sort: str = "-left"


@dataclass(frozen=True)
class Driver:
    """One reason in a quarter beside the quarter before."""

    key: str
    label: str
    whose: str
    route: str
    now: Share
    before: Share
    change: tuple[float, float, float]
    dues: Decimal

    @property
    def verdict(self) -> str:
        _, low, high = self.change
        return "more" if low > 0 else "fewer" if high < 0 else ""


@dataclass(frozen=True)
class Drivers:
    """All reasons of a quarter, most frequent first."""

    quarter: str
    before: str
    lapses: int
    lapses_before: int
    rows: list[Driver]
    whose: dict[str, Share]
    chosen: int

    @property
    def is_enough(self) -> bool:
        return self.lapses >= SMALLEST


def main() -> Coalesce:
    """SQL: the person's word before the machine's."""
    return Coalesce(NullIf(F("chosen"), Value("")), F("reason"), output_field=CharField())


def lapses(*, seen: QuerySet | None, filters: Filters) -> QuerySet[LapseReason]:
    """Lapses that the viewer may see, with `said`; all filters but the quarter."""
    found = LapseReason.objects.annotate(said=main())
    found = found.filter(member__gone_at=None) if seen is None else found.filter(member__in=seen)
    if filters.chapter:
        found = found.filter(member__chapter=filters.chapter)
    if filters.tier:
        found = found.filter(member__tier=filters.tier)
    wanted = [
        key
        for key, each in REASONS.items()
        if filters.whose in ("", each.whose)
        and filters.route in ("", each.route)
        and filters.reason in ("", key)
    ]
    return found.filter(said__in=wanted) if len(wanted) < len(REASONS) else found


def listed(*, seen: QuerySet, filters: Filters, quarter: str) -> QuerySet[LapseReason]:
    """The lapses of a quarter in the order asked for."""
    first, last = bounds(quarter)
    found = lapses(seen=seen, filters=filters).filter(lapsed_on__range=(first, last))
    key = F(SORTS[filters.sort.lstrip("-")])
    falls = filters.sort.startswith("-")
    order = key.desc(nulls_last=True) if falls else key.asc(nulls_last=True)
    return found.select_related("member", "member__tier", "member__chapter").order_by(order, "pk")


def drivers(*, seen: QuerySet | None, filters: Filters, quarter: str) -> Drivers:
    """One query over two quarters. Whose and reason do not narrow it: shares are of all who left."""
    before = earlier(quarter)
    all_of = Filters(chapter=filters.chapter, tier=filters.tier)
    first, last = bounds(before)[0], bounds(quarter)[1]
    found = lapses(seen=seen, filters=all_of).filter(lapsed_on__range=(first, last))
    start = bounds(quarter)[0]
    now, then, dues, chosen = Counter(), Counter(), Counter(), 0
    for said, day, amount, own in found.values_list("said", "lapsed_on", "dues", "chosen"):
        if day < start:
            then[said] += 1
            continue
        now[said] += 1
        dues[said] += amount or 0
        chosen += bool(own)
    n, m = now.total(), then.total()
    rows = [_driver(key, now[key], n, then[key], m, dues[key]) for key in REASONS if now[key] or then[key]]
    whose = {
        key: shares.share(sum(now[k] for k, each in REASONS.items() if each.whose == key), n) for key in WHOSE
    }
    return Drivers(quarter, before, n, m, sorted(rows, key=lambda row: -row.now.hits), whose, chosen)


def _driver(key: str, hits: int, n: int, before: int, m: int, dues: Decimal) -> Driver:
    each, now, then = REASONS[key], shares.share(hits, n), shares.share(before, m)
    change = shares.difference(now, then) if n and m else (0.0, -1.0, 1.0)
    return Driver(key, each.label, WHOSE[each.whose], ROUTES[each.route], now, then, change, Decimal(dues))


def newest_quarter(today: date) -> str:
    """The last one of which every outcome is certain."""
    certain = today - timedelta(days=settings.GRACE_DAYS + 1)
    this = quarter_of(certain)
    return this if bounds(this)[1] <= certain else earlier(this)


def offered(today: date) -> list[str]:
    """Quarters to choose from, newest first; the one that is still being decided is first."""
    found = [quarter_of(today - timedelta(days=settings.GRACE_DAYS + 1))]
    while len(found) < QUARTERS:
        found.append(earlier(found[-1]))
    return found


def is_open(quarter: str, today: date) -> bool:
    """Whether some of its outcomes are still to come."""
    return bounds(quarter)[1] + timedelta(days=settings.GRACE_DAYS + 1) > today


def quarter_of(day: date) -> str:
    return f"{day.year}-Q{(day.month + 2) // 3}"


def earlier(quarter: str) -> str:
    return quarter_of(bounds(quarter)[0] - timedelta(days=1))


def later(quarter: str) -> str:
    return quarter_of(bounds(quarter)[1] + timedelta(days=1))


def bounds(quarter: str) -> tuple[date, date]:
    """First and last day. Raises ValueError for what is no quarter."""
    year, number = int(quarter[:4]), int(quarter[6:])
    first = date(year, 3 * number - 2, 1)
    after = date(year + number // 4, 3 * number % 12 + 1, 1)
    return first, after - timedelta(days=1)


def weights() -> Study | None:
    """How much each sign counts, as it was last learned."""
    return Study.objects.filter(name="reasons").order_by("-as_of").first()


HEADER = (
    "imis_id", "name", "tier", "chapter", "left_on", "resigned", "reason", "whose", "route", "confidence",
    "found", "said_by", "note", "evidence", "dues",
)  # fmt: skip


def lines(found: QuerySet[LapseReason], *, with_names: bool) -> Iterator[tuple]:
    """Rows of the export."""
    for lapse in found.iterator(2000):
        member, each = lapse.member, REASONS[lapse.said]
        yield (
            member.imis_id,
            str(member) if with_names else words.masked(str(member)),
            member.tier.name if member.tier else "",
            member.chapter.name if member.chapter else "",
            lapse.lapsed_on,
            "yes" if lapse.is_resigned else "no",
            each.label,
            WHOSE[each.whose],
            ROUTES[each.route],
            lapse.confidence,
            REASONS[lapse.reason].label,
            lapse.chosen_by,
            lapse.note,
            "; ".join(f"{fact['text']} ({fact['on']})" for fact in lapse.evidence),
            lapse.dues,
        )


def of_member(*, seen: QuerySet, lapse_id: int) -> LapseReason | None:
    """One lapse of a member that the viewer may see."""
    return LapseReason.objects.filter(pk=lapse_id, member__in=seen).select_related("member").first()
