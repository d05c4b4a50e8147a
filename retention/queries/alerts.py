"""The list of alerts as one person may see it: views, filters, columns, the panel, the export."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal

from django.db.models import Count, F, Q, QuerySet

from imis_ai.accounts.models import User
from imis_ai.governance.messages import offers
from imis_ai.ui import words
from retention.calc import hardship
from retention.models import Alert, PlanOffer
from retention.queries import plans, signals

TABS = {"payment": "Payment difficulty", "rival": "New employer", "closed": "Closed"}
SIGNALS = Alert.Signal.choices
MINE, NOBODY = "me", "none"
REASON = "payment difficulty"


@dataclass(frozen=True)
class Filters:
    """What the address of the list asks for. `owner`: "me", "none" or the number of a person."""

    tab: str = "payment"
    signals: tuple[str, ...] = ()
    owners: tuple[str, ...] = ()
    chapters: tuple[str, ...] = ()
    picked: tuple[str, ...] = ()
    sort: str = "-when"


@dataclass(frozen=True)
class Row:
    """One line: the name as the viewer may see it, the newest fact, what is at stake, the next step."""

    pk: int
    imis_id: str
    name: str
    tier: str
    chapter: str
    signal: str
    newest: str
    when: date
    money: Decimal | None
    suggested: str
    owner: str
    state: str
    closed: str
    stored: Alert = field(repr=False)

    @property
    def facts(self) -> list[tuple[date, str, str]]:
        return [
            (date.fromisoformat(fact["on"]), fact["what"], fact["source"]) for fact in self.stored.evidence
        ]


def visible(*, seen: QuerySet) -> QuerySet[Alert]:
    """Alerts about members that the viewer may see; every list, count and export starts here."""
    return Alert.objects.filter(member__in=seen)


def listed(*, seen: QuerySet, filters: Filters, viewer: User) -> QuerySet[Alert]:
    """The filtered alerts in the order asked for, whole."""
    found = visible(seen=seen).filter(_wanted(filters, viewer))
    return found.select_related("member__tier", "member__chapter", "owner", "closed_by").order_by(
        *_order(filters)
    )


def counts(*, seen: QuerySet) -> dict[str, int]:
    """Alerts in each view, before the other filters. One query."""
    asked = {tab: Count("pk", filter=_of_tab(tab)) for tab in TABS}
    return visible(seen=seen).aggregate(**asked)


def one(*, seen: QuerySet, pk: int) -> Alert | None:
    rows = visible(seen=seen).select_related("member__tier", "member__chapter", "owner", "closed_by")
    return rows.filter(pk=pk).first()


def rows(*, found: Iterable[Alert], with_names: bool) -> Iterator[Row]:
    for alert in found:
        yield row(alert=alert, with_names=with_names)


def row(*, alert: Alert, with_names: bool) -> Row:
    member = alert.member
    facts = alert.evidence
    reason = str(dict(DISMISSALS).get(alert.reason, alert.note or ""))
    return Row(
        pk=alert.pk,
        imis_id=member.imis_id,
        name=str(member) if with_names else words.masked(str(member)),
        tier=member.tier.name if member.tier else "",
        chapter=member.chapter.name if member.chapter else "",
        signal=str(alert.get_signal_display()),
        newest=facts[-1]["what"] if facts else "",
        when=alert.newest_on,
        money=alert.money,
        suggested=alert.suggested,
        owner=str(alert.owner or ""),
        state=str(alert.get_state_display()),
        closed=reason,
        stored=alert,
    )


DISMISSALS = (
    ("wrong", "The facts are wrong"),
    ("known", "Known and taken care of"),
    ("paid", "Has paid meanwhile"),
    ("timing", "Not now"),
    ("other", "Another reason"),
)


@dataclass(frozen=True)
class Choice:
    """A plan that may be offered: its parts as they would be, or why not."""

    pk: int
    name: str
    parts: tuple[hardship.Part, ...] = ()
    why_not: str = ""


def choices(*, alert: Alert, today: date, now: datetime) -> tuple[list[Choice], date | None]:
    """Pre-approved plans for this member, and the day of the invoice; none once it is out or too near."""
    money = signals.money_of(members=[alert.member_id], today=today)[alert.member_id]
    if not money.may_offer or money.invoice_on is None or not money.amount:
        return [], money.invoice_on
    found = []
    for version in offers.plans(reason=REASON):
        why = offers.may_give(version=version, amount=money.amount, reason=REASON, now=now)
        parts = hardship.split(money.amount, parts=version.parts, first_on=money.invoice_on)
        found.append(Choice(version.pk, version.offer.name, parts, str(why or "")))
    return found, money.invoice_on


def plan_of(alert: Alert) -> PlanOffer | None:
    """The newest plan that was offered to this member."""
    return plans.of_members([alert.member_id]).get(alert.member_id)


def staff() -> list[User]:
    """Who may own an alert, by name."""
    people = User.objects.filter(
        is_active=True, role__in=[User.Role.MEMBERSHIP, User.Role.FINANCE, User.Role.CHAPTER]
    )
    return sorted((each for each in people if each.may("alerts.act")), key=str)


def given(*, since: datetime) -> QuerySet[Alert]:
    """Open alerts that somebody was given since then."""
    return (
        Alert.objects.filter(state=Alert.State.OPEN, owned_since__gt=since).exclude(owner=None).order_by("pk")
    )


HEADER = [
    *("imis_id", "name", "tier", "chapter", "signal", "when", "money", "suggested", "owner", "state"),
    *("facts", "closed_because"),
]


def line(row: Row) -> list[object]:
    """The row as HEADER names it."""
    facts = "; ".join(f"{on.isoformat()} {what}" for on, what, _ in row.facts)
    return [
        *(row.imis_id, row.name, row.tier, row.chapter, row.signal, row.when, row.money),
        *(row.suggested, row.owner, row.state, facts, row.closed),
    ]


def _wanted(filters: Filters, viewer: User) -> Q:
    wanted = _of_tab(filters.tab)
    if filters.signals:
        wanted &= Q(signal__in=filters.signals)
    if filters.chapters:
        wanted &= Q(member__chapter_id__in=filters.chapters)
    if filters.owners:
        numbers = [int(each) for each in filters.owners if each.isdecimal()]
        own = Q(owner__in=numbers)
        own |= Q(owner=viewer) if MINE in filters.owners else Q(pk__in=[])
        own |= Q(owner=None) if NOBODY in filters.owners else Q(pk__in=[])
        wanted &= own
    if filters.picked:
        wanted &= Q(pk__in=[int(each) for each in filters.picked if each.isdecimal()])
    return wanted


def _of_tab(tab: str) -> Q:
    if tab == "closed":
        return ~Q(state=Alert.State.OPEN)
    mine = Q(signal=hardship.RIVAL)
    return Q(state=Alert.State.OPEN) & (mine if tab == "rival" else ~mine)


def _order(filters: Filters) -> list:
    fields = {
        "name": ["member__last_name", "member__name"],
        "when": ["newest_on"],
        "money": ["money"],
    }
    falls = filters.sort.startswith("-")
    keys = [F(name) for name in fields[filters.sort.lstrip("-")]]
    return [key.desc(nulls_last=True) if falls else key.asc(nulls_last=True) for key in keys] + ["pk"]
