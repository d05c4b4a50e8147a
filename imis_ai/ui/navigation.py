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
    """How old the data is. `level`: fresh, late, failed or never."""

    level: str
    as_of: datetime | None
    sentence: str


PLACES: list[Place] = []
_freshness: list[Callable[[datetime], Freshness]] = []


def add(place: Place) -> None:
    if place not in PLACES:
        PLACES.append(place)
        PLACES.sort(key=lambda known: known.order)


def freshness_from(source: Callable[[datetime], Freshness]) -> None:
    """`source(now)` answers for the whole mirror."""
    _freshness[:] = [source]


def freshness(now: datetime) -> Freshness | None:
    return _freshness[0](now) if _freshness else None
