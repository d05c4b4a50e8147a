"""What stands on a member's page. Each area adds one function from its wiring; the page knows none."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, NamedTuple

from imis_ai.accounts.models import User
from imis_ai.mirror.models import Member
from imis_ai.mirror.timeline import Entry
from imis_ai.ui import words

PER_PAGE = 25


@dataclass(frozen=True)
class Looked:
    """Who looks at whom. `on` is the day as of which, None for today; `until` the moment after which nothing
    is known. `entries` is how many of the newest the timeline shows, of `group` where one is asked for."""

    viewer: User
    member: Member
    now: datetime
    today: date
    on: date | None
    until: datetime
    with_names: bool
    entries: int
    group: str = ""

    @property
    def day(self) -> date:
        return self.on or self.today

    @property
    def is_past(self) -> bool:
        return self.on is not None

    @property
    def is_finance(self) -> bool:
        return self.viewer.role == User.Role.FINANCE

    def wants(self, group: str) -> bool:
        """Whether the timeline shows entries of this group."""
        return self.group in ("", group)


class Card(NamedTuple):
    """One card. Those of the lowest `order` stand first; `dated` says of when it is."""

    order: int
    name: str
    title: str
    dated: str
    template: str
    context: dict[str, Any]
    address: str = ""
    action: str = ""
    marks: tuple["Mark", ...] = ()
    may_correct: bool = False


class Mark(NamedTuple):
    """What staff say against a card; `pk` where this person may take it back."""

    said: str
    by: str
    at: datetime
    until: date | None
    pk: int | None
    quiets: bool = False  # what the card leads to is not suggested meanwhile


class Step(NamedTuple):
    """Something to do next and why; the one of the greatest `weight` is shown."""

    weight: int
    what: str
    why: str
    address: str = ""
    action: str = ""
    is_suggested: bool = False  # by a model
    card: str = ""  # it follows from


def _nobody(card: str) -> bool:
    return False


@dataclass
class Told:
    """What one area says of the member."""

    cards: list[Card] = field(default_factory=list)
    entries: list[Entry] = field(default_factory=list)
    steps: list[Step] = field(default_factory=list)
    groups: dict[str, str] = field(default_factory=dict)  # of entries, beside those of the mirror
    marks: dict[str, list[Mark]] = field(default_factory=dict)  # by name of the card, whosever it is
    may_correct: Callable[[str], bool] = _nobody  # this person, the card of this name


Source = Callable[[Looked], Told]
SOURCES: dict[str, Source] = {}


def add(area: str, source: Source) -> None:
    """Called from the wiring of an area. `source(looked)` answers with what it has for this person."""
    SOURCES[area] = source


@dataclass(frozen=True)
class Page:
    cards: list[Card]
    entries: list[Entry]
    step: Step | None
    groups: dict[str, str]
    has_more: bool


def gather(looked: Looked, start: int) -> Page:
    """All areas together: cards in order, the newest entries from `start` on, the weightiest step."""
    told = [source(looked) for source in SOURCES.values()]
    entries = sorted(
        (entry for each in told for entry in each.entries), key=lambda entry: entry.at, reverse=True
    )
    quiet = {card for each in told for card, marks in each.marks.items() if any(m.quiets for m in marks)}
    steps = [step for each in told for step in each.steps if not step.card or step.card not in quiet]
    steps.sort(key=lambda step: -step.weight)
    groups: dict[str, str] = {}
    for each in told:
        groups |= each.groups
    cards = [_marked(card, told, looked) for each in told for card in each.cards]
    return Page(
        cards=sorted(cards, key=lambda card: card.order),
        entries=entries[start : start + PER_PAGE],
        step=steps[0] if steps and not looked.is_past else None,
        groups=groups,
        has_more=len(entries) > start + PER_PAGE,
    )


def _marked(card: Card, told: list[Told], looked: Looked) -> Card:
    """The card with what staff say against it, whichever area keeps that."""
    return card._replace(
        marks=tuple(mark for each in told for mark in each.marks.get(card.name, ())),
        may_correct=not looked.is_past and any(each.may_correct(card.name) for each in told),
    )


def name_of(looked: Looked) -> str:
    name = str(looked.member)
    return name if looked.with_names else words.masked(name)
