"""How people judge, as evidence before an area goes on without them."""

from datetime import datetime

from imis_ai.governance.reviewing import quality
from imis_ai.governance.rollout import AUTOMATIC, evidence

NEEDS = (
    f"Of {quality.FEWEST_KNOWN} known cases or more, people are right about {quality.LEAST_RIGHT:.0%}, and "
    "nobody approves without a look"
)


def register() -> None:
    evidence.add(kind=evidence.JUDGEMENT, to_level=AUTOMATIC, needs=NEEDS, measure=judgement)


def judgement(area: str, now: datetime) -> evidence.Measured:
    """Too little to tell stands against nothing: where there is no queue, nothing is known."""
    found = quality.measured(area=area, now=now)
    if found.slips:
        return evidence.Measured(found.slips, is_met=False, n=found.known)
    if found.known < quality.FEWEST_KNOWN:
        said = f"{found.known} known cases judged in 30 days; {quality.FEWEST_KNOWN} are needed to tell."
        return evidence.Measured(said, is_met=True, n=found.known)
    said = f"People were right about {found.right} of {found.known} known cases."
    return evidence.Measured(said, is_met=True, n=found.known)
