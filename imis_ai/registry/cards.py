"""What a domain says of its model: what it is for, how it is read, who it speaks of. The registry asks here.

Each domain registers one `Card` per model from its wiring; everything else about models is common to all.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING, Any, NamedTuple

from imis_ai.accounts.models import User
from imis_ai.registry.calc.reading import Outcomes

if TYPE_CHECKING:
    from imis_ai.registry.models import TrainedModel


class Measure(NamedTuple):
    """One figure of `evaluation`. `shown`: of_100, points, times or number; its range is `<key>_range`."""

    key: str
    label: str
    hint: str
    shown: str = "number"
    is_less_better: bool = False


class Beats(NamedTuple):
    """The model beside what staff could do without one, on the same later decisions: found by each."""

    ours: float
    theirs: float
    sentence: str
    short: str


class Seen(NamedTuple):
    """Features of the members that the model speaks of, on one day: one row each, in the order of `names`."""

    names: Sequence[str]
    values: Any


class Effect(NamedTuple):
    """What changes for members if another version were live: (from band, to band) -> members."""

    as_of: date
    members: int
    moves: dict[tuple[str, str], int]

    @property
    def changed(self) -> int:
        return sum(n for (old, new), n in self.moves.items() if old != new)


class Replayed(NamedTuple):
    """One stored score, computed anew from the inputs kept with it."""

    as_of: date
    version: str
    rows: list[tuple[str, str, str]]  # what, as stored, computed again
    is_same: bool


Group = dict[str, list[str]]


@dataclass(frozen=True)
class Card:
    """A model as its domain describes it.

    `outcomes(version, today)`: stored scores of a version (None: of all) whose outcome is certain.
    `rates(today)`: (month, decided, happened), oldest first. `groups(members, today)`: per kind of group the
    group of each pseudonym. `seen(days, names)`: what the model looks at, by day.
    `effect(model, live, today)`: who would change band. `went_live(model, now)`: what follows in the domain.
    `labels(after, until)`: outcomes that became certain in between. `replay(viewer, model, imis_id)`: None
    where there is no such score.
    """

    name: str
    label: str
    what: str
    not_for: tuple[str, ...]
    limits: tuple[str, ...]
    happened: str  # "lapsed": what the chance is of
    measures: tuple[Measure, ...]
    train: str  # name of its job; takes `started_by`
    line: float
    beats: Callable[["TrainedModel"], Beats | None]
    outcomes: Callable[[str | None, date], Outcomes | None]
    rates: Callable[[date], list[tuple[str, int, int]]]
    groups: Callable[[Sequence[str], date], Group]
    seen: Callable[[Sequence[date], Sequence[str]], dict[date, Seen]]
    effect: Callable[["TrainedModel", "TrainedModel", date], Effect | None]
    went_live: Callable[["TrainedModel", datetime], None]
    labels: Callable[[date, date], int]
    replay: Callable[[User, "TrainedModel", str], Replayed | None]


CARDS: dict[str, Card] = {}


class UnknownModel(Exception):
    """No model of that name is registered."""


def register(card: Card) -> Card:
    CARDS[card.name] = card
    return card


def find(name: str) -> Card:
    """The registered card. Raises UnknownModel."""
    try:
        return CARDS[name]
    except KeyError:
        known = ", ".join(sorted(CARDS)) or "none"
        raise UnknownModel(f"There is no model named {name!r}. Use one of: {known}.") from None
