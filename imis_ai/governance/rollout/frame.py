"""What the frame of every page says about the phase of its area and the stop for everything."""

from datetime import datetime
from itertools import chain
from typing import NamedTuple

from django.db import connection

from imis_ai.accounts import saved_views
from imis_ai.accounts.models import User
from imis_ai.governance.rollout.areas import ACTIONS, AREAS, LEVELS, area_of, phase
from imis_ai.governance.rollout.read import TOLD_FOR, news, standstill
from imis_ai.ui import navigation
from imis_ai.ui.navigation import Phase
from imis_ai.ui.words import plural


class Glance(NamedTuple):
    """`top`: the highest level of the area. `has_news`: its phase changed of late."""

    top: int
    is_paused: bool
    has_news: bool
    unread: int
    saved: list[list]
    waiting: dict[str, int]


def current_phase(path: str, now: datetime, person: User | None = None) -> Phase:
    """Of the area the page belongs to; elsewhere of the only area, or how many there are.

    With what this person was told and has not read and what waits at each place, since every page asks.
    """
    area = area_of(path) or (next(iter(AREAS.values())) if len(AREAS) == 1 else None)
    seen = _at_a_glance(area.name if area else "", path, now, person)
    paused_by = str(standstill().by) if seen.is_paused else ""
    if area is None:
        return Phase(
            f"Phases of {plural(len(AREAS), 'area')}",
            [],
            paused_by,
            "",
            seen.unread,
            seen.waiting,
            seen.saved,
        )
    allows = [(each.says, each.leaves) for each in ACTIONS.values() if each.level <= seen.top]
    told = _told(area.name, now) if seen.has_news and area_of(path) else ""
    return Phase(phase(seen.top), allows, paused_by, told, seen.unread, seen.waiting, seen.saved)


def _at_a_glance(area: str, path: str, now: datetime, person: User | None) -> Glance:
    """One query, whatever the number of places."""
    counted = navigation.counted(person, now) if person else {}
    numbers = "".join(f", {sql}" for sql, _ in counted.values())
    saved, place = saved_views.asked(person=person, place=path) if person else ("'[]'::json", [])
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT (SELECT coalesce(max(level), 0) FROM governance_rolloutstep WHERE area = %s),"  # noqa: S608
            " EXISTS (SELECT FROM governance_standstill WHERE is_on),"
            " EXISTS (SELECT FROM governance_rolloutchange WHERE area = %s AND decided_at > %s),"
            " (SELECT count(*) FROM governance_notification WHERE person_id = %s AND read_at IS NULL)"
            f", {saved}{numbers}",
            [
                area,
                area,
                now - TOLD_FOR,
                person.pk if person else None,
                *place,
                *chain.from_iterable(params for _, params in counted.values()),
            ],
        )
        top, is_paused, has_news, unread, views, *waiting = cursor.fetchone()
    return Glance(top, is_paused, has_news, unread, views, dict(zip(counted, waiting, strict=True)))


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
