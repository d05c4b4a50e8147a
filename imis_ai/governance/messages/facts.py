"""Which facts a message may state. Each names its source; what cannot be read is missing, never guessed."""

import re
from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from django.utils import timezone

from imis_ai.governance.messages.compose import Fact
from imis_ai.imis.text import clean_line

LONGEST = 120
_LINKISH = re.compile(r"://|www\.|@|[<>{}\[\]]")


class Known(Protocol):
    """A value as it was read, and when."""

    value: str | int
    at: datetime


Read = Callable[[Collection[str], datetime], dict[str, Known]]


@dataclass(frozen=True)
class Source:
    """`say(value, now)` is what the member reads; counts name what they count, so that no bare number stands.

    A `is_name` fact holds no digits. A `is_gift` fact is there only where something was promised.
    """

    name: str
    words: str
    source: str
    read: Read
    say: Callable[[str | int, datetime], str]
    is_name: bool = False
    is_gift: bool = False


SOURCES: dict[str, Source] = {}


class UnknownFact(Exception):
    """No fact of that name is registered."""


def register(
    name: str,
    words: str,
    source: str,
    read: Read,
    *,
    say: Callable[[str | int, datetime], str] = lambda value, now: str(value),
    is_name: bool = False,
    is_gift: bool = False,
) -> None:
    """`words` is the fact's name for staff, `source` says where it comes from."""
    SOURCES[name] = Source(name, words, source, read, say, is_name, is_gift)


def known_names() -> dict[str, str]:
    """Fields that a template may use, with what they are."""
    return {source.name: source.words for source in SOURCES.values()}


def read(*, imis_ids: Collection[str], names: Collection[str], now: datetime) -> dict[str, dict[str, Fact]]:
    """Facts per member. Raises UnknownFact."""
    found: dict[str, dict[str, Fact]] = {imis_id: {} for imis_id in imis_ids}
    for name in sorted(set(names)):
        if name not in SOURCES:
            known = ", ".join(sorted(SOURCES)) or "none"
            raise UnknownFact(f"There is no fact named {name!r}. Use one of: {known}.")
        source = SOURCES[name]
        for imis_id, value in source.read(imis_ids, now).items():
            fact = _fact(source, value, now)
            if fact is not None:
                found[imis_id][name] = fact
    return found


def _fact(source: Source, known: Known, now: datetime) -> Fact | None:
    """None where the value could say more than it should: a name with a link or a number in it."""
    text = clean_line(source.say(known.value, now), limit=LONGEST)
    if not text or _LINKISH.search(text) or (source.is_name and any(letter.isnumeric() for letter in text)):
        return None
    day = timezone.localtime(known.at)
    return Fact(
        source.name, source.words, known.value, text, source.source, day.isoformat(timespec="seconds")
    )
