"""What a run of scores adds up to in each chapter, stored with the run: a line over weeks needs no scores."""

from datetime import timedelta

from django.db.models import Count, F, FloatField, Q, Sum, Value
from django.db.models.functions import Cast, Coalesce

from retention.models import ScoreRun

AHEAD = timedelta(days=90)


def by_chapter(*, run: ScoreRun) -> tuple[dict[str, dict[str, float]], int]:
    """Sums by code of the chapter, "" without one; and how many members have no score. One query."""
    ending = Q(renews_on__gte=run.as_of, renews_on__lte=run.as_of + AHEAD, risk_renewal__isnull=False)
    start, _ = run.bands.share_bounds("md")
    dues = Coalesce(Cast("dues", FloatField()), Value(0.0))
    found = (
        run.riskscore_set.order_by()
        .values("member__chapter")
        .annotate(
            scored=Count("pk", filter=Q(abstained="")),
            abstained=Count("pk", filter=~Q(abstained="")),
            at_risk=Count("pk", filter=Q(risk_90__gte=start)),
            lost=Coalesce(Sum(dues * F("risk_90")), Value(0.0)),
            ending=Count("pk", filter=ending),
            renewing=Coalesce(Sum(1 - F("risk_renewal"), filter=ending), Value(0.0)),
        )
    )
    rows = list(found)
    names = ("scored", "at_risk", "lost", "ending", "renewing")
    sums = {row["member__chapter"] or "": {name: round(row[name], 2) for name in names} for row in rows}
    return sums, sum(row["abstained"] for row in rows)
