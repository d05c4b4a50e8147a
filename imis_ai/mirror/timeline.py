"""What happened with one member, newest first, from every table of the mirror, in one query."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.conf import settings
from django.db.models import Case, CharField, DateTimeField, DecimalField, F, Func, QuerySet, Value, When
from django.db.models.functions import Cast

from imis_ai.mirror.models import Activity, CommitteeRole, Invoice, Member, PaymentAttempt, Registration, Term

NOISE = ("email_sent",)  # what we sent says little; opens and clicks are shown
COLUMNS = ("entry_at", "entry_kind", "entry_about", "entry_amount")
WORDS = {
    "login": "Signed in to the portal",
    "page_view": "Read a page",
    "download": "Downloaded",
    "email_open": "Opened an e-mail",
    "email_click": "Clicked in an e-mail",
    "email_bounce": "An e-mail bounced",
    "unsubscribe": "Unsubscribed",
    "community_post": "Posted in the community",
    "community_reply": "Replied in the community",
    "course_start": "Started a course",
    "course_complete": "Completed a course",
    "certification": "Was certified",
    "donation": "Donated",
    "purchase": "Bought",
    "sponsorship": "Sponsored",
    "volunteer_shift": "Volunteered",
    "case_opened": "Opened a case",
    "profile_update": "Updated the profile",
    "benefit_use": "Used a benefit",
    "attended": "Attended",
    "missed": "Registered and did not come",
    "registered": "Registered",
    "cancelled": "Cancelled a registration",
    "paid": "Paid an invoice",
    "invoiced": "Was invoiced",
    "charged": "A card payment went through",
    "declined": "A card payment failed",
    "term": "A membership term began",
    "committee": "Joined a committee",
}


@dataclass(frozen=True)
class Entry:
    at: datetime
    kind: str
    words: str
    about: str
    amount: Decimal | None


def latest(*, member_id: int, limit: int) -> list[Entry]:
    """The member's last `limit` entries. The caller has checked that the viewer may see the member."""
    parts = [part.order_by("-entry_at").values_list(*COLUMNS)[:limit] for part in _parts(member_id)]
    found = parts[0].union(*parts[1:], all=True).order_by("-entry_at")[:limit]
    return [
        Entry(when, kind, WORDS.get(kind, kind.replace("_", " ").capitalize()), _plain(kind, about), amount)
        for when, kind, about, amount in found
    ]


def reach(member: Member) -> list[tuple[str, str]]:
    """How the member can be reached and what they agreed to, as words; empty lines are left out."""
    granted = dict(member.consent_set.values_list("channel", "granted"))
    agreed = [channel for channel in granted if granted[channel]]
    refused = [channel for channel in granted if not granted[channel]]
    known = [
        ("E-mail", member.email),
        ("Phone", member.phone),
        ("Title", member.title),
        ("Place", ", ".join(filter(None, (member.city, member.state)))),
        ("Agreed to", ", ".join(agreed)),
        ("Refused", ", ".join(refused)),
    ]
    return [(label, value) for label, value in known if value]


def _plain(kind: str, about: str | None) -> str:
    return (about or "").replace("_", " ") if kind == "declined" else about or ""


def _parts(member_id: int) -> list[QuerySet]:
    def of(model):
        return model.objects.filter(member_id=member_id).order_by()

    known = Case(
        When(cancelled_at__isnull=False, then=Value("cancelled")),
        When(attended=True, then=Value("attended")),
        When(attended=False, then=Value("missed")),
        default=Value("registered"),
    )
    paid = Case(When(paid_on__isnull=False, then=Value("paid")), default=Value("invoiced"))
    charged = Case(When(succeeded=True, then=Value("charged")), default=Value("declined"))
    return [
        _named(of(Activity).exclude(kind__in=NOISE), F("at"), F("kind"), F("reference"), F("amount")),
        _named(of(Registration), F("event__starts_at"), known, F("event__name"), F("amount")),
        _named(of(Invoice), _midnight(F("paid_on"), F("issued_on")), paid, F("kind"), F("amount")),
        _named(of(PaymentAttempt), F("at"), charged, F("decline_code"), F("amount")),
        _named(of(Term), _midnight(F("start_on")), Value("term"), F("tier__name"), F("price")),
        _named(of(CommitteeRole), _midnight(F("start_on")), Value("committee"), F("committee"), Value(None)),
    ]


def _named(rows: QuerySet, when, kind, about, amount) -> QuerySet:
    return rows.annotate(
        entry_at=Cast(when, DateTimeField()),
        entry_kind=Cast(kind, CharField()),
        entry_about=Cast(about, CharField()),
        entry_amount=Cast(amount, DecimalField(max_digits=14, decimal_places=2)),
    )


def _midnight(*days) -> Func:
    """Midnight of the first known day, in the association's time zone."""
    return Func(
        Func(*days, function="coalesce"),
        template=f"(%(expressions)s)::timestamp AT TIME ZONE '{settings.TIME_ZONE}'",
        output_field=DateTimeField(),
    )
