"""Whose term ends when, who renewed, paid or read since, and how many used to: what comparisons count.

Read from terms and invoices, never from contacts. A renewal is a term that begins after the one that ended.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal

from django.db.models import Exists, OuterRef, Subquery
from django.db.models.expressions import RawSQL

from imis_ai.mirror.contact import NOT_RECEIVED
from imis_ai.mirror.models import Activity, Invoice, MemberAlias, Payment, Term


@dataclass(frozen=True)
class Due:
    """A member with the term that ends next; `dues` is what that term cost."""

    imis_id: str
    tier: str
    chapter: str
    term_end: date
    dues: Decimal | None


def due(*, first: date, last: date, imis_ids: Collection[str] | None = None) -> list[Due]:
    """Members alive whose last term ends within these days, by number. Who has renewed already is not due."""
    later = Term.objects.filter(member=OuterRef("member"), start_on__gt=OuterRef("end_on"))
    rows = Term.objects.filter(end_on__range=(first, last), member__gone_at=None).filter(~Exists(later))
    if imis_ids is not None:
        rows = rows.filter(member__imis_id__in=_array(imis_ids))
    found = {}
    fields = ("member__imis_id", "member__tier_id", "member__chapter_id", "end_on", "price")
    for imis_id, tier, chapter, ends, price in rows.order_by("member__imis_id", "end_on").values_list(
        *fields
    ):
        found[imis_id] = Due(imis_id, tier or "", chapter or "", ends, price)
    return list(found.values())


def renewed_on(ends: Mapping[str, date]) -> dict[str, date]:
    """Day of the first renewal of each member after the given end of a term: when its invoice was paid, else
    when the new term began. A merged record answers for the number it had before.
    """
    if not ends:
        return {}
    by_retained = _retained(ends)
    invoices = Invoice.objects.filter(
        member=OuterRef("member"), term_start=OuterRef("start_on"), paid_on__isnull=False
    )
    terms = Term.objects.filter(member__imis_id__in=_array(by_retained), start_on__gt=min(ends.values()))
    terms = terms.annotate(paid=Subquery(invoices.order_by("paid_on").values("paid_on")[:1]))
    found: dict[str, date] = {}
    for retained, starts, paid in terms.order_by("start_on").values_list(
        "member__imis_id", "start_on", "paid"
    ):
        for imis_id in by_retained[retained]:
            if starts > ends[imis_id]:
                found.setdefault(imis_id, min(paid or starts, starts))
    return found


def past_rate(*, until: date, window_days: int, days: int = 365) -> tuple[int, int]:
    """Of the terms that ended in the year before, with time to renew until then: how many, and renewed."""
    last = until - timedelta(days=window_days + 1)
    ended = Term.objects.filter(end_on__range=(last - timedelta(days=days), last), member__gone_at=None)
    span = timedelta(days=window_days)
    after = Term.objects.filter(
        member=OuterRef("member"), start_on__gt=OuterRef("end_on"), start_on__lte=OuterRef("end_on") + span
    )
    return ended.count(), ended.filter(Exists(after)).count()


def paid_after(moments: Mapping[str, date], *, days: int) -> set[str]:
    """Those of the members from whom money came within so many days after their day."""
    if not moments:
        return set()
    by_retained = _retained(moments)
    rows = Payment.objects.filter(
        member__imis_id__in=_array(by_retained), amount__gt=0, received_on__gte=min(moments.values())
    ).exclude(status__in=NOT_RECEIVED)
    found = set()
    for retained, on in rows.values_list("member__imis_id", "received_on"):
        for imis_id in by_retained[retained]:
            if moments[imis_id] <= on <= moments[imis_id] + timedelta(days=days):
                found.add(imis_id)
    return found


def opened_after(moments: Mapping[str, datetime], *, days: int) -> set[str]:
    """Those of the members who opened or clicked an e-mail within so many days after their moment."""
    if not moments:
        return set()
    by_retained = _retained(moments)
    rows = Activity.objects.filter(
        member__imis_id__in=_array(by_retained),
        kind__in=("email_open", "email_click"),
        at__range=(min(moments.values()), max(moments.values()) + timedelta(days=days)),
    )
    found = set()
    for retained, at in rows.values_list("member__imis_id", "at"):
        for imis_id in by_retained[retained]:
            if moments[imis_id] <= at <= moments[imis_id] + timedelta(days=days):
                found.add(imis_id)
    return found


def _array(words: Iterable[str]) -> RawSQL:
    """Many values as one parameter: thousands of placeholders take longer to write than to answer."""
    return RawSQL("SELECT unnest(%s::text[])", [list(words)])


def _retained(imis_ids: Collection[str]) -> dict[str, list[str]]:
    """The number that counts today -> the numbers that were asked for."""
    kept = dict(
        MemberAlias.objects.filter(imis_id__in=_array(imis_ids)).values_list("imis_id", "retained_imis_id")
    )
    found: dict[str, list[str]] = {}
    for imis_id in imis_ids:
        found.setdefault(kept.get(imis_id, imis_id), []).append(imis_id)
    return found
