"""What retention adds to comparisons: members at risk as a group, and lots within its bands."""

from collections.abc import Collection
from datetime import datetime

from django.db.models import Avg, QuerySet

from retention.calc.bands import NAMES
from retention.models import RiskScore
from retention.queries import policy

AT_RISK = "retention.at_risk"


def at_risk(imis_ids: Collection[str], now: datetime) -> set[str]:
    """Those of the members who are at medium or high risk within 90 days."""
    start, _ = policy.current().bands.share_bounds("md")
    found = _scores(imis_ids).filter(risk_90__gte=start)
    return set(found.values_list("member__imis_id", flat=True))


def groups(imis_ids: Collection[str], now: datetime) -> dict[str, str]:
    """Band of each member at the next renewal, as the current run has it."""
    lines = policy.current().bands
    rows = _scores(imis_ids).exclude(risk_renewal=None).values_list("member__imis_id", "risk_renewal")
    return {imis_id: f"{NAMES[lines.band(risk)].lower()} risk" for imis_id, risk in rows}


def chance(imis_ids: Collection[str], now: datetime) -> float | None:
    """To renew, on average over these members, as the model has it; None without scores."""
    found = _scores(imis_ids).aggregate(risk=Avg("risk_renewal"))["risk"]
    return None if found is None else 1 - found


def _scores(imis_ids: Collection[str]) -> QuerySet[RiskScore]:
    return RiskScore.objects.filter(run__is_current=True, member__imis_id__in=imis_ids)
