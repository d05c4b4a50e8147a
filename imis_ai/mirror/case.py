"""One member's case at a glance: eight facts that are always there, known or not. Reads only."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal

from django.conf import settings
from django.db.models import Count, Exists, Max, OuterRef, Q
from django.utils.timezone import localdate

from imis_ai.mirror.models import Activity, Consent, Invoice, Member, Registration, Term
from imis_ai.ui import words

YEAR, TWO_YEARS = timedelta(days=365), timedelta(days=730)
POSTS = ("community_post", "community_reply")


@dataclass(frozen=True)
class Fact:
    """`value` says it in a few words, `detail` what stands behind it. `is_bad`: it asks for attention."""

    label: str
    value: str
    detail: str = ""
    is_bad: bool = False


def facts(member: Member, now: datetime) -> list[Fact]:
    """Last login, RSVPs, posts, tenure, tier, open tickets, unsubscribes, past payments. Six queries.

    The caller has checked that the viewer may see the member.
    """
    today = localdate(now)
    done = _activities(member, now)
    return [
        _login(done, today, now),
        _rsvps(member, now),
        _posts(done, today),
        _tenure(member, today),
        _tier(member, today),
        _tickets(member, now, today),
        _unsubscribes(member, done, today),
        _payments(member, today),
    ]


def _activities(member: Member, now: datetime) -> dict[str, tuple[int, datetime | None]]:
    """Number in a year and the newest of all, by kind."""
    recent = Count("pk", filter=Q(at__gt=now - YEAR))
    rows = Activity.objects.filter(member=member, kind__in=("login", *POSTS, "unsubscribe"), at__lte=now)
    found = rows.order_by().values("kind").annotate(n=recent, last=Max("at"))
    return {row["kind"]: (row["n"], row["last"]) for row in found}


def _login(done: dict, today: date, now: datetime) -> Fact:
    number, last = done.get("login", (0, None))
    if last is None:
        return Fact("Last login", "None recorded")
    days = (now - last).days
    value = f"{words.plural(days, 'day')} ago" if days else "Today"
    detail = f"{words.short_date(localdate(last), today)}, {words.plural(number, 'login')} in a year"
    return Fact("Last login", value, detail, is_bad=days > 90)


def _rsvps(member: Member, now: datetime) -> Fact:
    rows = Registration.objects.filter(member=member, event__starts_at__gt=now - TWO_YEARS)
    found = rows.aggregate(
        all=Count("pk"),
        came=Count("pk", filter=Q(attended=True)),
        missed=Count("pk", filter=Q(attended=False, cancelled_at=None)),
        off=Count("pk", filter=Q(cancelled_at__isnull=False)),
        ahead=Count("pk", filter=Q(event__starts_at__gt=now, cancelled_at=None)),
    )
    if not found["all"]:
        return Fact("RSVPs", "None in two years")
    detail = f"{found['missed']} not used, {found['off']} cancelled, {found['ahead']} to come"
    return Fact(
        "RSVPs", f"Came to {found['came']} of {found['all']}", detail, found["missed"] > found["came"]
    )


def _posts(done: dict, today: date) -> Fact:
    number = sum(done.get(kind, (0, None))[0] for kind in POSTS)
    last = max((at for kind in POSTS if (at := done.get(kind, (0, None))[1])), default=None)
    if last is None:
        return Fact("Posts", "None recorded")
    return Fact("Posts", f"{number} in a year", f"Last {words.short_date(localdate(last), today)}")


def _tenure(member: Member, today: date) -> Fact:
    if member.joined_on is None:
        return Fact("Tenure", "Not known")
    since = words.long_date(member.joined_on, today)
    return Fact("Tenure", words.span((today - member.joined_on).days), f"Joined {since}")


def _tier(member: Member, today: date) -> Fact:
    term = Term.objects.filter(member=member, start_on__lte=today).order_by("-start_on").first()
    name = member.tier.name if member.tier else "Not known"
    if term is None:
        return Fact("Tier", name)
    price = f", {words.money(term.price, settings.CURRENCY)} a term" if term.price is not None else ""
    return Fact("Tier", name, f"Term until {words.short_date(term.end_on, today)}{price}")


def _tickets(member: Member, now: datetime, today: date) -> Fact:
    closed = Activity.objects.filter(member=OuterRef("member"), kind="case_closed", at__gte=OuterRef("at"))
    opened = Activity.objects.filter(member=member, kind="case_opened", at__gt=now - YEAR, at__lte=now)
    open_ones = list(opened.filter(~Exists(closed)).order_by("-at").values_list("at", "reference")[:5])
    if not open_ones:
        return Fact("Open tickets", "None")
    at, about = open_ones[0]
    detail = f"{about + ', ' if about else ''}since {words.short_date(localdate(at), today)}"
    return Fact("Open tickets", str(len(open_ones)), detail, is_bad=True)


def _unsubscribes(member: Member, done: dict, today: date) -> Fact:
    refused = Consent.objects.filter(member=member, granted=False).order_by("channel")
    channels = list(refused.values_list("channel", flat=True))
    _, last = done.get("unsubscribe", (0, None))
    if last is None and not channels:
        return Fact("Unsubscribes", "None")
    when = words.short_date(localdate(last), today) if last else "Refused"
    return Fact("Unsubscribes", when, f"Refused: {', '.join(channels)}" if channels else "", is_bad=True)


def _payments(member: Member, today: date) -> Fact:
    rows = Invoice.objects.filter(member=member, amount__gt=0).order_by("-due_on")
    invoices = list(rows.values_list("due_on", "paid_on", "amount", "balance")[:12])
    if not invoices:
        return Fact("Past payments", "No invoices")
    paid = [(due, on) for due, on, _, _ in invoices if on]
    late = [(on - due).days for due, on in paid if on > due]
    owed = sum((balance or Decimal(0) for due, on, _, balance in invoices if not on), Decimal(0))
    value = f"{len(paid) - len(late)} of {len(paid)} on time" if paid else "None paid yet"
    parts = [f"{round(sum(late) / len(late))} days late on average when late" if late else ""]
    parts.append(f"{words.money(owed, settings.CURRENCY)} open" if owed else "")
    return Fact(
        "Past payments", value, ", ".join(filter(None, parts)), is_bad=bool(owed) or len(late) * 2 > len(paid)
    )


def since(member_id: int, after: datetime, now: datetime) -> dict[str, int]:
    """How often each kind of activity happened in between. One query."""
    rows = Activity.objects.filter(member_id=member_id, at__gt=after, at__lte=now)
    return dict(rows.order_by().values("kind").annotate(n=Count("pk")).values_list("kind", "n"))
