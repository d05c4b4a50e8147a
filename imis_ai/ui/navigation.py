"""What the frame shows on every page. Apps add to it from their wiring; the frame imports none of them."""

from collections.abc import Callable
from datetime import datetime
from typing import NamedTuple, Protocol


class Place(NamedTuple):
    """One page in the left navigation; `group` "" stands on top, without a heading."""

    label: str
    url_name: str
    icon: str
    right: str
    order: int
    group: str = "Work"
    key: str = ""  # second key after g
    prefix: str | tuple[str, ...] = ""  # addresses under it count as this place


class Freshness(Protocol):
    """How old the data is. `level`: fresh, late, failed or never; `data` is its version, if any."""

    level: str
    as_of: datetime | None
    sentence: str
    data: str


class Phase(NamedTuple):
    """What the foot of the frame says of the current area. `paused_by` "" while things may leave.

    `allows`: each action of the phase in words, and whether it makes something leave. `news`: a sentence for
    the pages of an area whose phase changed lately. `unread`: what this person was told and has not read.
    """

    label: str
    allows: list[tuple[str, bool]]
    paused_by: str
    news: str
    unread: int = 0


PLACES: list[Place] = [Place("Today", "home", "today", "today.read", 10, "", "t", "/")]
_phases: list[Callable[[str, datetime, int], Phase]] = []
_freshness: list[Callable[[datetime], Freshness]] = []


def add(place: Place) -> None:
    if place not in PLACES:
        PLACES.append(place)
        PLACES.sort(key=lambda known: known.order)


def here(places: list[Place], path: str) -> Place | None:
    """The place that an address belongs to; the first page is only itself."""
    inside = (place for place in reversed(places) if place.prefix and path.startswith(place.prefix))
    return next((place for place in inside if place.prefix != "/" or path == "/"), None)


def phase_from(source: Callable[[str, datetime, int], Phase]) -> None:
    """`source(path, now, person)` answers for the area of a page and for one person, by number."""
    _phases[:] = [source]


def phase(path: str, now: datetime, person: int) -> Phase | None:
    return _phases[0](path, now, person) if _phases else None


def freshness_from(source: Callable[[datetime], Freshness]) -> None:
    """`source(now)` answers for the whole mirror."""
    _freshness[:] = [source]


def freshness(now: datetime) -> Freshness | None:
    return _freshness[0](now) if _freshness else None
