"""What members owe and paid, added up over those the viewer may see: overdue, due soon, received by month."""

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from itertools import pairwise

from django.db.models import Count, DecimalField, Exists, F, OuterRef, Q, QuerySet, Sum
from django.db.models.functions import Coalesce

from imis_ai.mirror.kept import Keep
from imis_ai.mirror.models import Invoice, Member

SOON = timedelta(days=28)
MONTH = timedelta(days=30)
YEAR = timedelta(days=365)
OLD = timedelta(days=60)
POINTS = 12
MONTHS = 6  # of receipts, this one included
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
    """Kept until the data of a member changes. `seen` None is everybody. One query, or none."""
    return Keep(seen, data)(f"money {today}", lambda: _outlook(seen, today))


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


def _outlook(seen: QuerySet | None, today: date) -> Outlook:
    rows = Invoice.objects.filter(Q(paid_on=None) | Q(paid_on__gt=today - YEAR - MONTH))
    rows = rows.filter(member__gone_at=None) if seen is None else rows.filter(member__in=seen)
    owed = Coalesce(F("balance"), F("amount"))
    months = _months(today)
    ends = [today - MONTH * n for n in range(POINTS - 1, 0, -1)]
    found = rows.aggregate(
        overdue=_sum(owed, overdue(today)),
        invoices=Count("pk", filter=overdue(today)),
        old=_sum(owed, overdue(today - OLD)),
        due=_sum(owed, _due(today)),
        due_invoices=Count("pk", filter=_due(today)),
        received=_paid(today - MONTH, today),
        received_year_ago=_paid(today - YEAR - MONTH, today - YEAR),
        **{f"past_{n}": _sum(F("amount"), _was_overdue(day)) for n, day in enumerate(ends)},
        **{f"month_{n}": _dues(start, end) for n, (start, end) in enumerate(months)},
    )
    past = [float(found.pop(f"past_{n}")) for n in range(len(ends))]
    by_month = [(start, found.pop(f"month_{n}")) for n, (start, _) in enumerate(months)]
    return Outlook(**found, past=[*past, float(found["overdue"])], by_month=by_month)


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
