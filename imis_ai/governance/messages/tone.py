"""Whether a text sounds like us: terms that may not stand in it, and how it is said."""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from imis_ai.governance.messages import plain

RISK = (
    "at risk",
    "risk",
    "risk score",
    "lapse",
    "lapsing",
    "lapsed",
    "churn",
    "churning",
    "attrition",
    "likely to leave",
    "about to leave",
    "predict",
    "predicted",
    "prediction",
    "probability",
    "algorithm",
    "machine learning",
    "artificial intelligence",
    "our model",
    "score",
    "scored",
    "flagged",
    "disengaged",
    "inactive member",
    "hardship",
    "financial difficulty",
)
PRESSURE = (
    "act now",
    "last chance",
    "final warning",
    "immediately",
    "urgent",
    "don't miss out",
    "hurry",
    "you must",
    "failure to pay",
    "consequences",
    "legal action",
    "debt collector",
    "terminate your membership",
    "punish",
)
WHY_RISK = "A message never tells a member what we expect of them."
WHY_PRESSURE = "It puts the member under pressure."
LONG_SENTENCE = 30  # words
_SENTENCE = re.compile(r"[.!?]+(?:\s|$)|\n{2,}")
_SHOUT = re.compile(r"\b[A-Z]{4,}\b")


@dataclass(frozen=True)
class Note:
    """One finding. A blocking one keeps the text from the queue; the others are advice."""

    quote: str
    why: str
    is_block: bool

    @property
    def sentence(self) -> str:
        return f"“{self.quote}”: {self.why}"


Terms = Callable[[], Iterable[tuple[str, str]]]
_SOURCES: list[Terms] = []


def terms_from(source: Terms) -> None:
    """More forbidden terms with their reasons, such as those that guardrail owners keep."""
    if source not in _SOURCES:
        _SOURCES.append(source)


def check(text: str, *, tone: str = "warm") -> list[Note]:
    """Findings in reading order of their gravity: forbidden terms first."""
    return forbidden(text) + advice(text, tone=tone)


def forbidden(text: str) -> list[Note]:
    """Terms that may not stand in a message, with why."""
    flat = re.sub(r"\s+", " ", plain.skeleton(text))
    terms = [(term, WHY_RISK) for term in RISK] + [(term, WHY_PRESSURE) for term in PRESSURE]
    for source in _SOURCES:
        terms += source()
    terms.sort(key=lambda known: -len(known[0]))
    found, taken = [], flat
    for term, why in terms:
        looked_for = re.compile(rf"(?<!\w){re.escape(plain.skeleton(term))}(?!\w)")
        if looked_for.search(taken):
            found.append(Note(term, why, is_block=True))
            taken = looked_for.sub(" ", taken)
    return found


def advice(text: str, *, tone: str) -> list[Note]:
    """How it is said; never blocks."""
    found = []
    if "!" in text:
        found.append(Note("!", "We write without exclamation marks.", is_block=False))
    found += [Note(word, "Capitals read as shouting.", is_block=False) for word in _SHOUT.findall(text)[:3]]
    for sentence in _SENTENCE.split(text):
        if len(sentence.split()) > LONG_SENTENCE:
            start = " ".join(sentence.split()[:5])
            found.append(
                Note(f"{start} …", f"This sentence has over {LONG_SENTENCE} words. Split it.", is_block=False)
            )
    if tone == "formal" and re.search(r"\b(?:hi|hey|cheers|don't|can't|won't)\b", plain.skeleton(text)):
        found.append(Note("hi, don't …", "A formal letter spells words out.", is_block=False))
    return found
