"""Cohorts of members and the terms that end: forecast of the next quarter, kept as a study, and its page."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import numpy as np
from django.conf import settings

from imis_ai.features import labels
from imis_ai.mirror import cohorts as mirror
from retention.calc import cohorts as calc
from retention.calc.reasons import REASONS, RISE
from retention.models import CohortPlan, LapseReason, Study
from retention.queries import lapses, learning

STUDY = "cohorts"
BY = {"joined": "Join year", "tier": "Tier", "industry": "Industry", "chapter": "Chapter"}
DAY = np.timedelta64(1, "D")
DRIVERS = 2
HEAT_YEARS = 12
SORTS = ("change", "members", "expected", "dues", "cohort")


def study(*, as_of: date) -> dict[str, Any]:
    """Forecast of the quarter after `as_of` by every grouping, tested on the four quarters before."""
    book = learning.book()
    if not len(book):
        return {}
    names = [str(name) for name in book.names.tolist()]
    groups = mirror.groups(names)
    price, rank = _sold(book, names)
    same = np.append(book.member[1:] == book.member[:-1], False)
    after = np.where(same, np.append(book.start[1:], labels.NEVER), labels.NEVER)
    grace = settings.GRACE_DAYS * DAY
    table = _Table(
        book=book,
        quarter=_number(book.end),
        renewed=after <= book.end + grace,
        certain=book.end + grace + DAY,
        whole=book.resigned > book.end,
        last=~same,
        price=price,
        rising=_rising(book, price, rank),
    )
    target = lapses.later(lapses.quarter_of(as_of))
    reasons = _reasons(as_of)
    found = {by: _by(by, groups, table, target, as_of, reasons) for by in BY}
    return {"quarter": target, "by": found, "heat": _heat(table, groups["joined"], as_of)}


@dataclass(frozen=True)
class _Table:
    """Every term with what came of it."""

    book: labels.Terms
    quarter: np.ndarray
    renewed: np.ndarray
    certain: np.ndarray
    whole: np.ndarray  # not resigned in mid-term
    last: np.ndarray
    price: np.ndarray
    rising: np.ndarray  # the list price after its end is higher


def _by(
    by: str, groups: dict[str, list[str]], table: _Table, target: str, as_of: date, reasons: dict
) -> dict[str, Any]:
    book = table.book
    own = [name[:4] for name in groups[by]] if by == "joined" else groups[by]
    labels_of = np.array(own, object)[book.member]
    names, cohort = np.unique(labels_of.astype(str), return_inverse=True)
    rows = np.flatnonzero(table.whole & (names[cohort] != ""))
    ends = calc.Ends(table.quarter, cohort, table.renewed, table.certain, table.rising).take(rows)
    today, wanted = np.datetime64(as_of, "D"), _index(target)
    past = ends.known(today)
    coming = table.whole & table.last & (table.quarter == wanted) & (names[cohort] != "")
    members = np.bincount(cohort[coming], minlength=len(names))
    rising = np.bincount(cohort[coming], weights=table.rising[coming], minlength=len(names))
    dues = np.bincount(cohort[coming], weights=np.nan_to_num(table.price[coming]), minlength=len(names))
    tested = _tested(ends, as_of)
    year_ago = _rates(past, wanted - 4, len(names))
    drivers = _drivers(reasons, book, cohort)
    made = []
    for said in calc.forecast(past, quarter=wanted, members=members, rising=rising):
        if said.members < calc.SMALLEST:
            continue
        errors = tested.errors.get(said.cohort, [])
        made.append(
            {
                "cohort": str(names[said.cohort]),
                "members": said.members,
                "expected": round(said.expected, 4),
                "low": round(said.low, 4),
                "high": round(said.high, 4),
                "last_year": year_ago.get(said.cohort),
                "dues": round(float(dues[said.cohort]), 2),
                "error": round(float(np.mean(errors)), 4) if errors else None,
                "quarters": len(errors),
                "drivers": drivers.get(said.cohort, []),
            }
        )
    return {"rows": made, "hidden": int((members > 0).sum() - len(made)), "tested": _said(tested)}


def _tested(ends: calc.Ends, as_of: date) -> calc.Tested:
    """The last four quarters of which every outcome is certain."""
    newest = lapses.newest_quarter(as_of)
    quarters = [newest]
    while len(quarters) < calc.BACK:
        quarters.append(lapses.earlier(quarters[-1]))
    starts = [np.datetime64(lapses.bounds(each)[0], "D") for each in quarters]
    return calc.backtest(ends, quarters=[_index(each) for each in quarters], starts=starts)


def _said(tested: calc.Tested) -> dict[str, Any]:
    inside, measured = tested.coverage
    by_quarter = [
        {"quarter": _name(quarter), "inside": held, "cohorts": n} for quarter, held, n in tested.quarters
    ]
    return {"inside": inside, "cohorts": measured, "quarters": by_quarter}


def _rates(past: calc.Ends, quarter: int, number: int) -> dict[int, float]:
    own = past.quarter == quarter
    ended = np.bincount(past.cohort[own], minlength=number)
    stayed = np.bincount(past.cohort[own], weights=past.renewed[own], minlength=number)
    return {k: round(float(stayed[k] / ended[k]), 4) for k in np.flatnonzero(ended >= calc.SMALLEST).tolist()}


def _drivers(reasons: dict[str, list[str]], book: labels.Terms, cohort: np.ndarray) -> dict[int, list]:
    """The most frequent reasons of each cohort in the last year: (label, of 100)."""
    last = np.flatnonzero(np.append(book.member[1:] != book.member[:-1], True))
    counted: dict[int, Counter] = defaultdict(Counter)
    for k in last.tolist():
        for reason in reasons.get(str(book.names[book.member[k]]), ()):
            counted[int(cohort[k])][reason] += 1
    return {
        key: [
            (REASONS[reason].label, round(100 * n / found.total()))
            for reason, n in found.most_common()
            if reason != "unknown"
        ][:DRIVERS]
        for key, found in counted.items()
        if found.total() >= calc.SMALLEST
    }


def _reasons(as_of: date) -> dict[str, list[str]]:
    found: dict[str, list[str]] = defaultdict(list)
    rows = LapseReason.objects.filter(lapsed_on__gt=as_of - timedelta(days=365)).annotate(said=lapses.main())
    for pseudonym, reason in rows.values_list("member__pseudonym", "said"):
        found[str(pseudonym)].append(reason)
    return found


def _heat(table: _Table, joined_on: list[str], as_of: date) -> list[list[int]]:
    """Join year, year of membership, terms that ended, renewed; only certain outcomes."""
    book = table.book
    first = np.array([day or "NaT" for day in joined_on], "datetime64[D]")[book.member]
    known = ~np.isnat(first)
    first = np.where(known, first, book.end)
    joined = first.astype("datetime64[Y]").astype(np.int64) + 1970
    age = ((book.end - first) / DAY / 365.25).round().astype(np.int64)
    rows = (
        table.whole & known & (table.certain <= np.datetime64(as_of, "D")) & (age >= 1) & (age <= HEAT_YEARS)
    )
    rows &= joined > as_of.year - HEAT_YEARS
    found = calc.kept(joined[rows], age[rows], table.renewed[rows])
    return [[year, nth, n, stayed] for (year, nth), (n, stayed) in sorted(found.items())]


def _sold(book: labels.Terms, names: list[str]) -> tuple[np.ndarray, np.ndarray]:
    """Price and rank of the tier of each term."""
    found = learning.sold()
    keys = zip(book.member.tolist(), book.start.tolist(), strict=True)
    rows = [found.get((names[member], day), (np.nan, np.nan)) for member, day in keys]
    return np.array([row[0] for row in rows]), np.array([row[1] for row in rows])


def _rising(book: labels.Terms, price: np.ndarray, rank: np.ndarray) -> np.ndarray:
    """Whether the list price of the same tier was higher on the day after the end of each term."""
    ahead = np.full(len(book), np.nan)
    for tier, on, listed in mirror.list_prices():
        ahead = np.where((rank == tier) & (book.end >= np.datetime64(on, "D")), listed, ahead)
    return ahead > price * (1 + RISE)


def _number(days: np.ndarray) -> np.ndarray:
    """Quarters since 1970."""
    return days.astype("datetime64[M]").astype(np.int64) // 3


def _index(quarter: str) -> int:
    return (int(quarter[:4]) - 1970) * 4 + int(quarter[6:]) - 1


def _name(index: int) -> str:
    return f"{1970 + index // 4}-Q{index % 4 + 1}"


@dataclass(frozen=True)
class Row:
    """One cohort of the page, with what is planned for it."""

    cohort: str
    members: int
    expected: float
    low: float
    high: float
    last_year: float | None
    dues: Decimal
    error: float | None
    quarters: int
    drivers: Sequence[tuple[str, int]]
    hours: Decimal | None = None
    money: Decimal | None = None

    @property
    def change(self) -> float | None:
        return None if self.last_year is None else self.expected - self.last_year


def newest() -> Study | None:
    return Study.objects.filter(name=STUDY).order_by("-as_of").first()


def rows(found: Study, *, by: str, sort: str, only: Sequence[str] | None = None) -> list[Row]:
    """Cohorts of one grouping with the newest plan of each; steepest decline first unless asked otherwise."""
    quarter = found.body["quarter"]
    plans = {plan.cohort: plan for plan in CohortPlan.objects.filter(by=by, quarter=quarter)}
    made = []
    for row in found.body["by"][by]["rows"]:
        if only is not None and row["cohort"] not in only:
            continue
        plan = plans.get(row["cohort"])
        drivers = [tuple(each) for each in row["drivers"]]
        own = row | {"dues": Decimal(str(row["dues"])), "drivers": drivers}
        made.append(Row(**own, hours=plan and plan.hours, money=plan and plan.money))
    key = sort.lstrip("-")
    known = [row for row in made if getattr(row, key) is not None]
    unknown = [row for row in made if getattr(row, key) is None]
    return sorted(known, key=lambda row: getattr(row, key), reverse=sort.startswith("-")) + unknown


HEADER = (
    "cohort", "members", "expected_to_renew", "low", "high", "last_year", "change", "dues_at_stake",
    "past_error", "drivers", "hours_planned", "money_planned",
)  # fmt: skip


def lines(found: Sequence[Row]) -> Iterator[tuple]:
    """Rows of the export."""
    for row in found:
        drivers = "; ".join(f"{label} {share} of 100" for label, share in row.drivers)
        yield (
            row.cohort, row.members, row.expected, row.low, row.high, row.last_year, row.change, row.dues,
            row.error, drivers, row.hours, row.money,
        )  # fmt: skip
