"""When payments, words, moves and employers make an alert, and how dues are split into parts. Pure."""

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

CENT = Decimal("0.01")
FAILED, ASKED, AREA, INDUSTRY, RIVAL = "failed", "asked", "dear_area", "industry", "rival"
PAYMENT = (FAILED, ASKED, AREA, INDUSTRY)
FAILURES = 2
WINDOW = {  # days that a signal looks back
    FAILED: 120,
    ASKED: 90,
    AREA: 180,
    INDUSTRY: 0,
    RIVAL: 180,
}
DROP_POINTS, DROP_SHARE = 10.0, 0.25  # of engagement from 0 to 100: both make it a drop
NOTICE_DAYS = 14  # at least, between the offer of a plan and the invoice
MONTH_DAYS = 30
_NO_WORD = re.compile(r"[\W_]+")


@dataclass(frozen=True)
class Fact:
    """One thing that happened on a day, as staff read it, and where that is known from."""

    on: date
    what: str
    source: str


@dataclass(frozen=True)
class Found:
    """Facts of one signal about one member, oldest first."""

    member: int
    signal: str
    facts: tuple[Fact, ...]

    @property
    def newest(self) -> date:
        return max(fact.on for fact in self.facts)


@dataclass(frozen=True)
class Tried:
    """One card charge."""

    on: date
    succeeded: bool
    why: str = ""


def failed_payments(tries: Sequence[Tried], *, today: date) -> tuple[Fact, ...]:
    """Failures of the window, newest last: from two on, while no charge has gone through since."""
    recent = [each for each in tries if today - timedelta(days=WINDOW[FAILED]) <= each.on <= today]
    since = max((i for i, each in enumerate(recent) if each.succeeded), default=-1)
    failures = recent[since + 1 :]
    if len(failures) < FAILURES:
        return ()
    return tuple(
        Fact(each.on, f"A card payment failed{f': {each.why}' if each.why else ''}", "payment attempts")
        for each in failures
    )


def phrase_in(text: str, phrases: Iterable[str]) -> str:
    """The first of the phrases that stands in the text as whole words, whatever the case; else empty."""
    flat = _flat(text)
    return next((phrase for phrase in phrases if _flat(phrase).strip() and _flat(phrase) in flat), "")


def names_rival(value: str, rivals: Iterable[str]) -> str:
    """The competitor that an employer's name or a title mentions as whole words; else empty."""
    return phrase_in(value, rivals)


def has_fallen(before: float, now: float) -> bool:
    """Whether taking part fell by so many points and by such a share."""
    return before - now >= DROP_POINTS and before > 0 and (before - now) / before >= DROP_SHARE


def is_dear(postcode: str, heads: Iterable[str]) -> bool:
    """Whether a postal code begins with one of these, spaces aside."""
    plain = postcode.replace(" ", "").casefold()
    return any(plain.startswith(head.replace(" ", "").casefold()) for head in heads)


@dataclass(frozen=True)
class Part:
    due_on: date
    amount: Decimal


def split(total: Decimal, *, parts: int, first_on: date) -> tuple[Part, ...]:
    """Parts a month apart that add up to the total; they differ by a cent at most, the larger ones first."""
    if parts < 1 or total <= 0 or total != total.quantize(CENT):
        raise ValueError(f"{total} cannot be paid in {parts} parts.")
    cents = int(total / CENT)
    whole, more = divmod(cents, parts)
    return tuple(
        Part(first_on + timedelta(days=MONTH_DAYS * n), (whole + (n < more)) * CENT) for n in range(parts)
    )


def last_day_to_offer(invoice_on: date) -> date:
    """An offer after this day would cross with the invoice."""
    return invoice_on - timedelta(days=NOTICE_DAYS)


def _flat(text: str) -> str:
    plain = unicodedata.normalize("NFKC", text).casefold()
    return f" {_NO_WORD.sub(' ', plain).strip()} "
