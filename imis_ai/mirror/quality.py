"""What is known to be wrong or missing: each problem with its rows, its effect, what to do. Read only."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import NamedTuple

from django.conf import settings
from django.db.models import Count, Exists, F, Max, Min, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Lower

from imis_ai.mirror.models import (
    Chapter,
    Event,
    Invoice,
    Member,
    Payment,
    QualityCount,
    QualityIgnored,
    Registration,
    Reject,
    Term,
    Tier,
)

Rows = QuerySet
CHECKS_KEPT = 12
YEARS_OPEN = timedelta(days=365)
RECENT = timedelta(days=365)
SETTLED = timedelta(days=30)  # after an event, its attendance is known
ACTIVE_WORDS = ("a", "active", "current", "good")
MEMBERS, PAYMENTS, EVENTS, REJECTS = "members", "payments", "events", "refused"


@dataclass(frozen=True)
class Problem:
    """`find(rows, today)` narrows members (or all rows of `of`) to those that have it; `why(row)` says it.

    `key` is what a row is named by, here and where a person leaves it as it is.
    """

    slug: str
    title: str
    effect: str
    todo: str
    find: Callable[[Rows, date], Rows]
    why: Callable[[object], str]
    of: str = MEMBERS
    key: str = "imis_id"


class Line(NamedTuple):
    """One problem with its newest count and those before it, oldest first."""

    problem: Problem
    number: int | None
    ignored: int
    change: int | None
    points: list[int]
    checked_on: date | None


def lines() -> list[Line]:
    """Every problem, those with most rows first. One query."""
    counts: dict[str, list[QualityCount]] = {}
    for row in QualityCount.objects.order_by("on"):
        counts.setdefault(row.problem, []).append(row)
    found = [_line(problem, counts.get(slug, [])[-CHECKS_KEPT:]) for slug, problem in PROBLEMS.items()]
    return sorted(found, key=lambda line: -(line.number or 0))


def rows(*, problem: Problem, members: QuerySet[Member], today: date) -> Rows:
    """Rows that have the problem and were not left as they are; members only among those given."""
    found = problem.find(_base(problem, members), today)
    return found.exclude(**{f"{problem.key}__in": ignored_keys(problem)}).order_by(problem.key)


def ignored_keys(problem: Problem) -> QuerySet:
    return QualityIgnored.objects.filter(problem=problem.slug).values("key")


def ignored(*, problem: Problem) -> QuerySet[QualityIgnored]:
    """What people left as it is, newest first."""
    return QualityIgnored.objects.filter(problem=problem.slug).order_by("-at")


def key_of(*, problem: Problem, row: object) -> str:
    return str(getattr(row, problem.key))


def _base(problem: Problem, members: QuerySet[Member]) -> Rows:
    match problem.of:
        case "payments":
            return Payment.objects.all()
        case "events":
            return Event.objects.all()
        case "refused":
            return Reject.objects.filter(is_ignored=False)
    return members.select_related("tier", "chapter")


def _line(problem: Problem, counts: list[QualityCount]) -> Line:
    last = counts[-1] if counts else None
    before = counts[-2].number if len(counts) > 1 else None
    return Line(
        problem,
        last.number if last else None,
        last.ignored if last else 0,
        last.number - before if last and before is not None else None,
        [row.number for row in counts],
        last.on if last else None,
    )


def _terms() -> QuerySet[Term]:
    return Term.objects.filter(member=OuterRef("pk"))


def _current(members: Rows, today: date) -> Rows:
    since = today - timedelta(days=settings.GRACE_DAYS)
    return members.filter(Exists(_terms().filter(start_on__lte=today, end_on__gte=since, resigned_on=None)))


def _people(members: Rows) -> Rows:
    return members.filter(kind=Member.Kind.PERSON)


def _twins(members: Rows, today: date) -> Rows:
    same = (
        _people(Member.objects.filter(gone_at=None).exclude(email=""))
        .annotate(mail=Lower("email"))
        .values("mail")
        .annotate(n=Count("pk"))
        .filter(n__gt=1)
    )
    return _people(members.exclude(email="").annotate(mail=Lower("email"))).filter(
        mail__in=same.values("mail")
    )


def _in_bad_order(members: Rows, today: date) -> Rows:
    first = Subquery(_terms().values("member").annotate(first=Min("start_on")).values("first"))
    return members.annotate(first_term=first).filter(
        Q(joined_on__gt=today)
        | Q(joined_on__gt=F("first_term") + timedelta(days=31))
        | Q(paid_through__lt=F("joined_on"))
        | Q(birth_year__lt=1900)
        | Q(birth_year__gt=today.year - 10)
    )


def _paid_apart(members: Rows, today: date) -> Rows:
    last = Subquery(_terms().values("member").annotate(last=Max("end_on")).values("last"))
    return (
        _current(members, today)
        .annotate(last_end=last)
        .exclude(paid_through=None)
        .exclude(paid_through=F("last_end"))
    )


def _contradicting(members: Rows, today: date) -> Rows:
    active = members.annotate(word=Lower("status")).filter(word__in=ACTIVE_WORDS)
    return active.exclude(pk__in=_current(Member.objects.all(), today).values("pk"))


def _unnamed(members: Rows, today: date) -> Rows:
    tiers = Tier.objects.filter(name=F("code")).values("code")
    chapters = Chapter.objects.filter(name=F("code")).values("code")
    return members.filter(Q(tier__in=tiers) | Q(chapter__in=chapters))


def _long_open(members: Rows, today: date) -> Rows:
    old = Invoice.objects.filter(member=OuterRef("pk"), balance__gt=0, due_on__lt=today - YEARS_OPEN)
    return members.filter(Exists(old))


def _unmatched(payments: Rows, today: date) -> Rows:
    return payments.filter(Q(member=None) | Q(invoice_key=""), received_on__gte=today - RECENT, amount__gt=0)


def _unattended(events: Rows, today: date) -> Rows:
    told = Registration.objects.filter(event=OuterRef("pk")).exclude(attended=None)
    asked = Registration.objects.filter(event=OuterRef("pk"), cancelled_at=None)
    over = events.filter(starts_at__date__lt=today - SETTLED, starts_at__date__gt=today - 2 * RECENT)
    return over.filter(Exists(asked)).exclude(Exists(told))


def _wrong_date(member: Member) -> str:
    if member.birth_year and not member.birth_year >= 1900:
        return f"Born {member.birth_year}"
    if member.joined_on and member.paid_through and member.paid_through < member.joined_on:
        return f"Paid through {member.paid_through}, joined {member.joined_on}"
    first = getattr(member, "first_term", None)
    return f"Joined {member.joined_on or 'not known'}, first term {first or 'none'}"


PROBLEMS = {
    problem.slug: problem
    for problem in (
        Problem(
            "refused", "Records that could not be stored",
            "They are in iMIS and not here: whoever they belong to is judged without them.",
            "Open the refused records, mend them in iMIS, then try again.",
            lambda rows, today: rows, lambda row: row.reason, of=REJECTS, key="key",
        ),
        Problem(
            "no-tier", "Members without a tier",
            "They are left out of prices and tier comparisons, and no offer fits them.",
            "Give them a member type in iMIS that belongs to a tier.",
            lambda rows, today: _current(rows, today).filter(tier=None), lambda row: "No tier",
        ),
        Problem(
            "no-chapter", "Members without a chapter",
            "No chapter manager sees them, so nobody near them calls.",
            "Set their chapter in iMIS, or leave them as they are if they have none.",
            lambda rows, today: _current(rows, today).filter(chapter=None), lambda row: "No chapter",
        ),
        Problem(
            "no-email", "People without an e-mail address",
            "No message reaches them, and whether they open mails is not known of them.",
            "Ask for the address at the next call.",
            lambda rows, today: _people(_current(rows, today)).filter(email=""), lambda row: "No address",
        ),
        Problem(
            "bad-email", "E-mail addresses that cannot be right",
            "Messages to them come back.",
            "Correct the address in iMIS.",
            lambda rows, today: _current(rows, today).exclude(email="").exclude(
                email__regex=r"^[^@\s]+@[^@\s]+\.[^@\s.]+$"
            ),
            lambda row: "Not an address",
        ),
        Problem(
            "duplicates", "People who may be here twice",
            "Their visits, payments and mails are split, so both look less active than the person is.",
            "Merge them in iMIS; the merge is followed here. Families with one address stay as they are.",
            _twins, lambda row: "Same e-mail address as another",
        ),
        Problem(
            "codes", "Tiers and chapters without a name",
            "Lists show a bare code, and rules that name the tier or chapter miss these members.",
            "Name the code in iMIS, or map it to one that has a name.",
            _unnamed, lambda row: f"Tier {row.tier or 'none'}, chapter {row.chapter or 'none'}",
        ),
        Problem(
            "status", "Active in iMIS without a current term",
            "They count as members there and as lapsed here; no score is made for them.",
            "Check the status or the missing term in iMIS.",
            _contradicting, lambda row: f"Status {row.status}",
        ),
        Problem(
            "dates", "Dates out of order",
            "Length of membership and age are wrong for them, and with them the reasons shown.",
            "Correct the date in iMIS.",
            _in_bad_order, _wrong_date,
        ),
        Problem(
            "paid-through", "Paid-through date apart from the last term",
            "The day on which they may lapse is not certain.",
            "Compare the billing record with the term in iMIS.",
            _paid_apart,
            lambda row: f"Paid through {row.paid_through}, last term until {row.last_end}",
        ),
        Problem(
            "long-open", "Invoices open for over a year",
            "What is owed looks larger than what will be paid.",
            "Write them off or collect them.",
            _long_open, lambda row: "An invoice due over a year ago",
        ),
        Problem(
            "payments", "Payments that belong to no invoice",
            "The invoices they pay look open, and their payers late.",
            "Match them to an invoice.",
            _unmatched, lambda row: "No member" if row.member_id is None else "No invoice",
            of=PAYMENTS, key="key",
        ),
        Problem(
            "attendance", "Past events without attendance",
            "Who came is not known, so active members look quiet.",
            "Enter the attendance in iMIS.",
            _unattended, lambda row: "Nobody is marked as attended or absent", of=EVENTS, key="key",
        ),
    )
}  # fmt: skip
