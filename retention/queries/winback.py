"""Who left and may come back: the list, where the others are routed, what a draft would say, the money.

`seen` is `mirror.access.members(viewer)`.
"""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any, NamedTuple

from django.conf import settings
from django.db.models import F, Q, QuerySet
from django.utils.timezone import localdate

from imis_ai.governance import next_step
from imis_ai.governance.messages import offers
from imis_ai.mirror import facts, trails
from imis_ai.ui import words
from retention.calc import dues
from retention.calc import outreach as calc
from retention.calc.reasons import APOLOGY, OFFER, REASONS, REMINDER, ROUTES, WHOSE
from retention.models import LapseReason, Study, WinBackOffer
from retention.queries.lapses import main

AREA = "retention"
MONTHS = 24
MAILED = (OFFER, REMINDER)  # everybody else is somebody's work, or nobody's
VIEWS = {"back": "May come back", "person": "A person writes", "elsewhere": "Routed elsewhere"}
LEFT = {"90": "In the last 3 months", "180": "In the last 6 months", "365": "In the last year"}
SORTS = {"chance": "chance", "left": "lapsed_on", "dues": "dues", "member": "member__last_name"}
_ROUTES = {"back": MAILED, "person": (APOLOGY,)}


@dataclass(frozen=True)
class Filters:
    """What the address asks for."""

    view: str = "back"
    reason: str = ""
    left: str = ""  # days back, a key of LEFT
    offer: str = ""
    picked: tuple[str, ...] = ()
    sort: str = "-chance"


class Match(NamedTuple):
    """The offer for a reason: its version, what one costs, whether a person chose it."""

    version: Any
    cost: Decimal
    is_chosen: bool
    needs_second: bool


@dataclass(frozen=True)
class Row:
    """One member who left; names as the viewer may see them."""

    lapse: LapseReason
    name: str
    reason: str
    whose: str
    route: str
    chance: int | None
    low: int | None
    high: int | None
    offer: Match | None
    state: str


def candidates(*, seen: QuerySet, filters: Filters, today: date) -> QuerySet[LapseReason]:
    """The newest lapse of each member who has not come back, within two years; with `said` and the state."""
    found = LapseReason.objects.filter(member__in=seen, returned_on=None, lapsed_on__lt=today)
    found = found.filter(lapsed_on__gt=today - timedelta(days=int(filters.left or MONTHS * 30)))
    newest = found.order_by("member", "-lapsed_on").distinct("member").values("pk")
    rows = LapseReason.objects.filter(pk__in=newest).annotate(said=main())
    rows = rows.filter(said__in=reasons_of(filters))
    if filters.picked:
        rows = rows.filter(member__imis_id__in=filters.picked)
    rows = next_step.annotated(rows, number="member__imis_id", area=AREA, on=today)
    key, falls = F(SORTS[filters.sort.lstrip("-")]), filters.sort.startswith("-")
    order = key.desc(nulls_last=True) if falls else key.asc(nulls_last=True)
    return rows.select_related("member", "member__tier", "member__chapter").order_by(order, "pk")


def reasons_of(filters: Filters) -> list[str]:
    """Keys of the reasons that belong to a view, and to the filters."""
    routes = _ROUTES.get(filters.view, tuple(set(ROUTES) - {*MAILED, APOLOGY}))
    matched = {key for key, match in matches().items() if match and str(match.version.offer) == filters.offer}
    return [
        key
        for key, each in REASONS.items()
        if each.route in routes and filters.reason in ("", key) and (not filters.offer or key in matched)
    ]


def counts(*, seen: QuerySet, filters: Filters, today: date) -> dict[str, int]:
    """Members per view, the other filters as they are."""
    return {
        view: candidates(seen=seen, filters=Filters(view=view, left=filters.left), today=today).count()
        for view in VIEWS
    }


def rows(found: Sequence[LapseReason], *, with_names: bool, today: date) -> list[Row]:
    by_reason = matches()
    return [_row(lapse, by_reason, with_names, today) for lapse in found]


def _row(lapse: LapseReason, by_reason: dict[str, Match | None], with_names: bool, today: date) -> Row:
    each, name = REASONS[lapse.said], str(lapse.member)
    chances = [
        None if share is None else words.of_100(share)
        for share in (lapse.chance, lapse.chance_low, lapse.chance_high)
    ]
    state = next_step.said(
        held_until=lapse.held_until, has_draft=lapse.has_draft, last_sent_at=lapse.last_sent_at, today=today
    )
    offer = by_reason.get(lapse.said) if each.route in MAILED else None
    shown = name if with_names else words.masked(name)
    return Row(lapse, shown, each.label, WHOSE[each.whose], ROUTES[each.route], *chances, offer, state)


def matches() -> dict[str, Match | None]:
    """The offer that goes with each reason: the one a person chose, else the first of the catalogue."""
    chosen = dict(WinBackOffer.objects.values_list("reason", "offer"))
    versions = {version.pk: version for version in offers.catalogue()}
    fits = [calc.Fit(pk, version.reasons, version.cost) for pk, version in versions.items()]
    found: dict[str, Match | None] = {}
    for key, each in REASONS.items():
        fitting = [versions[fit.key] for fit in calc.in_order(fits, reason=each.group, stage=calc.LAPSED)]
        fitting = [version for version in fitting if not version.offer.needs]
        own = [version for version in fitting if version.offer.name == chosen.get(key)]
        is_silent = each.route not in MAILED or chosen.get(key) == NOTHING
        pick = None if is_silent else next(iter(own or fitting), None)
        found[key] = pick and Match(
            pick, pick.cost, bool(own), offers.needs_second(version=pick, amount=pick.cost)
        )
    return found


NOTHING = "none"


def choices(reason: str) -> list[tuple[str, str]]:
    """Offers that a person may choose for a reason."""
    versions = {version.pk: version for version in offers.catalogue()}
    fits = [calc.Fit(pk, version.reasons, version.cost) for pk, version in versions.items()]
    found = calc.in_order(fits, reason=REASONS[reason].group, stage=calc.LAPSED)
    names = [versions[fit.key].offer.name for fit in found if not versions[fit.key].offer.needs]
    return [*((name, name) for name in names), (NOTHING, "No offer")]


@dataclass(frozen=True)
class Budget:
    """Money of the offers that win-back may make: of all, set aside, left."""

    whole: Decimal
    left: Decimal

    @property
    def used(self) -> Decimal:
        return self.whole - self.left

    @property
    def share(self) -> float:
        return float(self.used / self.whole) if self.whole else 0.0


def budget() -> Budget:
    """Each offer once, however many reasons it goes with."""
    versions = {match.version.pk: match.version for match in matches().values() if match}
    whole = sum((version.budget for version in versions.values()), Decimal(0))
    return Budget(whole, sum((offers.left_of_budget(each) for each in versions.values()), Decimal(0)))


def study() -> Study | None:
    """How the chances were learned and measured."""
    return Study.objects.filter(name="returns").order_by("-as_of").first()


class Known(NamedTuple):
    """As facts of messages have it."""

    value: str
    at: datetime


def newest(imis_ids: Collection[str]) -> dict[str, LapseReason]:
    """The last lapse of each of these members who has not come back."""
    found = LapseReason.objects.filter(member__imis_id__in=imis_ids, returned_on=None)
    found = found.annotate(said=main()).select_related("member").order_by("lapsed_on")
    return {lapse.member.imis_id: lapse for lapse in found}


def to_return(lapse: LapseReason, today: date) -> dues.Prorated | None:
    """Dues from the first of next month to the old renewal date; the first, so that it holds for a while."""
    if lapse.dues is None:
        return None
    start = (today.replace(day=1) + timedelta(days=32)).replace(day=1)
    return dues.prorated(price=lapse.dues, ended_on=lapse.lapsed_on, today=start)


def left_on(imis_ids: Collection[str], now: datetime) -> dict[str, Known]:
    """Fact: the day the membership ended."""
    return {
        imis_id: Known(lapse.lapsed_on.isoformat(), lapse.found_at)
        for imis_id, lapse in newest(imis_ids).items()
    }


def dues_to_return(imis_ids: Collection[str], now: datetime) -> dict[str, Known]:
    """Fact: what a return would cost, and until when."""
    found = {}
    for imis_id, lapse in newest(imis_ids).items():
        if part := to_return(lapse, localdate(now)):
            found[imis_id] = Known(f"{part.amount}|{part.until.isoformat()}", lapse.found_at)
    return found


def said_dues(value: str, now: datetime) -> str:
    """$494.30 until 12 September 2027."""
    amount, until = str(value).split("|")
    day = date.fromisoformat(until)
    return f"{words.money(Decimal(amount), settings.CURRENCY)} until {day.day} {day:%B %Y}"


def said_day(value: str, now: datetime) -> str:
    day = date.fromisoformat(str(value))
    return f"{day.day} {day:%B %Y}"


def benefit_before(imis_ids: Collection[str], now: datetime) -> dict[str, Known]:
    """Fact: the benefit really used most in the last year of membership, with its count."""
    lapses = newest(imis_ids)
    order = list(lapses)
    ends = [
        trails.Ending(lapses[key].member_id, lapses[key].lapsed_on, lapses[key].lapsed_on) for key in order
    ]
    found: dict[str, Known] = {}
    for place, name, uses in trails.benefits(ends) if ends else []:
        found.setdefault(order[place], Known(f"{name}|{uses}", lapses[order[place]].found_at))
    return found


def said_benefit(value: str, now: datetime) -> str:
    name, uses = str(value).rsplit("|", 1)
    return f"{name} {words.plural(int(uses), 'time')}"


@dataclass(frozen=True)
class Made:
    """What a draft would be composed of, each with its source."""

    prorated: dues.Prorated | None
    benefit: str
    event: str


def composed_of(lapse: LapseReason, now: datetime) -> Made:
    imis_id = lapse.member.imis_id
    used = benefit_before([imis_id], now).get(imis_id)
    coming = facts.next_chapter_events([imis_id], now).get(imis_id)
    event = ""
    if coming:
        day = localdate(coming[1])
        event = f"{coming[0].value}, {words.long_date(day, localdate(now))}"
    return Made(to_return(lapse, localdate(now)), said_benefit(used.value, now) if used else "", event)


def one(*, seen: QuerySet, imis_id: str, today: date) -> LapseReason | None:
    """The last lapse of a member whom the viewer may see, with the state."""
    found = LapseReason.objects.filter(Q(member__imis_id=imis_id), member__in=seen, returned_on=None)
    found = next_step.annotated(found.annotate(said=main()), number="member__imis_id", area=AREA, on=today)
    return found.select_related("member", "member__tier", "member__chapter").order_by("-lapsed_on").first()


HEADER = (
    "imis_id", "name", "tier", "chapter", "left_on", "reason", "whose", "confidence", "goes_to",
    "would_return", "low", "high", "offer", "cost", "state", "dues",
)  # fmt: skip


def lines(found: QuerySet[LapseReason], *, with_names: bool, today: date) -> Iterator[tuple]:
    """Rows of the export."""
    by_reason = matches()
    for lapse in found.iterator(2000):
        row, member = _row(lapse, by_reason, with_names, today), lapse.member
        yield (
            member.imis_id, row.name, member.tier.name if member.tier else "",
            member.chapter.name if member.chapter else "", lapse.lapsed_on, row.reason, row.whose,
            lapse.confidence, row.route, lapse.chance, lapse.chance_low, lapse.chance_high,
            str(row.offer.version.offer) if row.offer else "", row.offer.cost if row.offer else None,
            row.state, lapse.dues,
        )  # fmt: skip
