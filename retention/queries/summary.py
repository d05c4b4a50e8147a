"""What the members at risk add up to: expected lapses with their range, dues, groups without names."""

import math
from dataclasses import dataclass

from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import Count, F, FloatField, QuerySet, Sum
from django.db.models.functions import Cast

from retention.models import RiskScore, ScoreRun
from retention.queries import list as risk

NORMAL_80 = 1.2816  # half an 80 % range in standard deviations
SHARED = 0.25  # part of the model's error that all members share: a whole cohort misses to the same side
SMALLEST_GROUP = 10  # smaller groups are not shown to people who see totals only
SUMS = ("step", "n", "p", "coin", "sd", "var", "paid", "lost")
# OFFSET 0 keeps the inner query from being written out again in every sum
BY_STEP = """
SELECT floor(risk * 100 + 0.5)::int / 5 * 5, count(*), sum(risk), sum(risk * (1 - risk)), sum(spread),
    sum(spread * spread), sum(dues), sum(dues * risk)
FROM (
    SELECT coalesce(dues::float8, 0) AS dues, risk, coalesce((high - low) / %s, 0) AS spread
    FROM ({shares}) shares (dues, risk, low, high) OFFSET 0
) plain GROUP BY 1
"""


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


def groups(*, run: ScoreRun, horizon: int) -> dict[str, list[dict]]:
    """Members, expected lapses and dues per tier and per chapter, without names; small groups are left out.

    When one group alone is too small, the next smallest is left out with it, so that it cannot be had by
    subtraction from the total. One query.
    """
    risk, names = f"risk_{horizon}", ("member__tier__name", "member__chapter__name")
    cells = list(
        _everybody(run)
        .filter(**{f"{risk}__isnull": False})
        .order_by()
        .values_list(*names)
        .annotate(n=Count("member"), sum=Sum(risk), lost=Sum(F(risk) * Cast("dues", FloatField())))
    )
    return {
        label: _shown([(cell[place], *cell[2:]) for cell in cells])
        for place, label in enumerate(("Tier", "Chapter"))
    }


def _shown(cells: list[tuple]) -> list[dict]:
    """Cells of the same label added up, the largest first, as far as the group is large enough."""
    added: dict[str, dict] = {}
    for label, members, expected, dues in cells:
        group = added.setdefault(label, {"label": label, "members": 0, "expected": 0.0, "dues": 0.0})
        group["members"] += members
        group["expected"] += expected
        group["dues"] += dues or 0.0
    found = sorted(added.values(), key=lambda group: group["members"])
    small = [group for group in found if group["members"] < SMALLEST_GROUP]
    hidden = len(small) if len(small) != 1 else min(2, len(found))
    return sorted(found[hidden:], key=lambda group: -group["expected"])


def _everybody(run: ScoreRun) -> QuerySet[RiskScore]:
    return RiskScore.objects.filter(run=run, member__gone_at__isnull=True)


def _summed(scores: QuerySet[RiskScore], horizon: int) -> Summary:
    parts = _by_step(scores.order_by(), horizon)
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


def _by_step(scores: QuerySet[RiskScore], horizon: int) -> list[dict]:
    """Sums by score in steps of 5. What is added up is read as plain numbers once per row."""
    columns = [f"{part}_{horizon}" for part in ("risk", "low", "high")]
    rows = scores.filter(**{f"{columns[0]}__isnull": False}).values_list("dues", *columns)
    try:
        shares, params = rows.query.sql_with_params()
    except EmptyResultSet:  # a chapter manager without a chapter
        return []
    with connection.cursor() as cursor:
        cursor.execute(BY_STEP.format(shares=shares), [2 * NORMAL_80, *params])
        return [dict(zip(SUMS, row, strict=True)) for row in cursor.fetchall()]
