"""How far each area has gone, and for whom: read-only, assisted, automatic; and the stop for all."""

from imis_ai.governance.rollout.actions import set_for_demo
from imis_ai.governance.rollout.areas import (
    ACTIONS,
    AREAS,
    ASSISTED,
    AUTOMATIC,
    Area,
    Blind,
    Judged,
    action_of,
    add_area,
    phase,
)
from imis_ai.governance.rollout.read import allowed, is_paused, level, may, may_proposal, members_in, policy

__all__ = [
    "ACTIONS",
    "AREAS",
    "ASSISTED",
    "AUTOMATIC",
    "Area",
    "Blind",
    "Judged",
    "action_of",
    "add_area",
    "allowed",
    "is_paused",
    "level",
    "may",
    "may_proposal",
    "members_in",
    "phase",
    "policy",
    "set_for_demo",
]
