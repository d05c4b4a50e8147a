"""Makes a text from an approved template and facts. Pure: the same words and facts give the same text."""

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from imis_ai.governance.messages import grammar
from imis_ai.governance.messages.grammar import Field, Optional, Words


@dataclass(frozen=True)
class Fact:
    """One thing known about a member. `value` is compared when sending, `text` is what the member reads."""

    name: str
    words: str
    value: str | int
    text: str
    source: str
    at: str

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


@dataclass(frozen=True)
class Span:
    """Where a fact stands in the text, so that it can be shown and opened."""

    start: int
    end: int
    fact: str


@dataclass(frozen=True)
class Composed:
    """`dropped`: fields whose sentence was left out, because nobody knows the fact."""

    subject: str
    body: str
    spans: tuple[Span, ...]
    used: tuple[Fact, ...]
    dropped: tuple[str, ...]


class Incomplete(Exception):
    """A fact that the text cannot do without is not known. `missing` names the fields."""

    def __init__(self, missing: list[str]) -> None:
        self.missing = missing
        super().__init__(
            f"Not known: {', '.join(name.replace('_', ' ') for name in missing)}. Choose a template that does"
            " without, or complete the record in iMIS."
        )


def compose(*, subject: str, body: str, facts: Mapping[str, Fact]) -> Composed:
    """Fill the fields. Optional sentences with an unknown fact go. Raises Incomplete, BadTemplate."""
    top, text = grammar.parse(subject), grammar.parse(body)
    missing = sorted((grammar.required(top) | grammar.required(text)) - facts.keys())
    if missing:
        raise Incomplete(missing)
    head, _ = _fill(top, facts)
    filled, spans = _fill(text, facts)
    filled, spans = _tidy(filled, spans)
    used = {name for name in grammar.names(top) | grammar.names(text) if name in facts}
    used &= {span.fact for span in spans} | grammar.names(top)
    dropped = sorted((grammar.names(top) | grammar.names(text)) - used)
    return Composed(
        subject=" ".join(head.split()),
        body=filled,
        spans=tuple(spans),
        used=tuple(facts[name] for name in sorted(used)),
        dropped=tuple(dropped),
    )


def _fill(parts: tuple[grammar.Part, ...], facts: Mapping[str, Fact]) -> tuple[str, list[Span]]:
    text, spans = "", []
    for part in parts:
        pieces: tuple[Words | Field, ...] = part.parts if isinstance(part, Optional) else (part,)
        if any(isinstance(piece, Field) and piece.name not in facts for piece in pieces):
            continue
        for piece in pieces:
            said = piece.text if isinstance(piece, Words) else facts[piece.name].text
            if isinstance(piece, Field):
                spans.append(Span(len(text), len(text) + len(said), piece.name))
            text += said
    return text, spans


_GAPS = re.compile(r"(?<=\n\n)\n+|[ \t]+(?=\n)|(?<=[ \t])[ \t]+|(?<=\n)[ \t]+|\A\s+|\s+\Z")


def _tidy(text: str, spans: list[Span]) -> tuple[str, list[Span]]:
    """Without the blanks that a dropped sentence leaves; spans move along. Facts stay as they are."""
    inside = [False] * len(text)
    for span in spans:
        inside[span.start : span.end] = [True] * (span.end - span.start)
    cut = [False] * len(text)
    for gap in _GAPS.finditer(text):
        for at in range(gap.start(), gap.end()):
            cut[at] = not inside[at]
    moved, kept = [], 0
    for gone in cut:
        moved.append(kept)
        kept += not gone
    moved.append(kept)
    tidy = "".join(letter for letter, gone in zip(text, cut, strict=True) if not gone)
    return tidy, [Span(moved[span.start], moved[span.end], span.fact) for span in spans]
