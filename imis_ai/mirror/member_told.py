"""What the mirror says on a member's page: timeline, membership, money, how to reach them, what is held."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import OuterRef, QuerySet
from django.db.models.functions import JSONObject
from django.urls import reverse
from django.utils.timezone import localtime

from imis_ai.mirror import owners, timeline
from imis_ai.mirror.member_page import Card, Looked, Step, Told
from imis_ai.mirror.models import Consent, Invoice, Member, Term
from imis_ai.ui import words

CHANNELS = {"email": "E-mail", "sms": "SMS", "phone": "Phone"}
OLD_TERMS = 5


@dataclass(frozen=True)
class Open:
    """An unpaid invoice as it stood that day."""

    kind: str
    due_on: date
    owed: Decimal
    days_late: int


@dataclass(frozen=True)
class Standing:
    """The term that ran on the day, the one last ended otherwise; None for who never had one."""

    term: Term | None
    is_over: bool
    earlier: list[Term]


def find(seen: QuerySet[Member], *, imis_id: str, today: date) -> Member | None:
    """The member with tier and chapter, consent `marks` and the staff `owner` of today. One query."""
    marks = Consent.objects.filter(member=OuterRef("pk")).order_by("channel")
    return (
        seen.filter(imis_id=imis_id)
        .select_related("tier", "chapter")
        .annotate(
            marks=ArraySubquery(marks.values(mark=JSONObject(channel="channel", granted="granted"))),
            owner=owners.name_of(OuterRef("pk"), today),
        )
        .first()
    )


def told(looked: Looked) -> Told:
    """Three queries."""
    member = looked.member
    standing = _standing(member, looked.day)
    found = Told(groups=dict(timeline.GROUPS))
    found.entries = timeline.latest(
        member_id=member.pk,
        limit=looked.entries + 1,
        until=looked.until if looked.is_past else None,
        group=looked.group if looked.group in timeline.GROUPS else "",
    ) if looked.group in ("", *timeline.GROUPS) else []  # fmt: skip
    found.cards.append(_tier(looked, standing))
    if looked.viewer.may("money.totals"):
        card, step = _money(looked)
        found.cards.append(card)
        found.steps += [step] if step else []
    found.cards.append(_reach(looked))
    if looked.viewer.may("privacy.read"):
        found.cards.append(_held(looked))
    return found


def _standing(member: Member, day: date) -> Standing:
    terms = Term.objects.filter(member=member, start_on__lte=day).select_related("tier").order_by("-start_on")
    found = list(terms[: OLD_TERMS + 1])
    if not found:
        return Standing(None, False, [])
    last = found[0]
    resigned = last.resigned_on is not None and last.resigned_on <= day
    return Standing(last, last.end_on < day or resigned, found[1:])


def _tier(looked: Looked, standing: Standing) -> Card:
    context = {"standing": standing, "looked": looked, "joined_on": looked.member.joined_on}
    order = 20 if looked.is_finance else 50
    return Card(order, "tier", "Tier", _dated(looked), "members/cards/_tier.html", context)


def _money(looked: Looked) -> tuple[Card, Step | None]:
    """Open invoices, and how the member paid in the last three years."""
    day = looked.day
    rows = Invoice.objects.filter(member=looked.member, issued_on__lte=day).order_by("due_on", "pk")
    unpaid, paid, late = [], 0, 0
    for row in rows:
        if row.paid_on is not None and row.paid_on <= day:
            if (day - row.paid_on).days <= 3 * 365:
                paid, late = paid + 1, late + (row.paid_on > row.due_on)
        elif (owed := _owed(row, looked)) > 0:
            unpaid.append(Open(row.kind, row.due_on, owed, max(0, (day - row.due_on).days)))
    overdue = [each for each in unpaid if each.days_late]
    owed = sum((each.owed for each in overdue), Decimal(0))
    context = {
        "unpaid": unpaid,
        "owed": sum((each.owed for each in unpaid), Decimal(0)),
        "days_late": max((each.days_late for each in overdue), default=0),
        "paid": paid,
        "late": late,
        "looked": looked,
    }
    order = 10 if looked.is_finance else 40
    card = Card(order, "money", "Money", _dated(looked), "members/cards/_money.html", context)
    return card, _ask_for_it(looked, owed, context["days_late"]) if overdue else None


def _owed(row: Invoice, looked: Looked) -> Decimal:
    """The balance is that of today; what it was on an earlier day is not kept."""
    return row.amount if looked.is_past or row.balance is None else row.balance


def _ask_for_it(looked: Looked, owed: Decimal, days: int) -> Step:
    amount = words.money(owed, settings.CURRENCY)
    why = f"{amount} is overdue, the oldest for {words.plural(days, 'day')}."
    return Step(95 if looked.is_finance else 60, "Ask for the payment", why)


def _reach(looked: Looked) -> Card:
    """Consent marks, addresses and the staff owner. Not kept by day, so only today's are shown."""
    member = looked.member
    lines: list[tuple[str, str]] = []
    consents: list[tuple[str, bool]] = []
    if not looked.is_past:
        consents = [
            (CHANNELS.get(mark["channel"], mark["channel"]), mark["granted"]) for mark in member.marks
        ]
        if looked.with_names and member.owner:
            lines.append(("Owner in iMIS", member.owner))
        if looked.with_names:
            place = ", ".join(filter(None, (member.city, member.state)))
            known = [
                ("E-mail", member.email),
                ("Phone", member.phone),
                ("Title", member.title),
                ("Place", place),
            ]
            lines += [(label, value) for label, value in known if value]
    for says, wanted in (("Agreed to", True), ("Refused", False)):
        channels = [label for label, granted in consents if granted == wanted]
        lines += [(says, ", ".join(channels))] if channels else []
    context = {"consents": consents, "lines": lines, "looked": looked}
    read_on = words.short_date(localtime(member.seen_at).date(), looked.today)
    dated = "not kept by day" if looked.is_past else f"read {read_on}"
    return Card(55, "reach", "How to reach them", dated, "members/cards/_reach.html", context)


def _held(looked: Looked) -> Card:
    member = looked.member
    context: dict[str, Any] = {
        "changed_on": member.updated_on,
        "seen_at": member.seen_at,
        "imis_id": member.imis_id,
        "looked": looked,
    }
    address = reverse("member_data", args=[member.imis_id])
    action = "Everything held, export, erase"
    return Card(90, "held", "What we hold", "", "members/cards/_held.html", context, address, action)


def _dated(looked: Looked) -> str:
    return f"of {words.short_date(looked.day, looked.today)}"
