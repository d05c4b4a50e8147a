"""Members at risk as one person may see them: views, filters, columns, the summary above the list.

`seen` is always `mirror.access.members(viewer)`, asked for once per request.
"""

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from decimal import Decimal

from django.db.models import (
    Aggregate,
    BooleanField,
    Count,
    F,
    FloatField,
    Func,
    IntegerField,
    Q,
    QuerySet,
    Subquery,
    Sum,
    Value,
)
from django.db.models.functions import Cast, Coalesce, Floor

from imis_ai.ui import words
from retention.calc import bands
from retention.models import RiskScore, ScoreRun

HORIZONS = (30, 60, 90)
VIEWS = {
    "all": "All at risk",
    "renewing": "Renewing in 30 days",
    "value": "High value",
    "payments": "Payment trouble",
    "grace": "In grace",
    "unscored": "Not scored",
}
REASONS = {
    "portal": "Portal",
    "events": "Events",
    "mail": "E-mail",
    "payments": "Payments",
    "committee": "Committees",
    "community": "Community",
    "content": "Courses and downloads",
    "tier": "Tier and price",
    "membership": "Membership history",
}
AT_RISK = ("hi", "md")
HIGH_VALUE_SHARE = 0.9  # high value: the tenth of all scored members whose value is highest
NORMAL_80 = 1.2816  # half an 80 % range in standard deviations
SHARED = 0.25  # part of the model's error that all members share: a whole cohort misses to the same side
SMALLEST_GROUP = 10  # smaller groups are not shown to people who see totals only


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
    picked: tuple[str, ...] = ()  # imis ids, for an export of chosen rows
    sort: str = "-risk"

    @property
    def has_bands(self) -> bool:
        return self.view not in ("grace", "unscored")


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
    stored: RiskScore = field(repr=False)

    @property
    def shown_factors(self) -> list[dict]:
        return self.factors[:2]

    @property
    def more(self) -> int:
        return max(0, len(self.factors) - 2)


@dataclass(frozen=True)
class Summary:
    """Expected lapses among the members shown, with the 80 % range, and the dues they pay."""

    members: int
    expected: float
    low: float
    high: float
    dues: float
    dues_expected: float
    by_score: dict[int, int]


class PercentileCont(Aggregate):
    function = "percentile_cont"
    template = "%(function)s(%(share)s) WITHIN GROUP (ORDER BY %(expressions)s)"
    output_field = FloatField()


def current_run() -> ScoreRun | None:
    return ScoreRun.objects.filter(is_current=True).first()


def visible(*, seen: QuerySet, run: ScoreRun) -> QuerySet[RiskScore]:
    """Scores of the members that the viewer may see; every list, count and export starts here."""
    return RiskScore.objects.filter(run=run, member__in=seen)


def listed(*, seen: QuerySet, run: ScoreRun, filters: Filters) -> QuerySet[RiskScore]:
    """The filtered scores in the order asked for."""
    found = visible(seen=seen, run=run).filter(_wanted(filters, run))
    found = found.select_related("member", "member__tier", "member__chapter")
    return found.order_by(*_order(filters))


def rows(*, scores: Iterable[RiskScore], horizon: int, with_names: bool) -> Iterator[Row]:
    for score in scores:
        yield row(score=score, horizon=horizon, with_names=with_names)


def row(*, score: RiskScore, horizon: int, with_names: bool) -> Row:
    member = score.member
    name = str(member)
    risk = getattr(score, f"risk_{horizon}")
    return Row(
        imis_id=member.imis_id,
        name=name if with_names else words.masked(name),
        given_name=(member.first_name or name) if with_names else "",
        tier=member.tier.name if member.tier else "",
        chapter=member.chapter.name if member.chapter else "",
        score=_shown(risk),
        low=_shown(getattr(score, f"low_{horizon}")),
        high=_shown(getattr(score, f"high_{horizon}")),
        band="" if risk is None else bands.band(risk),
        lapse_on=score.lapse_on,
        factors=score.factors,
        dues=score.dues,
        value=score.value,
        renews_on=score.renews_on,
        at_renewal=_shown(score.risk_renewal),
        renewal_band="" if score.risk_renewal is None else bands.band(score.risk_renewal),
        abstained=score.abstained,
        stored=score,
    )


def tab_counts(*, seen: QuerySet, run: ScoreRun, horizon: int) -> dict[str, int]:
    """Members in each view, before the other filters. One query."""
    asked = {view: Count("pk", filter=_wanted(Filters(view=view, horizon=horizon), run)) for view in VIEWS}
    return visible(seen=seen, run=run).aggregate(**asked)


def summary(*, seen: QuerySet, run: ScoreRun, filters: Filters) -> Summary:
    """Over the filtered members that have a score. One query."""
    return _summed(visible(seen=seen, run=run).filter(_wanted(filters, run)), filters.horizon)


def totals(*, run: ScoreRun, horizon: int) -> Summary:
    """Over all members at risk, for people who see totals and no names."""
    return _summed(_everybody(run).filter(_wanted(Filters(horizon=horizon), run)), horizon)


def groups(*, run: ScoreRun, horizon: int, by: str) -> list[dict]:
    """Members, expected lapses and dues per tier or chapter, without names; small groups are left out.

    `by` is "tier" or "chapter". When one group alone is too small, the next smallest is left out with it, so
    that it cannot be had by subtraction from the total.
    """
    risk = f"risk_{horizon}"
    found = list(
        _everybody(run)
        .filter(**{f"{risk}__isnull": False})
        .values(label=F(f"member__{by}__name"))
        .annotate(members=Count("pk"), expected=Sum(risk), dues=Sum(F(risk) * Cast("dues", FloatField())))
        .order_by("members")
    )
    small = [group for group in found if group["members"] < SMALLEST_GROUP]
    hidden = len(small) if len(small) != 1 else min(2, len(found))
    return sorted(found[hidden:], key=lambda group: -group["expected"])


def choices(*, seen: QuerySet) -> tuple[list[tuple[str, str]], list[tuple[str, str]]]:
    """Tiers and chapters (code, name) among the members this person may see. One query."""
    found = seen.values_list("tier__code", "tier__name", "tier__rank", "chapter__code", "chapter__name")
    pairs = set(found.order_by().distinct())
    tiers = sorted({(rank, code, name) for code, name, rank, _, _ in pairs if code})
    chapters = sorted({(name, code) for _, _, _, code, name in pairs if code})
    return [(code, name) for _, code, name in tiers], [(code, name) for name, code in chapters]


def renewal_months(run: ScoreRun) -> list[str]:
    """The months in which terms that cover today can end: a year and a little."""
    first = run.as_of.replace(day=1)
    return [
        f"{first.year + (first.month - 1 + n) // 12}-{(first.month - 1 + n) % 12 + 1:02}" for n in range(13)
    ]


def _everybody(run: ScoreRun) -> QuerySet[RiskScore]:
    return RiskScore.objects.filter(run=run, member__gone_at__isnull=True)


def _wanted(filters: Filters, run: ScoreRun) -> Q:
    wanted = _of_view(filters, run)
    if filters.has_bands:
        wanted &= _in_bands(filters.bands, filters.horizon)
    if filters.tiers:
        wanted &= Q(member__tier_id__in=filters.tiers)
    if filters.chapters:
        wanted &= Q(member__chapter_id__in=filters.chapters)
    if filters.reasons:
        wanted &= _because(filters.reasons)
    if filters.renews:
        wanted &= _in_months(filters.renews)
    if filters.picked:
        wanted &= Q(member__imis_id__in=filters.picked)
    return wanted


def _of_view(filters: Filters, run: ScoreRun) -> Q:
    in_grace = Q(renews_on__lt=run.as_of)
    if filters.view == "renewing":
        return Q(renews_on__gte=run.as_of, renews_on__lte=run.as_of + timedelta(days=30))
    if filters.view == "value":
        top = RiskScore.objects.filter(run=run).order_by().values("run")
        return Q(
            value__gte=Subquery(
                top.annotate(cut=PercentileCont("value", share=HIGH_VALUE_SHARE)).values("cut")
            )
        )
    if filters.view == "payments":
        return _because(["payments"])
    if filters.view == "grace":
        return in_grace
    if filters.view == "unscored":
        return ~Q(abstained="") & ~in_grace
    return Q()


def _in_bands(keys: Sequence[str], horizon: int) -> Q:
    wanted = Q(pk__in=[])
    for key in keys:
        start, end = bands.share_bounds(key)
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
        "risk": [f"risk_{filters.horizon}"],
        "lapse": ["lapse_on"],
        "dues": ["dues"],
        "value": ["value"],
        "renews": ["renews_on"],
        "next": ["risk_renewal"],
    }
    falls = filters.sort.startswith("-")
    keys = [F(name) for name in fields[filters.sort.lstrip("-")]]
    return [key.desc(nulls_last=True) if falls else key.asc(nulls_last=True) for key in keys] + ["pk"]


def _summed(scores: QuerySet[RiskScore], horizon: int) -> Summary:
    risk, low, high = (F(f"{part}_{horizon}") for part in ("risk", "low", "high"))
    spread = Coalesce((high - low) / (2 * NORMAL_80), Value(0.0))
    dues = Coalesce(Cast("dues", FloatField()), Value(0.0))
    shown = Cast(Floor(risk * 100 + 0.5), IntegerField())
    found = (
        scores.filter(**{f"risk_{horizon}__isnull": False})
        .order_by()
        .annotate(step=shown / 5 * 5)
        .values("step")
        .annotate(
            n=Count("pk"),
            p=Sum(risk),
            coin=Sum(risk * (1 - risk)),
            sd=Sum(spread),
            var=Sum(spread * spread),
            paid=Sum(dues),
            lost=Sum(dues * risk),
        )
    )
    parts = list(found)
    expected, coin, sd, var = (sum(part[key] for part in parts) for key in ("p", "coin", "sd", "var"))
    half = NORMAL_80 * math.sqrt(coin + SHARED * sd**2 + (1 - SHARED) * var)
    members = sum(part["n"] for part in parts)
    by_score: dict[int, int] = {}
    for part in parts:
        step = min(part["step"], 95)
        by_score[step] = by_score.get(step, 0) + part["n"]
    return Summary(
        members=members,
        expected=expected,
        low=max(0.0, expected - half),
        high=min(float(members), expected + half),
        dues=sum(part["paid"] for part in parts),
        dues_expected=sum(part["lost"] for part in parts),
        by_score=by_score,
    )


def _shown(share: float | None) -> int | None:
    return None if share is None else bands.of_100(share)


def only(filters: Filters, picked: Sequence[str]) -> Filters:
    """The same list, of chosen members only."""
    return replace(filters, picked=tuple(picked))


CSV_HEADER = (
    "imis_id", "name", "tier", "chapter", "band", "risk_30", "low_30", "high_30", "risk_60", "low_60", "high_60",
    "risk_90", "low_90", "high_90", "risk_renewal", "low_renewal", "high_renewal", "lapse_on", "lapse_from",
    "lapse_to", "renews_on", "dues", "value", "reason_1", "reason_2", "reason_3", "not_scored_because", "as_of",
    "model",
)  # fmt: skip


def csv_line(row: Row, run: ScoreRun) -> list[object]:
    """The row as CSV_HEADER names it: chances 0 to 1, reasons with their evidence."""
    stored = row.stored
    reasons = [". ".join(filter(None, (f["sentence"], f.get("evidence")))) for f in row.factors[:3]]
    chances = [
        getattr(stored, f"{part}_{key}")
        for key in ("30", "60", "90", "renewal")
        for part in ("risk", "low", "high")
    ]
    return [
        row.imis_id, row.name, row.tier, row.chapter, bands.NAMES.get(row.band, "").lower(), *chances,
        stored.lapse_on, stored.lapse_from, stored.lapse_to, row.renews_on, row.dues, row.value,
        *reasons, *[""] * (3 - len(reasons)), row.abstained, run.as_of, f"{run.model_name} {run.model_version}",
    ]  # fmt: skip
