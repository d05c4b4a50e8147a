"""What may tell of trouble with paying or of another employer: rows as they stand, by member. Reads only."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from statistics import median

from django.db.models import F, Q, Sum
from django.db.models.functions import Coalesce
from django.utils.timezone import localdate

from imis_ai.mirror import facts
from imis_ai.mirror.models import (
    Invoice,
    Member,
    MemberChange,
    PaymentAttempt,
    Relationship,
    Term,
    Text,
)

FEWEST_INVOICES = 20  # of renewals, before their usual day is believed
Field = MemberChange.Field


@dataclass(frozen=True)
class Charge:
    member: int
    on: date
    succeeded: bool
    amount: Decimal | None
    why: str


@dataclass(frozen=True)
class Wrote:
    member: int
    on: date
    source: str
    words: str


@dataclass(frozen=True)
class Change:
    """`before` and `after` as staff read them: an employer by name."""

    member: int
    field: str
    on: date
    before: str
    after: str


def charges(*, since: date, until: date) -> list[Charge]:
    """Card charges of members alive, oldest first."""
    rows = PaymentAttempt.objects.filter(at__date__gte=since, at__date__lte=until, member__gone_at=None)
    return [
        Charge(
            row.member_id, localdate(row.at), row.succeeded, row.amount, row.decline_code.replace("_", " ")
        )
        for row in rows.order_by("at", "pk")
    ]


def texts(*, since: date, until: date) -> Iterator[Wrote]:
    """What members alive wrote, oldest first."""
    rows = Text.objects.filter(at__date__gte=since, at__date__lte=until, member__gone_at=None)
    for row in rows.exclude(member=None).order_by("at", "pk").iterator(2000):
        yield Wrote(row.member_id, localdate(row.at), row.source, f"{row.subject}\n{row.body}")


def changes(*, since: date, until: date, fields: Collection[str]) -> list[Change]:
    """Changes of these fields: those that a reading found, and employments that iMIS dates itself."""
    rows = MemberChange.objects.filter(on__range=(since, until), field__in=fields, member__gone_at=None)
    found = [
        Change(row.member_id, row.field, row.on, row.before, row.after) for row in rows.order_by("on", "pk")
    ]
    if Field.EMPLOYER in fields:
        found += _employments(since, until)
    names = _names(
        {value for each in found if each.field == Field.EMPLOYER for value in (each.before, each.after)}
    )
    return [
        each
        if each.field != Field.EMPLOYER
        else Change(each.member, each.field, each.on, *(names.get(v, v) for v in (each.before, each.after)))
        for each in found
    ]


def _employments(since: date, until: date) -> list[Change]:
    """An employment that began in these days after another one had ended."""
    rows = Relationship.objects.filter(kind="employer", member__gone_at=None)
    moved = rows.filter(start_on__range=(since, until)).values("member")
    by_member: dict[int, list[Relationship]] = {}
    for row in rows.filter(member__in=moved).order_by(F("start_on").asc(nulls_first=True), "pk"):
        by_member.setdefault(row.member_id, []).append(row)
    found = []
    for member, held in by_member.items():
        for before, after in pairwise(held):
            is_new = after.start_on and since <= after.start_on <= until
            if is_new and before.end_on and before.other_imis_id != after.other_imis_id:
                found.append(
                    Change(member, Field.EMPLOYER, after.start_on, before.other_imis_id, after.other_imis_id)
                )
    return found


def _names(imis_ids: Collection[str]) -> dict[str, str]:
    return dict(Member.objects.filter(imis_id__in=imis_ids).exclude(name="").values_list("imis_id", "name"))


def in_industries(*, names: Collection[str], today: date) -> list[tuple[int, str]]:
    """Current members whose own or whose employer's industry is one of these (in lower case)."""
    firms = dict(Member.objects.exclude(industry="").filter(gone_at=None).values_list("imis_id", "industry"))
    current = Term.objects.filter(start_on__lte=today, end_on__gte=today).values("member")
    rows = Member.objects.filter(gone_at=None, pk__in=current).filter(
        ~Q(industry="") | ~Q(organisation_imis_id="")
    )
    found = []
    for pk, own, employer in rows.values_list("pk", "industry", "organisation_imis_id").order_by("pk"):
        industry = own or firms.get(employer, "")
        if industry.casefold() in names:
            found.append((pk, industry))
    return found


@dataclass(frozen=True)
class Standing:
    """Of one member: the term that ends next, what it cost, what is open, whether the next invoice is out."""

    pseudonym: str
    chapter: str
    term_end: date | None
    dues: Decimal | None
    balance: Decimal
    is_invoiced: bool


def standings(*, members: Collection[int]) -> dict[int, Standing]:
    """By primary key."""
    last: dict[int, Term] = {}
    for term in Term.objects.filter(member__in=members).order_by("end_on", "pk"):
        last[term.member_id] = term
    bills = Invoice.objects.filter(member__in=members, kind="dues")
    owed = dict(
        bills.filter(paid_on=None)
        .values("member")
        .annotate(sum=Sum(Coalesce(F("balance"), F("amount"))))
        .values_list("member", "sum")
    )
    newest: dict[int, date] = {}
    for member, start in (
        bills.exclude(term_start=None).order_by("term_start").values_list("member", "term_start")
    ):
        newest[member] = start
    rows = Member.objects.filter(pk__in=members).values_list("pk", "pseudonym", "chapter_id")
    return {
        pk: Standing(
            str(pseudonym),
            chapter or "",
            last[pk].end_on if pk in last else None,
            last[pk].price if pk in last else None,
            owed.get(pk) or Decimal(0),
            pk in last and pk in newest and newest[pk] > last[pk].end_on,
        )
        for pk, pseudonym, chapter in rows
    }


def invoice_lead(*, today: date) -> int | None:
    """Days before a term ends on which its renewal is usually invoiced, from the last year's invoices."""
    rows = Invoice.objects.filter(
        kind="dues", issued_on__range=(today - timedelta(days=365), today), term_start__isnull=False
    ).exclude(term_start=F("issued_on"))
    leads = [(start - issued).days for start, issued in rows.values_list("term_start", "issued_on")]
    leads = [days for days in leads if days > 0]
    return int(median(leads)) if len(leads) >= FEWEST_INVOICES else None


def used_most(*, members: Collection[int], now: datetime) -> dict[int, str]:
    """The benefit each used most in the last 12 months."""
    ids = dict(Member.objects.filter(pk__in=members).values_list("imis_id", "pk"))
    found = facts.top_benefits(list(ids), now)
    return {ids[imis_id]: str(known.value) for imis_id, (known, _) in found.items() if imis_id in ids}
