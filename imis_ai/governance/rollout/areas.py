"""Which areas there are, the three levels, and the one table of what each level allows."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

READ_ONLY, ASSISTED, AUTOMATIC = 0, 1, 2
LEVELS = {READ_ONLY: "Read-only", ASSISTED: "Assisted", AUTOMATIC: "Automatic within limits"}


class Action(NamedTuple):
    """Something a level allows. `leaves`: it reaches iMIS or a member, so a pause stops it."""

    level: int
    says: str
    leaves: bool = False


ACTIONS = {
    "look": Action(READ_ONLY, "Scores, groups and charts are computed and shown"),
    "suggest": Action(READ_ONLY, "Suggestions are shown, and staff say whether they are right"),
    "draft": Action(ASSISTED, "Messages are drafted for members in scope"),
    "write": Action(ASSISTED, "Labels, tags and tasks go to iMIS after a person approved them", leaves=True),
    "message": Action(ASSISTED, "Messages leave after a person approved each", leaves=True),
    "money": Action(ASSISTED, "Credit memos and plans go out after approval, within limits", leaves=True),
    "automatic": Action(
        AUTOMATIC,
        "Approved templates to members of low risk leave without a person, never to the most valuable",
        leaves=True,
    ),
}


@dataclass(frozen=True)
class Judged:
    """One member of a blind test and what the model says, in a word and as it is shown at the end."""

    imis_id: str
    model_says: str
    shown: str


@dataclass(frozen=True)
class Blind:
    """`sample(viewer, number)` draws members; `facts(viewer, imis_id)` are lines of label and value."""

    question: str
    choices: tuple[tuple[str, str], ...]
    sample: Callable[[Any, int, datetime], list[Judged]]
    facts: Callable[[Any, str], list[tuple[str, str]]]


@dataclass(frozen=True)
class Area:
    """`owners` are the roles that agree to a step up; `prefix` is where its pages begin."""

    name: str
    label: str
    owners: tuple[str, ...]
    prefix: str
    blind: Blind | None = None


AREAS: dict[str, Area] = {}


def add_area(area: Area) -> None:
    AREAS[area.name] = area


def action_of(*, ways: Iterable[str], amount: Any) -> str:
    """Which action something is that leaves by these ways."""
    if {"email", "sms"} & set(ways):
        return "message"
    return "write" if amount is None else "money"


def phase(level: int) -> str:
    """The words of the interface: "Phase 2: assisted"."""
    name = LEVELS[level]
    return f"Phase {level + 1}: {name[0].lower()}{name[1:]}"


def area_of(path: str) -> Area | None:
    """The area whose page this is."""
    return next((area for area in AREAS.values() if path.startswith(area.prefix)), None)
