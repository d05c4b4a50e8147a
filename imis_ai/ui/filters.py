"""Filters above a list: chips with their choices, and the addresses with and without them. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from django import forms
from django.http import QueryDict


class Several(forms.MultipleChoiceField):
    """Any number of values; without `choices` any text, which then simply matches or does not."""

    def __init__(self, *, choices=(), **kwargs) -> None:
        super().__init__(choices=choices, required=False, **kwargs)
        self.is_open = not choices

    def valid_value(self, value: str) -> bool:
        return self.is_open or super().valid_value(value)


@dataclass(frozen=True)
class Option:
    value: str
    label: str
    is_on: bool
    number: int | None = None


@dataclass(frozen=True)
class Chip:
    """One filter above the list: its words when set, its choices in the popover, the address without it."""

    name: str
    label: str
    question: str
    options: list[Option]
    is_on: bool
    words: str
    without: str
    input: str = "checkbox"
    names_itself: bool = False


def address(query: QueryDict, **changes: object) -> str:
    """The query string with some keys set (lists too) or, with None, dropped; page and panel start afresh."""
    copy = query.copy()
    for name, value in {"page": None, "panel": None, **changes}.items():
        if value is None:
            copy.pop(name, None)
        elif isinstance(value, list | tuple):
            copy.setlist(name, list(value))
        else:
            copy[name] = value
    return f"?{copy.urlencode()}"


def chip(
    name: str,
    label: str,
    question: str,
    choices: Sequence[tuple[str, str]],
    chosen: Sequence[str],
    query: QueryDict,
    *,
    names_itself: bool = False,
    one: bool = False,
) -> Chip:
    """`one`: a single choice at a time."""
    on = [text for value, text in choices if value in chosen] or [*chosen]
    more = f" +{len(on) - 1}" if len(on) > 1 else ""
    return Chip(
        name=name,
        label=label,
        question=question,
        options=[Option(value, text, value in chosen) for value, text in choices],
        is_on=bool(on),
        words=on[0] + more if on else "any",
        without=address(query, **{name: None}),
        input="radio" if one else "checkbox",
        names_itself=names_itself,
    )


def removable(made: Sequence[Chip]) -> list[tuple[str, str]]:
    """Filters that narrow the list, as words and the address without them."""
    return [(f"{chip.label}: {chip.words}", chip.without) for chip in made if chip.is_on]


def month_name(month: str) -> str:
    """ "2026-12" -> "Dec 2026"."""
    return f"{date.fromisoformat(f'{month}-01'):%b %Y}"
