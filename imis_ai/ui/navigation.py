"""What the frame shows on every page. Apps add to it from their wiring; the frame imports none of them."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from types import MappingProxyType
from typing import NamedTuple, Protocol

from django.core.exceptions import EmptyResultSet
from django.db.models import QuerySet

from imis_ai.accounts.models import User


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
    `waiting`: how many items wait for this person, by the name of the place. `saved`: views of this list, as
    accounts.saved_views reads them.
    """

    label: str
    allows: list[tuple[str, bool]]
    paused_by: str
    news: str
    unread: int = 0
    waiting: Mapping[str, int] = MappingProxyType({})
    saved: Sequence[list] = ()


Waiting = Callable[[User, datetime], QuerySet | None]
PLACES: list[Place] = [Place("Today", "home", "today", "today.read", 10, "", "t", "/")]
_phases: list[Callable[[str, datetime, User], Phase]] = []
_waiting: dict[str, Waiting] = {}
_freshness: list[Callable[[datetime], Freshness]] = []


def add(place: Place) -> None:
    if place not in PLACES:
        PLACES.append(place)
        PLACES.sort(key=lambda known: known.order)


def here(places: list[Place], path: str) -> Place | None:
    """The place that an address belongs to; the first page is only itself."""
    inside = (place for place in reversed(places) if place.prefix and path.startswith(place.prefix))
    return next((place for place in inside if place.prefix != "/" or path == "/"), None)


def waits(url_name: str, source: Waiting) -> None:
    """`source(person, now)` are the rows that wait for this person at the place; None where none ever do."""
    _waiting[url_name] = source


def counted(person: User, now: datetime) -> dict[str, tuple[str, tuple]]:
    """The number that waits at each place as SQL with its parameters, for one query over all of them."""
    found = {}
    for url_name, source in _waiting.items():
        rows = source(person, now)
        if rows is None:
            continue
        with suppress(EmptyResultSet):
            sql, params = rows.order_by().values("pk").query.sql_with_params()
            found[url_name] = f"(SELECT count(*) FROM ({sql}) waiting)", params  # noqa: S608
    return found


def phase_from(source: Callable[[str, datetime, User], Phase]) -> None:
    """`source(path, now, person)` answers for the area of a page and for one person."""
    _phases[:] = [source]


def phase(path: str, now: datetime, person: User) -> Phase | None:
    return _phases[0](path, now, person) if _phases else None


def freshness_from(source: Callable[[datetime], Freshness]) -> None:
    """`source(now)` answers for the whole mirror."""
    _freshness[:] = [source]


def freshness(now: datetime) -> Freshness | None:
    return _freshness[0](now) if _freshness else None
