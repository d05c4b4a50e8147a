"""Takes one person out of stored JSON and text, and leaves the rest as it was. Pure."""

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

ERASED = "(erased)"
KEYS = ("imis_id", "ImisId", "member", "member_id", "ID")


def scrub(value: Any, *, keys: Sequence[str], words: Sequence[str]) -> Any:
    """Objects about the person lose everything but money; elsewhere their number and words are blanked."""
    if isinstance(value, dict):
        if any(str(value.get(name)) in keys for name in KEYS):
            return {"imis_id": ERASED, **_money(value)}
        return {
            (ERASED if str(name) in keys else name): scrub(item, keys=keys, words=words)
            for name, item in value.items()
        }
    if isinstance(value, list):
        return [scrub(item, keys=keys, words=words) for item in value]
    if isinstance(value, str):
        return scrub_text(value, keys=keys, words=words)
    return ERASED if isinstance(value, int) and str(value) in keys else value


def scrub_text(text: str, *, keys: Sequence[str], words: Sequence[str]) -> str:
    pattern = _pattern(tuple(keys), tuple(words))
    return pattern.sub(ERASED, text) if pattern else text


def _money(value: dict) -> dict:
    kept = ("amount", "balance", "currency", "reference", "invoice_id", "payment_id")
    return {name: value[name] for name in kept if name in value}


@lru_cache(maxsize=64)
def _pattern(keys: tuple[str, ...], words: tuple[str, ...]) -> re.Pattern | None:
    """Whole numbers and whole words only: 10448 is not 104482, Ann is not Anna."""
    parts = [rf"(?<!\w){re.escape(part)}(?!\w)" for part in (*keys, *words) if part]
    return re.compile("|".join(parts), re.IGNORECASE) if parts else None
