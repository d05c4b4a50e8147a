"""The closed grammar of templates: `{{ field }}` and `[[ an optional sentence with fields ]]`. Pure.

Nothing else has a meaning: no conditions, no filters, no nesting. What looks like more is refused.
"""

import re
from dataclasses import dataclass

FIELD = re.compile(r"\{\{ ?([a-z][a-z0-9_]{0,39}) ?\}\}")
MARKS = re.compile(r"\{\{|\}\}|\[\[|\]\]|\{%|%\}|\{#|#\}")
LONGEST = 20_000


@dataclass(frozen=True)
class Words:
    """Text as it stands in the template."""

    text: str


@dataclass(frozen=True)
class Field:
    name: str


@dataclass(frozen=True)
class Optional:
    """Left out as a whole when one of its facts is not known."""

    parts: "tuple[Words | Field, ...]"


Part = Words | Field | Optional


class BadTemplate(Exception):
    """The text is not in the grammar; the message says where and what to write instead."""


def parse(text: str) -> tuple[Part, ...]:
    """Parts in reading order. Raises BadTemplate."""
    if len(text) > LONGEST:
        raise BadTemplate(f"The text is longer than {LONGEST:,} characters. Shorten it.")
    parts: list[Part] = []
    at = 0
    while at < len(text):
        start = text.find("[[", at)
        if start < 0:
            parts += _plain(text[at:])
            break
        end = text.find("]]", start)
        if end < 0:
            raise BadTemplate(
                f"The optional sentence at {_place(text, start)} is not closed. Add ]] after it."
            )
        parts += _plain(text[at:start])
        parts.append(_optional(text[start + 2 : end], text, start))
        at = end + 2
    return tuple(parts)


def names(parts: tuple[Part, ...]) -> set[str]:
    """All fields."""
    return required(parts) | {
        part.name
        for each in parts
        if isinstance(each, Optional)
        for part in each.parts
        if isinstance(part, Field)
    }


def required(parts: tuple[Part, ...]) -> set[str]:
    """Fields outside optional sentences: without them there is no text."""
    return {part.name for part in parts if isinstance(part, Field)}


def literals(parts: tuple[Part, ...]) -> str:
    """Only the words that were approved with the template; a field leaves a gap."""
    flat: list[str] = []
    for part in parts:
        for piece in part.parts if isinstance(part, Optional) else (part,):
            flat.append(piece.text if isinstance(piece, Words) else "\n")
    return "".join(flat)


def _optional(inside: str, text: str, start: int) -> Optional:
    parts = tuple(part for part in _plain(inside) if isinstance(part, Words | Field))
    if not any(isinstance(part, Field) for part in parts):
        raise BadTemplate(
            f"The optional sentence at {_place(text, start)} has no field, so nothing decides whether it"
            " stands. Add a field or remove the brackets."
        )
    return Optional(parts)


def _plain(text: str) -> list[Part]:
    parts: list[Part] = []
    at = 0
    for found in FIELD.finditer(text):
        if found.start() > at:
            parts.append(_words(text[at : found.start()]))
        parts.append(Field(found[1]))
        at = found.end()
    if at < len(text):
        parts.append(_words(text[at:]))
    return parts


def _words(text: str) -> Words:
    if stray := MARKS.search(text):
        around = text[max(0, stray.start() - 20) : stray.end() + 20].replace("\n", " ")
        raise BadTemplate(
            f"“{around}” is not understood. A field is written {{{{ first_name }}}}, an optional sentence"
            " [[ with a field in it ]], and neither stands inside another of its kind."
        )
    return Words(text)


def _place(text: str, at: int) -> str:
    return f"line {text.count(chr(10), 0, at) + 1}"
