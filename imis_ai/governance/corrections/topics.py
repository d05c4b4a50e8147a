"""What may be said against a card. Domains register theirs; other cards have what holds for data of iMIS."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from imis_ai.accounts.models import User


@dataclass(frozen=True)
class Choice:
    """One thing to say instead. `lasts`: it ends by itself so long after, at most; None: until withdrawn.

    `means` is what the next model takes it for; empty where it teaches nothing. `quiets`: what the card
    leads to is not suggested while this stands.
    """

    key: str
    label: str
    lasts: timedelta | None = None
    means: str = ""
    quiets: bool = False


@dataclass(frozen=True)
class Shown:
    """What stands on the card now: in words, as figures, and by which model."""

    words: str
    value: dict[str, Any] = field(default_factory=dict)
    model: str = ""
    version: str = ""
    on: date | None = None  # the day it speaks of


def _nothing(viewer: User, imis_ids: list[str]) -> dict[str, Shown]:
    return {}


@dataclass(frozen=True)
class Topic:
    """`card` is the card's name on the member's page. `shown(viewer, imis_ids)`: what stands there now.

    `then` says what follows, in a sentence for the form.
    """

    card: str
    area: str
    label: str
    right: str
    choices: tuple[Choice, ...]
    reasons: tuple[tuple[str, str], ...]
    then: str
    shown: Callable[[User, list[str]], dict[str, Shown]] = _nothing

    def choice(self, key: str) -> Choice | None:
        return next((choice for choice in self.choices if choice.key == key), None)

    def means(self, meaning: str) -> list[str]:
        """Keys of the choices that a model takes for this."""
        return [choice.key for choice in self.choices if choice.means == meaning]

    def words(self, key: str) -> str:
        choice = self.choice(key)
        return choice.label if choice else key

    def reason(self, key: str) -> str:
        return dict(self.reasons).get(key, key)


FACTS = (
    Choice("wrong", "It is wrong in iMIS"),
    Choice("old", "It is not true any more"),
    Choice("other", "It belongs to somebody else"),
    Choice("missing", "Something is missing"),
)
FACT_REASONS = (
    ("told", "The member told us"),
    ("seen", "A colleague knows it"),
    ("paper", "It stands in a letter or a form"),
    ("noticed", "I noticed it here"),
    ("another", "Another reason"),
)
IN_IMIS = (
    "It is shown on the card and in the list of corrections until somebody has put it right in iMIS. "
    "Nothing is written there by itself."
)
TOPICS: dict[str, Topic] = {}


def register(topic: Topic) -> Topic:
    TOPICS[topic.card] = topic
    return topic


def find(card: str) -> Topic | None:
    return TOPICS.get(card)


def topic_for(*, card: str, label: str = "") -> Topic:
    """That of the domain, or what may be said of any card that repeats iMIS."""
    label = label or CARDS.get(card, card.capitalize())
    return TOPICS.get(card) or Topic(card, "members", label, "members.correct", FACTS, FACT_REASONS, IN_IMIS)


CARDS = {
    "tier": "Tier",
    "money": "Money",
    "reach": "How to reach them",
    "contact": "Contact",
    "held": "What we hold",
}


def is_card(card: str) -> bool:
    return card in TOPICS or card in CARDS
