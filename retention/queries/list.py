"""Members at risk as one person may see them: views, filters, columns, the summary above the list.

`seen` is always `mirror.access.members(viewer)`, asked for once per request.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal

from django.db.models import (
    BooleanField,
    F,
    Func,
    Q,
    QuerySet,
    Subquery,
    Value,
)
from django.utils.timezone import localdate

from imis_ai.features.groups import GROUPS
from imis_ai.governance import corrections, next_step, owners
from imis_ai.governance.messages import control
from imis_ai.mirror import contact, kept
from imis_ai.ui import words
from retention.calc import bands
from retention.models import RiskScore, ScoreRun, Study
from retention.queries import corrected, worth

AREA = "retention"
HORIZONS = (30, 60, 90)
VIEWS = {
    "all": "All at risk",
    "mine": "Mine",
    "renewing": "Renewing in 30 days",
    "value": "High value",
    "payments": "Payment trouble",
    "grace": "In grace",
    "unscored": "Not scored",
    "corrected": "Not at risk, say staff",
}
REASONS = GROUPS
AT_RISK = ("hi", "md")
CALLING = ("open", "later")  # states of a call that is still to come


@dataclass(frozen=True)
class Filters:
    """What the address of the list asks for."""

    view: str = "all"
    horizon: int = 90
    bands: tuple[str, ...] = AT_RISK
    tiers: tuple[str, ...] = ()
    chapters: tuple[str, ...] = ()
    reasons: tuple[str, ...] = ()
    renews: tuple[str, ...] = ()  # months, "2026-12"
    control: str = ""  # "in" or "out" of the control group
    owners: tuple[str, ...] = ()  # numbers of people, "me" or "none"
    viewer: int = 0  # who "me" is; set where it is asked for
    picked: tuple[str, ...] = ()  # imis ids, for an export of chosen rows
    sort: str = "-risk"

    @property
    def has_bands(self) -> bool:
        return self.view not in ("grace", "unscored", "corrected")

    @property
    def is_owned(self) -> bool:
        """Whether it depends on who looks after whom."""
        return bool(self.owners) or self.view == "mine"

    @property
    def measure(self) -> str:
        """Which chance is shown: within the horizon or, once the term is over, not to renew it in time."""
        return "renewal" if self.view == "grace" else str(self.horizon)


@dataclass(frozen=True)
class Row:
    """One line of the list; scores of 100, money as stored, the name as the viewer may see it."""

    imis_id: str
    name: str
    given_name: str
    tier: str
    chapter: str
    score: int | None
    low: int | None
    high: int | None
    band: str
    lapse_on: date | None
    factors: list[dict]
    dues: Decimal | None
    value: Decimal | None
    renews_on: date | None
    at_renewal: int | None
    renewal_band: str
    abstained: str
    next_step: str
    owner: str
    held: str  # why the member is left alone, in a sentence
    worth: float | None  # money likely kept by a call, as the method of the run has it
    alone: str  # why a contact does no good, in a sentence
    said: corrected.Stated | None
    stored: RiskScore = field(repr=False)

    @property
    def shown_factors(self) -> list[dict]:
        return self.factors[:2]

    @property
    def more(self) -> int:
        return max(0, len(self.factors) - 2)


def current_run() -> ScoreRun | None:
    """The run that pages show; `newest`, the latest score of all, and `data` tell of any change; `slip` says
    where ranges hold less often than they promise."""
    newest = Subquery(RiskScore.objects.order_by("-pk").values("pk")[:1])
    said = corrections.version(corrected.CARD)
    slip = Subquery(Study.objects.filter(name="promises").order_by("-as_of").values("body__slips__0")[:1])
    known = ScoreRun.objects.filter(is_current=True).annotate(
        newest=newest, data=kept.version(), said=said, slip=slip
    )
    return known.first()


def visible(*, seen: QuerySet, run: ScoreRun) -> QuerySet[RiskScore]:
    """Scores of the members that the viewer may see; every list, count and export starts here."""
    return RiskScore.objects.filter(run=run, member__in=seen)


def listed(*, seen: QuerySet, run: ScoreRun, filters: Filters) -> QuerySet[RiskScore]:
    """The filtered scores in the order asked for."""
    found = visible(seen=seen, run=run).filter(wanted(filters, run))
    return with_next_step(found, run).order_by(*_order(filters))


def page(*, seen: QuerySet, run: ScoreRun, filters: Filters, start: int, stop: int) -> QuerySet[RiskScore]:
    """Some of `listed`. The order is found on narrow rows; only those shown are read whole."""
    order = _order(filters)
    found = visible(seen=seen, run=run).filter(wanted(filters, run))
    if filters.sort.endswith("worth"):
        found = found.annotate(worth=worth.expression(run))
    shown = found.order_by(*order).values("pk")
    return with_next_step(RiskScore.objects.filter(pk__in=shown[start:stop]), run).order_by(*order)


def with_next_step(scores: QuerySet[RiskScore], run: ScoreRun) -> QuerySet[RiskScore]:
    """Whole rows with their members, and what comes next for each; no further query."""
    found = scores.select_related("run", "member", "member__tier", "member__chapter")
    found = worth.valued(found, run)
    found = corrections.annotated(found, number="member__imis_id", card=corrected.CARD, on=run.as_of)
    found = next_step.annotated(found, number="member__imis_id", area=AREA, on=run.as_of)
    return owners.annotated(found, number="member__imis_id", member="member", today=run.as_of)


def rows(*, scores: Iterable[RiskScore], measure: str, with_names: bool) -> Iterator[Row]:
    for score in scores:
        yield row(score=score, measure=measure, with_names=with_names)


def row(*, score: RiskScore, measure: str, with_names: bool) -> Row:
    member = score.member
    name = str(member)
    risk = getattr(score, f"risk_{measure}")
    return Row(
        imis_id=member.imis_id,
        name=name if with_names else words.masked(name),
        given_name=(member.first_name or name) if with_names else "",
        tier=member.tier.name if member.tier else "",
        chapter=member.chapter.name if member.chapter else "",
        score=_shown(risk),
        low=_shown(getattr(score, f"low_{measure}")),
        high=_shown(getattr(score, f"high_{measure}")),
        band="" if risk is None else score.run.bands.band(risk),
        lapse_on=score.lapse_on,
        factors=score.factors,
        dues=score.dues,
        value=score.value,
        renews_on=score.renews_on,
        at_renewal=_shown(score.risk_renewal),
        renewal_band="" if score.risk_renewal is None else score.run.bands.band(score.risk_renewal),
        abstained=score.abstained,
        next_step=_next_step(score),
        said=corrected.in_words(getattr(score, "corrected", None), with_names=with_names),
        owner=owners.said(score),
        held=_held(score, (member.first_name or name) if with_names else words.masked(name)),
        worth=getattr(score, "worth", None),
        alone=worth.leave_alone(score),
        stored=score,
    )


def renewal_months(run: ScoreRun) -> list[str]:
    """The months in which terms that cover today can end: a year and a little."""
    first = run.as_of.replace(day=1)
    return [
        f"{first.year + (first.month - 1 + n) // 12}-{(first.month - 1 + n) % 12 + 1:02}" for n in range(13)
    ]


def wanted(filters: Filters, run: ScoreRun) -> Q:
    """The condition that a score must meet to be in this list."""
    wanted = _in_bands(filters.bands, filters.horizon, run) if filters.has_bands else Q()
    stays = corrected.said_to_stay(run)
    wanted &= stays if filters.view == "corrected" else ~stays
    wanted &= _of_view(filters, run)  # after the bands: looking into the factors is the dear part
    if filters.tiers:
        wanted &= Q(member__tier_id__in=filters.tiers)
    if filters.chapters:
        wanted &= Q(member__chapter_id__in=filters.chapters)
    if filters.reasons:
        wanted &= _because(filters.reasons)
    if filters.renews:
        wanted &= _in_months(filters.renews)
    if filters.control:
        held = next_step.held(number="member__imis_id", area=AREA, on=run.as_of)
        wanted &= held if filters.control == "in" else ~held
    if filters.owners:
        wanted &= _owned(filters.owners, filters, run)
    if filters.picked:
        wanted &= Q(member__imis_id__in=filters.picked)
    return wanted


def _of_view(filters: Filters, run: ScoreRun) -> Q:
    in_grace = Q(renews_on__lt=run.as_of)
    if filters.view == "mine":
        return _owned((owners.MINE,), filters, run)
    if filters.view == "renewing":
        return Q(renews_on__gte=run.as_of, renews_on__lte=run.as_of + timedelta(days=30))
    if filters.view == "value":
        return Q(value__gte=run.high_value or 0)
    if filters.view == "payments":
        return _because(["payments"])
    if filters.view == "grace":
        return in_grace
    if filters.view == "unscored":
        return ~Q(abstained="") & ~in_grace
    return Q()


def _owned(chosen: Sequence[str], filters: Filters, run: ScoreRun) -> Q:
    viewer = filters.viewer
    return owners.where(chosen, viewer=viewer, number="member__imis_id", member="member", today=run.as_of)


def _in_bands(keys: Sequence[str], horizon: int, run: ScoreRun) -> Q:
    """Bands that touch are asked for as one range, which an index serves in the order of the list."""
    ranges: list[list[float]] = []
    for start, end in sorted(run.bands.share_bounds(key) for key in keys):
        if ranges and ranges[-1][1] >= start:
            ranges[-1][1] = end
        else:
            ranges.append([start, end])
    wanted = Q(pk__in=[])
    for start, end in ranges:
        wanted |= Q(**{f"risk_{horizon}__gte": start, f"risk_{horizon}__lt": end})
    return wanted


def _because(reasons: Sequence[str]) -> Q:
    """One of the factors that raise the risk comes from these groups of features."""
    named = " || ".join(f'@.feature starts with "{reason}."' for reason in reasons if reason in REASONS)
    path = f'$[*] ? (@.direction == "raises" && ({named}))'
    return Q(
        Func(
            F("factors"),
            Value(path),
            function="jsonb_path_exists",
            template="%(function)s(%(expressions)s::jsonpath)",
            output_field=BooleanField(),
        )
    )


def _in_months(months: Sequence[str]) -> Q:
    wanted = Q(pk__in=[])
    for month in months:
        year, number = (int(part) for part in month.split("-"))
        wanted |= Q(renews_on__year=year, renews_on__month=number)
    return wanted


def _order(filters: Filters) -> list:
    fields = {
        "name": ["member__last_name", "member__name"],
        "risk": [f"risk_{filters.measure}"],
        "lapse": ["lapse_on"],
        "dues": ["dues"],
        "value": ["value"],
        "renews": ["renews_on"],
        "next": ["risk_renewal"],
        "worth": ["worth"],
    }
    falls = filters.sort.startswith("-")
    if filters.view == "unscored":
        fields["risk"] = []  # nobody has one; without it an index finds the rows
    keys = [F(name) for name in fields[filters.sort.lstrip("-")]]
    return [key.desc(nulls_last=True) if falls else key.asc(nulls_last=True) for key in keys] + ["pk"]


def _next_step(score: RiskScore) -> str:
    """What governance knows of; else the call list; else that a contact does no good."""
    known = next_step.said(
        held_until=score.held_until,
        has_draft=score.has_draft,
        last_sent_at=score.last_sent_at,
        today=score.run.as_of,
        is_unsure=getattr(score, "is_unsure", False),
    )
    if known == next_step.CONTROL or getattr(score, "call_state", None) not in CALLING:
        return known or _called(score) or ("Leave alone" if worth.leave_alone(score) else "")
    return "Call first"


def _called(score: RiskScore) -> str:
    at = getattr(score, "called_at", None)
    return f"Called {words.short_date(localdate(at), score.run.as_of)}" if at else ""


def _held(score: RiskScore, who: str) -> str:
    if not score.held_until:
        return ""
    them = contact.them(score.member.gender)
    return control.sentence(who=who, them=them, until=score.held_until, today=score.run.as_of)


def _shown(share: float | None) -> int | None:
    return None if share is None else bands.of_100(share)
