"""The guard over how people judge: where that slips, nothing goes on without a person."""

from datetime import datetime

from imis_ai.governance.reviewing import quality
from imis_ai.governance.rollout import AREAS, AUTOMATIC, actions, read


def look(*, area: str, now: datetime) -> str:
    """Take the area out of its third phase where people judge badly; returns why, empty otherwise."""
    if area not in AREAS or not any(step.level == AUTOMATIC for step in read.steps(area)):
        return ""
    said = quality.measured(area=area, now=now).slips
    if said:
        actions.lower_by_itself(area=area, reason=said, now=now)
    return said


def look_at_all(*, now: datetime) -> int:
    """Part of the night; returns how many areas were lowered."""
    return sum(bool(look(area=area, now=now)) for area in list(AREAS))
