"""What the frame of every page says about the phase of its area and the stop for everything."""

from datetime import datetime

from imis_ai.governance.rollout.areas import ACTIONS, AREAS, LEVELS, area_of, phase
from imis_ai.governance.rollout.read import news, standstill, steps
from imis_ai.ui.navigation import Phase
from imis_ai.ui.words import plural


def current_phase(path: str, now: datetime) -> Phase | None:
    """Of the area the page belongs to; elsewhere of the only area, or how many there are."""
    if not AREAS:
        return None
    stop = standstill()
    paused_by = str(stop.by) if stop else ""
    area = area_of(path) or (next(iter(AREAS.values())) if len(AREAS) == 1 else None)
    if area is None:
        return Phase(f"Phases of {plural(len(AREAS), 'area')}", [], paused_by, "")
    top = max((step.level for step in steps(area.name)), default=0)
    allows = [(each.says, each.leaves) for each in ACTIONS.values() if each.level <= top]
    return Phase(phase(top), allows, paused_by, _told(area.name, now) if area_of(path) else "")


def _told(area: str, now: datetime) -> str:
    change = news(area, now)
    if change is None:
        return ""
    by = f" by {change.asked_by}" if change.asked_by else ""
    also = f" and {change.decided_by}" if change.decided_by_id not in (None, change.asked_by_id) else ""
    verb = "raised" if change.to_level > change.from_level else "changed"
    verb = "lowered" if change.to_level < change.from_level else verb
    now_in = f"phase {change.to_level + 1}, {LEVELS[change.to_level].lower()}"
    return f"{AREAS[area].label} was {verb} to {now_in}{by}{also}."
