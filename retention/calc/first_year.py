"""The plan of a member's first year: what should have happened by when, and how each step stands. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

DAYS = (30, 60, 90)
LATE = 60  # so many days after its day a step that did not happen is not asked for any more
YEAR = 365
DONE, PLANNED, MISSED, EXPIRED, ASKED, SKIPPED = "done", "planned", "missed", "expired", "asked", "skipped"
STATES = {
    DONE: "Done",
    PLANNED: "Planned",
    MISSED: "Missed",
    EXPIRED: "Expired",
    ASKED: "Draft made",
    SKIPPED: "Skipped",
}
TITLES = {30: "Signed in to the portal", 60: "Came to an event or began a course", 90: "Met other members"}
NOT_YET = {
    30: "No sign-in and no change of the profile since joining.",
    60: "Came to no event and began no course since joining.",
    90: "No post, no committee and no shift as a volunteer since joining.",
}
NUDGES = {30: "first-year-30", 60: "first-year-60", 90: "first-year-90"}  # uses of the texts
INTRODUCE = "first-year-peer"
SKIP_REASONS = {
    "knows": "Knows us already",
    "asked": "Asked not to be written to",
    "call": "Somebody calls instead",
    "wrong": "The data is wrong",
    "other": "Another reason",
}


@dataclass(frozen=True)
class Did:
    """The first time that a step happened, and in words what it was."""

    on: date
    what: str


@dataclass(frozen=True)
class Decided:
    """What staff did about a step: a draft was made, or it was skipped, and why."""

    what: str
    on: date
    why: str = ""


@dataclass(frozen=True)
class Step:
    """One step of one member. `why` is a sentence that names the facts."""

    day: int
    due_on: date
    state: str
    why: str

    @property
    def is_open(self) -> bool:
        """Whether staff can do something about it now."""
        return self.state == MISSED


def month(joined_on: date, today: date) -> int:
    """1 to 12: the month of membership that runs today."""
    whole = (today.year - joined_on.year) * 12 + today.month - joined_on.month
    return min(12, whole + (today.day >= joined_on.day) or 1)


def plan(
    *, joined_on: date, did: Mapping[int, Did], decided: Mapping[int, Decided], today: date
) -> list[Step]:
    """The three steps in their order."""
    return [_step(day, joined_on, did.get(day), decided.get(day), today) for day in DAYS]


def _step(day: int, joined_on: date, did: Did | None, decided: Decided | None, today: date) -> Step:
    due_on = joined_on + timedelta(days=day)
    if did is not None:
        after = (did.on - joined_on).days
        return Step(day, due_on, DONE, f"{did.what}, on day {max(after, 0)} of the membership.")
    if decided is not None:
        return Step(day, due_on, decided.what, decided.why)
    if today <= due_on:
        return Step(day, due_on, PLANNED, NOT_YET[day])
    state = MISSED if (today - due_on).days <= LATE else EXPIRED
    return Step(day, due_on, state, NOT_YET[day])


def first_open(steps: list[Step]) -> Step | None:
    """The step that staff would do something about now: the earliest that was missed."""
    return next((step for step in steps if step.is_open), None)


def missed_between(day: int, today: date) -> tuple[date, date]:
    """First and last day of joining for which this step, if it did not happen, counts as missed today."""
    return today - timedelta(days=day + LATE), today - timedelta(days=day + 1)
