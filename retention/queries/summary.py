"""What the members at risk add up to: expected lapses with their range, dues, groups without names."""

import math
from dataclasses import dataclass

from django.db.models import Count, F, FloatField, IntegerField, QuerySet, Sum, Value
from django.db.models.functions import Cast, Coalesce, Floor

from retention.models import RiskScore, ScoreRun
from retention.queries import list as risk

NORMAL_80 = 1.2816  # half an 80 % range in standard deviations
SHARED = 0.25  # part of the model's error that all members share: a whole cohort misses to the same side
SMALLEST_GROUP = 10  # smaller groups are not shown to people who see totals only


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


def summary(*, seen: QuerySet, run: ScoreRun, filters: risk.Filters) -> Summary:
    """Over the filtered members that have a score. One query."""
    return _summed(risk.visible(seen=seen, run=run).filter(risk.wanted(filters, run)), filters.horizon)


def totals(*, run: ScoreRun, horizon: int) -> Summary:
    """Over all members at risk, for people who see totals and no names."""
    return _summed(_everybody(run).filter(risk.wanted(risk.Filters(horizon=horizon), run)), horizon)


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


def _everybody(run: ScoreRun) -> QuerySet[RiskScore]:
    return RiskScore.objects.filter(run=run, member__gone_at__isnull=True)


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
