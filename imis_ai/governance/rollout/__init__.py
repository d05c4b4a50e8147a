"""How far each area has gone: read-only, assisted, automatic within limits; for whom; and the stop for all."""

from imis_ai.governance.rollout.areas import ACTIONS, AREAS, Area, Blind, Judged, add_area, phase
from imis_ai.governance.rollout.read import is_paused, level, may, may_proposal, members_in

__all__ = [
    "ACTIONS",
    "AREAS",
    "Area",
    "Blind",
    "Judged",
    "add_area",
    "is_paused",
    "level",
    "may",
    "may_proposal",
    "members_in",
    "phase",
]
