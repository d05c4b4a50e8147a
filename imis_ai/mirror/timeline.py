"""What happened with one member, newest first, from every table of the mirror, in one query."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.conf import settings
from django.db.models import (
    Case,
    CharField,
    DateTimeField,
    DecimalField,
    F,
    Func,
    Q,
    QuerySet,
    Value,
    When,
)
from django.db.models.functions import Cast
from django.utils.timezone import localdate

from imis_ai.mirror.models import (
    Activity,
    CommitteeRole,
    Invoice,
    Member,
    PaymentAttempt,
    Registration,
    Term,
    Text,
)

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
    "text": "Wrote to us",
}
GROUPS = {
    "membership": "Membership",
    "events": "Events and courses",
    "money": "Invoices and payments",
    "mail": "Mail",
    "portal": "Portal and community",
    "other": "Other",
}
KINDS = {
    "membership": ("profile_update", "benefit_use"),
    "events": ("course_start", "course_complete", "certification", "volunteer_shift"),
    "money": ("donation", "purchase", "sponsorship"),
    "mail": ("email_open", "email_click", "email_bounce", "unsubscribe"),
    "portal": ("login", "page_view", "download", "community_post", "community_reply"),
}
OF_GROUP = {kind: group for group, kinds in KINDS.items() for kind in kinds} | {
    "attended": "events", "missed": "events", "registered": "events", "cancelled": "events",
    "paid": "money", "invoiced": "money", "charged": "money", "declined": "money",
    "term": "membership", "committee": "membership", "text": "mail",
}  # fmt: skip


@dataclass(frozen=True)
class Entry:
    at: datetime
    kind: str
    words: str
    about: str
    amount: Decimal | None
    group: str = "other"
    source: str = "iMIS"
    address: str = ""
    is_model: bool = False


def latest(*, member_id: int, limit: int, until: datetime | None = None, group: str = "") -> list[Entry]:
    """The member's last `limit` entries. The caller has checked that the viewer may see the member.

    `until`: as they stood at that moment; what was paid, attended or called off later is not known then.
    """
    found = [part for part, groups in _parts(member_id, until, group) if not group or group in groups]
    if until is not None:
        found = [part.filter(entry_at__lt=until) for part in found]
    if not found:
        return []
    parts = [part.order_by("-entry_at").values_list(*COLUMNS)[:limit] for part in found]
    found = parts[0].union(*parts[1:], all=True).order_by("-entry_at")[:limit] if parts[1:] else parts[0]
    return [
        Entry(
            when,
            kind,
            WORDS.get(kind, kind.replace("_", " ").capitalize()),
            _plain(kind, about),
            amount,
            OF_GROUP.get(kind, "other"),
        )
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


def _parts(member_id: int, until: datetime | None, group: str) -> list[tuple[QuerySet, tuple[str, ...]]]:
    """One query per table, and the groups that it has entries of."""

    def of(model):
        return model.objects.filter(member_id=member_id).order_by()

    done = of(Activity).exclude(kind__in=NOISE)
    if group in KINDS:
        done = done.filter(kind__in=KINDS[group])
    elif group:
        done = done.exclude(kind__in=OF_GROUP)
    charged = Case(When(succeeded=True, then=Value("charged")), default=Value("declined"))
    nothing = Value(None)
    return [
        (_named(done, F("at"), F("kind"), F("reference"), F("amount")), tuple(GROUPS)),
        (_registrations(of(Registration), until), ("events",)),
        (_invoices(of(Invoice), until), ("money",)),
        (_named(of(PaymentAttempt), F("at"), charged, F("decline_code"), F("amount")), ("money",)),
        (
            _named(of(Term), _midnight(F("start_on")), Value("term"), F("tier__name"), F("price")),
            ("membership",),
        ),
        (
            _named(of(CommitteeRole), _midnight(F("start_on")), Value("committee"), F("committee"), nothing),
            ("membership",),
        ),
        (_named(of(Text), F("at"), Value("text"), F("source"), nothing), ("mail",)),
    ]


def _registrations(rows: QuerySet, until: datetime | None) -> QuerySet:
    """At the time of the event; before it, as it was known then, at the time of registering."""
    when = F("event__starts_at")
    off = Q(cancelled_at__isnull=False)
    if until is not None:
        off &= Q(cancelled_at__lt=until)
        when = Case(When(event__starts_at__lt=until, then=when), default=F("registered_at"))
    over = Q() if until is None else Q(event__starts_at__lt=until)
    known = Case(
        When(off, then=Value("cancelled")),
        When(over & Q(attended=True), then=Value("attended")),
        When(over & Q(attended=False), then=Value("missed")),
        default=Value("registered"),
    )
    return _named(rows, when, known, F("event__name"), F("amount"))


def _invoices(rows: QuerySet, until: datetime | None) -> QuerySet:
    """On the day of paying; an invoice that was not paid then, on the day of issue."""
    paid = Q(paid_on__isnull=False)
    if until is not None:
        paid &= Q(paid_on__lt=localdate(until))
    kind = Case(When(paid, then=Value("paid")), default=Value("invoiced"))
    when = Case(When(paid, then=_midnight(F("paid_on"))), default=_midnight(F("issued_on")))
    return _named(rows, when, kind, F("kind"), F("amount"))


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
