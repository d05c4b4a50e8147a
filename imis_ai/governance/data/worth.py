"""What sources of data are worth to those who use them: a domain registers who tells, pages show it."""

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Line:
    """One source in a sentence. `gain`: in shares of 1, where it was measured."""

    label: str
    sentence: str
    is_held: bool = True
    gain: float | None = None


Teller = Callable[[], list[Line]]
_tellers: dict[str, tuple[Teller, str]] = {}


def register(*, model: str, teller: Teller, page: str) -> None:
    """`teller()` says of each source what it is worth to the model; `page`: name of the address for it."""
    _tellers[model] = teller, page


def lines() -> list[Line]:
    """Of every source for every model."""
    return [line for teller, _ in _tellers.values() for line in teller()]


def page_of(model: str) -> str:
    """Name of the address of the page about one model; empty where there is none."""
    return _tellers[model][1] if model in _tellers else ""
