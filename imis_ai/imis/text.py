"""Text at the border: what a database cannot hold or a screen cannot show is taken out first."""

import re
from typing import Any

STORED = 256 * 1024  # characters of a member's own words that are kept
LINE = 300
CUT = " … [cut]"
_UNSTORABLE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")
_BREAKS = re.compile(r"[\s\x1c-\x1f\x85\u2028\u2029]+")


def _replacement(match: re.Match[str]) -> str:
    return "\N{REPLACEMENT CHARACTER}" if "\ud800" <= match[0] <= "\udfff" else ""


def clean_text(value: str, *, limit: int = STORED) -> str:
    """The words without NUL, controls and lone surrogates, line ends as `\\n`, cut at `limit`."""
    if len(value) > limit + len(CUT):
        value = value[: limit + len(CUT)] + CUT  # bounds the work on a hostile text
    if not value.isprintable():
        value = value.replace("\r\n", "\n").replace("\r", "\n")
        value = _UNSTORABLE.sub(_replacement, value)
    return value if len(value) <= limit else value[: limit - len(CUT)] + CUT


def clean_line(value: str, *, limit: int = LINE) -> str:
    """The same for names and codes: one line, no space at its ends, cut at `limit` with an ellipsis."""
    if not value.isprintable():
        value = _UNSTORABLE.sub(_replacement, _BREAKS.sub(" ", value[: 8 * limit]))
    value = value.strip()
    return value if len(value) <= limit else value[: limit - 1] + "…"


def clean_tree(value: Any) -> Any:
    """A decoded JSON value with every text in it cleaned, so that a database may keep it as JSON."""
    match value:
        case str():
            return clean_text(value, limit=2000)
        case dict():
            return {clean_text(str(name), limit=200): clean_tree(each) for name, each in value.items()}
        case list():
            return [clean_tree(each) for each in value]
        case _:
            return value
