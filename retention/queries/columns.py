"""What retention adds to the list of members: risk and value, from the run that pages show."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db.models import F, FilteredRelation, Q, QuerySet, Subquery

from imis_ai.accounts.models import User
from retention.calc import bands
from retention.models import RiskScore, ScoreRun


@dataclass(frozen=True)
class Cell:
    """Of 100 within 90 days; None without a score."""

    score: int | None
    low: int | None
    high: int | None
    band: str
    value: Decimal | None


def cells(viewer: User, members: Sequence[Any]) -> dict[int, Cell]:
    """By the member's key. One query."""
    rows = RiskScore.objects.filter(run__is_current=True, member__in=[member.pk for member in members])
    return {
        member: Cell(
            *(None if share is None else bands.of_100(share) for share in (risk, low, high)),
            band="" if risk is None else bands.Bands.of(medium, high_from).band(risk),
            value=value,
        )
        for member, risk, low, high, value, medium, high_from in rows.values_list(
            "member_id", "risk_90", "low_90", "high_90", "value", "run__medium_from", "run__high_from"
        )
    }


def by(name: str) -> Callable[[QuerySet], QuerySet]:
    """Annotates `order` with this field of the current score; members without one come last."""

    def ordered(members: QuerySet) -> QuerySet:
        run = ScoreRun.objects.filter(is_current=True).values("pk")[:1]
        own = FilteredRelation("riskscore", condition=Q(riskscore__run=Subquery(run)))
        return members.annotate(current_score=own).annotate(order=F(f"current_score__{name}"))

    return ordered


def line(cell: Cell | None) -> list[object]:
    """As an export has it."""
    return [cell.score, cell.low, cell.high, cell.value] if cell else [None] * 4
