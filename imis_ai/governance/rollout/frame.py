"""What the frame of every page says about the phase of its area and the stop for everything."""

from datetime import datetime

from django.db import connection

from imis_ai.governance.rollout.areas import ACTIONS, AREAS, LEVELS, area_of, phase
from imis_ai.governance.rollout.read import TOLD_FOR, news, standstill
from imis_ai.ui.navigation import Phase
from imis_ai.ui.words import plural


def current_phase(path: str, now: datetime, person: int = 0) -> Phase:
    """Of the area the page belongs to; elsewhere of the only area, or how many there are.

    With how much this person was told and has not read, since every page asks for both.
    """
    area = area_of(path) or (next(iter(AREAS.values())) if len(AREAS) == 1 else None)
    top, is_paused, has_news, unread = _at_a_glance(area.name if area else "", now, person)
    paused_by = str(standstill().by) if is_paused else ""
    if area is None:
        return Phase(f"Phases of {plural(len(AREAS), 'area')}", [], paused_by, "", unread)
    allows = [(each.says, each.leaves) for each in ACTIONS.values() if each.level <= top]
    told = _told(area.name, now) if has_news and area_of(path) else ""
    return Phase(phase(top), allows, paused_by, told, unread)


def _at_a_glance(area: str, now: datetime, person: int) -> tuple[int, bool, bool, int]:
    """(highest level of the area, is everything stopped, did its phase change of late, what this person has
    not read), in one query.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT (SELECT coalesce(max(level), 0) FROM governance_rolloutstep WHERE area = %s),"
            " EXISTS (SELECT FROM governance_standstill WHERE is_on),"
            " EXISTS (SELECT FROM governance_rolloutchange WHERE area = %s AND decided_at > %s),"
            " (SELECT count(*) FROM governance_notification WHERE person_id = %s AND read_at IS NULL)",
            [area, area, now - TOLD_FOR, person],
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
