"""What retention knows of a member when a guardrail asks. Reads only."""

from datetime import datetime
from typing import Any

from retention.models import RiskScore

WORDS = frozenset({"risk_band"})
BANDS = {"hi": "high", "md": "medium", "lo": "low"}


def facts(proposal: Any, now: datetime) -> dict[str, Any]:
    """The band of the member in the scores on show; nothing for a member without a score. One query."""
    rows = RiskScore.objects.filter(run__is_current=True, member__imis_id=proposal.imis_id)
    score = rows.exclude(risk_90=None).select_related("run").first() if proposal.imis_id else None
    return {"risk_band": BANDS[score.run.bands.band(score.risk_90)]} if score else {}
