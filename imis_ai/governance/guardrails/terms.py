"""Prohibited terms in a text, in linear time: every term is a literal and matches whole words only."""

import re
import unicodedata
from collections.abc import Iterable

MOST_TERMS, LONGEST_TERM = 500, 60
_INVISIBLE = re.compile(r"[\u00ad\u200b-\u200f\u2060-\u2064\ufe00-\ufe0f\ufeff]")
_NO_WORD = re.compile(r"[\W_]+")


class BadTerm(Exception):
    """A term that could not be looked for; the text says which and why."""


def cleaned(lines: Iterable[str]) -> list[str]:
    """Terms as entered, one a line, without empty lines and repeats. Raises BadTerm."""
    terms = list(dict.fromkeys(line.strip() for line in lines if line.strip()))
    if len(terms) > MOST_TERMS:
        raise BadTerm(f"There are {len(terms)} terms; keep it to {MOST_TERMS}.")
    for term in terms:
        if len(term) > LONGEST_TERM:
            raise BadTerm(f"“{term[:30]} …” is longer than {LONGEST_TERM} characters. Use its core words.")
        if not _flat(term).strip():
            raise BadTerm(f"“{term}” has no letter or digit, so it cannot be looked for. Leave it out.")
    return terms


def found(text: str, terms: Iterable[str]) -> list[str]:
    """Those of the terms that stand in the text as whole words, whatever the case, spacing and punctuation.

    The text is flattened once to words between single spaces; a term whose words all occur is then one search
    for a substring.
    """
    flat = _flat(text)
    words = set(flat.split())
    flattened = ((term, _flat(term)) for term in terms)
    return [
        term for term, looked_for in flattened if words.issuperset(looked_for.split()) and looked_for in flat
    ]


def _flat(text: str) -> str:
    plain = unicodedata.normalize("NFKC", _INVISIBLE.sub("", text)).casefold()
    return f" {_NO_WORD.sub(' ', plain).strip()} "
