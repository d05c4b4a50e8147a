"""What the frame of every page says about the phase of its area and the stop for everything."""

from datetime import datetime

from django.db import connection

from imis_ai.governance.rollout.areas import ACTIONS, AREAS, LEVELS, area_of, phase
from imis_ai.governance.rollout.read import TOLD_FOR, news, standstill
from imis_ai.ui.navigation import Phase
from imis_ai.ui.words import plural


def current_phase(path: str, now: datetime) -> Phase | None:
    """Of the area the page belongs to; elsewhere of the only area, or how many there are."""
    if not AREAS:
        return None
    area = area_of(path) or (next(iter(AREAS.values())) if len(AREAS) == 1 else None)
    top, is_paused, has_news = _at_a_glance(area.name if area else "", now)
    paused_by = str(standstill().by) if is_paused else ""
    if area is None:
        return Phase(f"Phases of {plural(len(AREAS), 'area')}", [], paused_by, "")
    allows = [(each.says, each.leaves) for each in ACTIONS.values() if each.level <= top]
    return Phase(phase(top), allows, paused_by, _told(area.name, now) if has_news and area_of(path) else "")


def _at_a_glance(area: str, now: datetime) -> tuple[int, bool, bool]:
    """(highest level of the area, is everything stopped, did its phase change of late), in one query."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT (SELECT coalesce(max(level), 0) FROM governance_rolloutstep WHERE area = %s),"
            " EXISTS (SELECT FROM governance_standstill WHERE is_on),"
            " EXISTS (SELECT FROM governance_rolloutchange WHERE area = %s AND decided_at > %s)",
            [area, area, now - TOLD_FOR],
        )
        return cursor.fetchone()


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
