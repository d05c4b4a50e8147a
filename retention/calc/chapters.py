"""How a member takes part in the chapter, 0 to 100 by parts, and when a liaison should call. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
SILENT_DAYS = 120  # a role without anything done for so long
LEFT_DAYS = 180  # a role that ended within these days
FELL = 20.0  # points of the score in half a year


@dataclass(frozen=True)
class Part:
    """`full`: the number that earns all of the weight."""

    feature: str
    label: str
    weight: float
    full: float


PARTS = (
    Part("events.chapter_attended_365", "Chapter meetings", 50.0, 3.0),
    Part("committee.roles_now", "Committee roles", 30.0, 1.0),
    Part("committee.shifts_365", "Volunteer shifts", 20.0, 2.0),
)
DONE = (  # days since the member last did anything, wherever
    "portal.days_since_login",
    "events.days_since_attended",
    "community.days_since_post",
    "committee.days_since_shift",
)
LEFT, LEADER_LEFT, SINCE_LEFT = (
    "committee.left_within_180",
    "committee.leader_left_within_365",
    "committee.days_since_left",
)
ROLES = "committee.roles_now"
NAMES = tuple(dict.fromkeys([*(part.feature for part in PARTS), *DONE, LEFT, LEADER_LEFT, SINCE_LEFT]))
LED, SERVED, SILENT, FADED = "led", "served", "silent", "faded"
WORDS = {
    LED: "Left a leading role",
    SERVED: "Left a committee",
    SILENT: "Holds a role and does nothing",
    FADED: "Takes part much less than half a year ago",
}


def score(values: Mapping[str, Floats]) -> tuple[Floats, Floats]:
    """(score, points of each part) per member; what iMIS does not hold is left out and the rest scaled."""
    points = np.stack([_points(part, values[part.feature]) for part in PARTS], axis=1)
    weights = np.array([part.weight for part in PARTS])
    held = ~np.isnan(points)
    total = (held * weights).sum(axis=1)
    scale = np.where(total > 0, weights.sum() / np.maximum(total, 1e-9), np.nan)
    scaled = np.where(held, np.nan_to_num(points), 0.0) * scale[:, None]
    return scaled.sum(axis=1), np.where(held, scaled, np.nan)


def comparable(before: Floats, now_parts: Floats, then_parts: Floats) -> Floats:
    """The earlier score, where it was made of the same parts: a source that began since is no fall."""
    same = (np.isnan(now_parts) == np.isnan(then_parts)).all(axis=1)
    return np.where(same, before, np.nan)


def reasons(values: Mapping[str, Floats], now: Floats, before: Floats) -> list[list[str]]:
    """Why a liaison should call each of them, most telling first; empty for those who take part as before."""
    recent = np.nan_to_num(values[SINCE_LEFT], nan=1e9) <= LEFT_DAYS
    led = recent & (np.nan_to_num(values[LEADER_LEFT]) > 0)
    served = (np.nan_to_num(values[LEFT]) > 0) & ~led
    silent = is_silent(values)
    faded = np.nan_to_num(before - now) >= FELL
    flags = ((LED, led), (SERVED, served), (SILENT, silent), (FADED, faded))
    return [[name for name, on in flags if on[i]] for i in range(len(now))]


def is_silent(values: Mapping[str, Floats]) -> npt.NDArray[np.bool_]:
    """A role held now, and nothing done anywhere for long."""
    quiet = np.min([np.nan_to_num(values[name], nan=1e9) for name in DONE], axis=0) > SILENT_DAYS
    return np.asarray((np.nan_to_num(values[ROLES]) > 0) & quiet)


def _points(part: Part, value: Floats) -> Floats:
    return np.asarray(part.weight * np.minimum(value / part.full, 1.0))
