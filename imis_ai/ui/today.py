"""What stands on the first page. Each area adds one function from its wiring; the page knows none of them."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any, NamedTuple

from imis_ai.accounts.models import User
from imis_ai.ui import navigation

TODAY, WEEK, LATER = "today", "week", "later"
GROUPS = {TODAY: "Due today", WEEK: "This week", LATER: "Later"}
FIGURES, EVENTS = 4, 7


@dataclass(frozen=True)
class Asked:
    """For whom the page is made.

    `seen` are the members this person may see, None where only totals are shown; `chapters` their codes for
    who has own chapters only; `data` changes with any member's data.
    """

    viewer: User
    now: datetime
    today: date
    since: datetime
    seen: Any
    chapters: tuple[str, ...] | None
    data: str
    freshness: navigation.Freshness | None


class Waits(NamedTuple):
    """One queue in which something waits for this person. `stake`: the money or members in it, in words."""

    count: int
    name: str
    why: str
    address: str
    action: str = "Review"
    stake: str = ""
    oldest: datetime | None = None
    due: str = LATER
    amount: Decimal | float = 0


class Figure(NamedTuple):
    """A number that opens its rows. The four of the lowest `order` are shown.

    `about` says what it is of or its range, `context` the comparison, `tone` good or bad colours that;
    `as_of` is its age in words; `points` are drawn as a line.
    """

    order: int
    label: str
    value: str
    about: str
    context: str = ""
    tone: str = ""
    as_of: str = ""
    address: str = ""
    points: Sequence[float] = ()


class Event(NamedTuple):
    """Something that happened; `what` begins the sentence and is bold."""

    at: datetime
    what: str
    text: str = ""
    address: str = ""


class Leaves(NamedTuple):
    """Something approved that leaves today."""

    at: datetime
    what: str
    address: str


class Yours(NamedTuple):
    """What this person looks after; `count` None where it is not counted."""

    count: int | None
    what: str
    address: str


@dataclass
class Part:
    """What one area says. `chart` is a template with what it draws."""

    waits: list[Waits] = field(default_factory=list)
    figures: list[Figure] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)
    leaves: list[Leaves] = field(default_factory=list)
    yours: list[Yours] = field(default_factory=list)
    chart: tuple[str, dict[str, Any]] | None = None


Source = Callable[[Asked], Part]
SOURCES: dict[str, Source] = {}


def add(area: str, source: Source) -> None:
    """Called from the wiring of an area. `source(asked)` answers with what it has for this person."""
    SOURCES[area] = source


@dataclass(frozen=True)
class Page:
    """All areas together, in the order of the page."""

    groups: list[tuple[str, str, list[Waits]]]
    count: int
    due: int
    figures: list[Figure]
    events: list[Event]
    leaves: list[Leaves]
    yours: list[Yours]
    charts: list[tuple[str, dict[str, Any]]]

    @property
    def first(self) -> Waits | None:
        """The most urgent."""
        return next((waits[0] for _, _, waits in self.groups), None)


def gather(asked: Asked) -> Page:
    """What waits by due, money and age; figures by order; events newest first, only since the last visit."""
    parts = [source(asked) for source in SOURCES.values()]
    waits = sorted((each for part in parts for each in part.waits), key=_urgency)
    events = [each for part in parts for each in part.events if each.at >= asked.since]
    groups = [(key, label, [each for each in waits if each.due == key]) for key, label in GROUPS.items()]
    return Page(
        groups=[group for group in groups if group[2]],
        count=sum(each.count for each in waits),
        due=sum(each.count for each in waits if each.due == TODAY),
        figures=_first(each for part in parts for each in part.figures),
        events=sorted(events, key=lambda each: each.at, reverse=True)[:EVENTS],
        leaves=sorted((each for part in parts for each in part.leaves), key=lambda each: each.at),
        yours=_yours(parts),
        charts=[part.chart for part in parts if part.chart],
    )


def _yours(parts: list[Part]) -> list[Yours]:
    """Nothing for who looks after nobody."""
    found = [each for part in parts for each in part.yours]
    return found if any(each.count for each in found) else []


def due_in(due_at: datetime | None, asked: Asked) -> str:
    """The group of something with this date."""
    if due_at is None:
        return LATER
    days = (due_at.astimezone(asked.now.tzinfo).date() - asked.today).days
    return TODAY if days <= 0 else WEEK if days < 7 else LATER


def _urgency(waits: Waits) -> tuple:
    age = waits.oldest.timestamp() if waits.oldest else 0.0
    return list(GROUPS).index(waits.due), -float(waits.amount), age or float("inf"), waits.name


def _first(figures: Iterable[Figure]) -> list[Figure]:
    return sorted(figures, key=lambda each: (each.order, each.label))[:FIGURES]
