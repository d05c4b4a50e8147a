"""What members owe and paid, added up over those the viewer may see: overdue, due soon, received by month."""

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from itertools import pairwise
from typing import Any

from django.db.models import Count, DecimalField, Exists, F, OuterRef, Q, QuerySet, Sum
from django.db.models.functions import Coalesce

from imis_ai.mirror.kept import Keep
from imis_ai.mirror.models import Invoice, Member

SOON = timedelta(days=28)
DAY = timedelta(days=1)
MONTH = timedelta(days=30)
YEAR = timedelta(days=365)
OLD = timedelta(days=60)
POINTS = 12
MONTHS = 6  # of receipts, this one included
OWED = ("overdue", "invoices", "old", "due", "due_invoices", "received")
AMOUNT = DecimalField(max_digits=14, decimal_places=2)


@dataclass(frozen=True)
class Outlook:
    """Sums and counts of invoices. `past`: what was overdue at the end of each of the last 12 months, oldest
    first; there part payments are not taken off, because the mirror does not keep their days."""

    overdue: Decimal
    invoices: int
    old: Decimal
    due: Decimal
    due_invoices: int
    received: Decimal
    received_year_ago: Decimal
    past: list[float]
    by_month: list[tuple[date, Decimal]]


def outlook(*, seen: QuerySet | None, today: date, data: str) -> Outlook:
    """What is owed now is kept until the data of a member changes, months that are over for ten minutes: they
    seldom change and are dear to add up. One query, or none.
    """
    months, name = Keep(seen), f"money of past months {today}"

    def add_up() -> dict[str, Any]:
        if months.has(name):
            return _rows(seen, min(today - MONTH, today.replace(day=1) - DAY)).aggregate(**_now(today))
        return _rows(seen, today - YEAR - MONTH).aggregate(**_now(today), **_past(today))

    def add_up_months() -> dict[str, Any]:
        if "received_year_ago" in now:
            return now
        return _rows(seen, today - YEAR - MONTH).aggregate(**_past(today))

    now = Keep(seen, data)(f"money {today}", add_up)
    past = months(name, add_up_months)
    owed = {each: now[each] for each in OWED}
    by_month = [(start, past[f"month_{n}"]) for n, (start, _) in enumerate(_months(today)[:-1])]
    return Outlook(
        **owed,
        received_year_ago=past["received_year_ago"],
        past=[*(float(past[f"past_{n}"]) for n in range(POINTS - 1)), float(now["overdue"])],
        by_month=[*by_month, (today.replace(day=1), now["this_month"])],
    )


def overdue(today: date) -> Q:
    """Unpaid invoices whose date has passed."""
    return Q(paid_on=None, due_on__lt=today) & ~Q(balance=0)


def owing(members: QuerySet[Member], *, what: str, today: date) -> QuerySet[Member]:
    """Those behind a figure: "overdue", "due" (in four weeks) or "paid" (in the last 30 days)."""
    invoices = Invoice.objects.filter(member=OuterRef("pk"))
    if what == "overdue":
        return members.filter(Exists(invoices.filter(overdue(today))))
    if what == "due":
        return members.filter(Exists(invoices.filter(_due(today))))
    return members.filter(Exists(invoices.filter(paid_on__gt=today - MONTH, paid_on__lte=today)))


def _now(today: date) -> dict[str, Any]:
    """Over what is unpaid and what was paid of late: few rows, each found by an index."""
    owed = Coalesce(F("balance"), F("amount"))
    return {
        "overdue": _sum(owed, overdue(today)),
        "invoices": Count("pk", filter=overdue(today)),
        "old": _sum(owed, overdue(today - OLD)),
        "due": _sum(owed, _due(today)),
        "due_invoices": Count("pk", filter=_due(today)),
        "received": _paid(today - MONTH, today),
        "this_month": _dues(*_months(today)[-1]),
    }


def _past(today: date) -> dict[str, Any]:
    """What was overdue at the ends of earlier months, and what came in during them."""
    ends = [today - MONTH * n for n in range(POINTS - 1, 0, -1)]
    return {
        "received_year_ago": _paid(today - YEAR - MONTH, today - YEAR),
        **{f"past_{n}": _sum(F("amount"), _was_overdue(day)) for n, day in enumerate(ends)},
        **{f"month_{n}": _dues(start, end) for n, (start, end) in enumerate(_months(today)[:-1])},
    }


def _rows(seen: QuerySet | None, since: date) -> QuerySet[Invoice]:
    """Unpaid, or paid after that day."""
    rows = Invoice.objects.filter(Q(paid_on=None) | Q(paid_on__gt=since))
    return rows.filter(member__gone_at=None) if seen is None else rows.filter(member__in=seen)


def _due(today: date) -> Q:
    return Q(paid_on=None, due_on__gte=today, due_on__lte=today + SOON) & ~Q(balance=0)


def _was_overdue(day: date) -> Q:
    return Q(due_on__lt=day) & (Q(paid_on=None) & ~Q(balance=0) | Q(paid_on__gte=day))


def _sum(what, which: Q) -> Coalesce:
    return Coalesce(Sum(what, filter=which), Decimal(0), output_field=AMOUNT)


def _paid(after: date, until: date) -> Coalesce:
    return _sum(F("amount"), Q(paid_on__gt=after, paid_on__lte=until))


def _dues(start: date, end: date) -> Coalesce:
    return _sum(F("amount"), Q(kind="dues", paid_on__gte=start, paid_on__lt=end))


def _months(today: date) -> list[tuple[date, date]]:
    """First day of each of the last months and of the one after it, oldest first."""
    number = today.year * 12 + today.month - 1
    firsts = [date(n // 12, n % 12 + 1, 1) for n in range(number - MONTHS + 1, number + 2)]
    return list(pairwise(firsts))
