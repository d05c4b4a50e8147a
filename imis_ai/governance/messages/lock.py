"""The lock on texts: figures, links, addresses and promises only where facts or template have them.

Pure. Used for every edited text, whoever edited it, and again when it is sent.
"""

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass

from imis_ai.governance.messages import plain
from imis_ai.governance.messages.promises import PROMISES

GAP = "\ue000"  # stands for a fact that is where a fact may be
_TOP = r"(?:com|org|net|edu|gov|info|biz|io|co|app|ly|me|xyz|ru|cn|de|uk|us|eu|shop|link|site|online|club)"
_UNITS = (
    r"(?:percent|per cent|pct|points?|dollars?|bucks?|euros?|pounds?|quid|cents?|usd|eur|gbp|cad|aud|"
    r"days?|weeks?|months?|years?|hours?|minutes?|times|off|free|price|rate|grand)"
)
_SMALL = "two|three|four|five|six|seven|eight|nine|ten|eleven|twelve"
_TEENS = "thirteen|fourteen|fifteen|sixteen|seventeen|eighteen|nineteen"
_TENS = "twenty|thirty|fourty|forty|fifty|sixty|seventy|eighty|ninety"
_LARGE = "hundreds?|thousands?|millions?|billions?|dozens?"
_COUNT = rf"(?:{_SMALL}|{_TEENS}|{_TENS}|{_LARGE})(?:{_SMALL}|{_TEENS}|{_TENS}|{_LARGE}|one)?"
_PATTERNS = {
    "link": (
        r"\w+ ?: ?/ ?/",
        r"hxxp",
        r"www ?[.\[(]",
        r"\b(?:mailto|tel|sms|javascript|data):",
        r"\w\.[a-z]{2,}",
        rf"\w\s[.\u3002]\s?{_TOP}\b",
        r"\w\u3002[a-z]",
        r"\w[\s(\[{]*\bd[o0]t\b[\s)\]}]*[a-z]{2,}",
        rf"\b[a-z]+ {_TOP}\s?/",
        r"[\[({]\s?\.\s?[\])}]",
    ),
    "address": (r"@", r"[(\[{]\s?at\s?[)\]}]", r"\b\w+ at \w+ (?:dot|\.) ?\w+"),
    "amount": (
        r"\bper ?cent\b",
        r"\bpct\b",
        r"[%\u2030\u2031\u066a]",
        r"\b(?:dollars?|bucks?|euros?|pounds?|quid|cents?|usd|eur|gbp|cad|aud)\b",
    ),
    "number": (
        rf"\b{_COUNT}(?:[ -](?:and[ -])?(?:{_COUNT}|one|half))*\b",
        r"\b(?:zero|nil) (?:fees?|cost|dues|charge)",
        rf"\b(?:one|a|an|half|quarter|single|third|couple of|few|several) (?:of )?(?:a )?{_UNITS}\b",
        r"\b(?:double|triple|twofold|threefold|twice|thrice|halve[sd]?)\b",
        r"\bhalf (?:your|the|of|that)\b",
        r"\b(?:a|one|another) (?:third|quarter|fifth|tenth|half|fraction|hundred|thousand|dozen)\b",
    ),
}
_FINDERS = {kind: re.compile("|".join(patterns)) for kind, patterns in _PATTERNS.items()}
_WHOLE_WORD = ("link", "address")
_NUMBER = re.compile(r"[\d.,:/\-]*\d[\d.,:/\-]*")
_WORD_AFTER = re.compile(r"[ \u00a0]?([^\W\d_]+|%)")
WHY = {
    "link": "Links come from the template only.",
    "address": "Addresses come from the template only.",
    "amount": "Amounts come from facts, offers and the template only.",
    "number": "Numbers come from facts and the template only.",
    "promise": "Promises come from approved offers and the template only.",
    "character": "It hides or imitates another character.",
}


@dataclass(frozen=True)
class Problem:
    """What may not stand in the text. `sentence` is for staff."""

    kind: str
    quote: str

    @property
    def sentence(self) -> str:
        return f"“{self.quote}” cannot stand here. {WHY[self.kind]} Remove it."


def check(text: str, *, approved: str, facts: Iterable[str]) -> list[Problem]:
    """What in `text` is neither in the `approved` words nor one of the `facts`. Empty: may stand."""
    known = sorted({fact for fact in facts if fact}, key=len, reverse=True)
    own = approved + " " + " ".join(known)
    found = [Problem("character", _shown(letter)) for letter in plain.unusual(text, own) if letter not in own]
    rest = text
    for fact in known:
        rest = _mask(rest, fact)
    allowed = set(_claims(approved))
    found += [Problem(kind, quote.strip()) for kind, quote in _claims(rest) if (kind, quote) not in allowed]
    return list(dict.fromkeys(found))


def _mask(text: str, fact: str) -> str:
    """Without the fact where it stands whole: 3 events, but not in 13 events or 3 events%."""
    edge = re.compile(rf"(?<![\w.,%$€£-]){re.escape(fact)}(?![\w%€£$]|[.,-]?\d)")
    return edge.sub(GAP, text)


def _claims(text: str) -> list[tuple[str, str]]:
    """Everything that would tell the reader a figure, a place to go or a promise, as (kind, words)."""
    claims = [("number", quote) for quote in _numerals(text)]
    claims += [("amount", letter) for letter in text if unicodedata.category(letter) == "Sc"]
    flat = plain.skeleton(text)
    for line in (flat, re.sub(r"(?<=[a-z])-\n?(?=[a-z])", "", flat)):
        words = re.sub(r"\s+", " ", line)
        for kind, finder in _FINDERS.items():
            hits = finder.finditer(words)
            claims += [(kind, _around(words, hit) if kind in _WHOLE_WORD else hit[0]) for hit in hits]
        claims += [("promise", hit[0]) for hit in PROMISES.finditer(words)]
    return list(dict.fromkeys(claims))


def _numerals(text: str) -> list[str]:
    """Digits of any script with the word after them, so that 14 Dec does not permit 14 days."""
    flat = "".join(
        (letter if letter.isascii() else f" {letter} ") if plain.is_numeric(letter) else letter
        for letter in text
    )
    found = []
    for hit in _NUMBER.finditer(flat):
        after = _WORD_AFTER.match(flat, hit.end())
        found.append(hit[0].strip(".,:/-") + (f" {after[1].casefold()}" if after else ""))
    return found + [letter for letter in text if plain.is_numeric(letter) and not letter.isdecimal()]


def _around(text: str, hit: re.Match[str]) -> str:
    """The whole word that a link or an address stands in."""
    start = text.rfind(" ", 0, hit.start()) + 1
    end = text.find(" ", hit.end())
    return text[start : end if end >= 0 else len(text)].strip(".,;:()!?")


def _shown(letter: str) -> str:
    return f"U+{ord(letter):04X}"
