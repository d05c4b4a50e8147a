"""How numbers are said: chances, dates, money, counts. Pure; the wording rules of the interface."""

import math
from datetime import date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction

CHANCES = [
    Fraction(*pair)
    for pair in (
        (1, 50), (1, 25), (1, 20), (1, 15), (1, 10), (1, 8), (1, 6), (1, 5), (1, 4), (1, 3),
        (2, 5), (1, 2), (3, 5), (2, 3), (3, 4), (4, 5), (9, 10), (19, 20),
    )
]  # fmt: skip
LEAST, MOST = 0.015, 0.97
MINUS = "\N{MINUS SIGN}"
NO_BREAK = "\N{NO-BREAK SPACE}"
SYMBOLS = {"USD": "$", "EUR": "€", "GBP": "£", "CAD": "CA$", "AUD": "A$", "NZD": "NZ$"}


def _log_odds(share: float) -> float:
    return math.log(share / (1 - share))


def chance(share: float) -> str:
    """0.66 -> "2 in 3": the nearest in log-odds, so that small chances are not all "about 1 in 50"."""
    if share < LEAST:
        return "fewer than 1 in 50"
    if share > MOST:
        return "more than 19 in 20"
    nearest = min(CHANCES, key=lambda known: abs(_log_odds(float(known)) - _log_odds(share)))
    return f"{nearest.numerator} in {nearest.denominator}"


def about_chance(share: float) -> str:
    """A chance that starts a sentence: "About 2 in 3", "Fewer than 1 in 50"."""
    said = chance(share)
    return said[0].upper() + said[1:] if said[0].isalpha() else f"About {said}"


def of_100(share: float) -> int:
    """The number shown in tables; halves go up, as people round."""
    return math.floor(share * 100 + 0.5)


def count(number: float) -> str:
    return f"{number:,.0f}".replace("-", MINUS)


def plural(number: int, one: str, many: str = "") -> str:
    return f"{count(number)} {one if number == 1 else many or one + 's'}"


def money(amount: Decimal | float, currency: str, *, cents: bool = True) -> str:
    """Cents in tables, whole units in sentences and tiles."""
    digits = f"{abs(amount):,.{2 if cents else 0}f}"
    symbol = SYMBOLS.get(currency, f"{currency}{NO_BREAK}")
    return f"{MINUS if amount < 0 else ''}{symbol}{digits}"


def whole_points(share: float) -> int:
    """A difference of 100; halves go away from zero, as people round."""
    return int(math.copysign(math.floor(abs(share) * 100 + 0.5), share))


def points(share: float) -> str:
    """A difference of 100, with its sign: +7."""
    number = whole_points(share)
    return f"+{number}" if number > 0 else str(number).replace("-", MINUS)


def percent(share: float) -> str:
    return f"{share * 100:.1f}{NO_BREAK}%"


def month_and_year(day: str) -> str:
    """A day that is kept as text: "May 2025"."""
    return f"{date.fromisoformat(day):%B %Y}"


def _with_year(text: str, day: date, today: date) -> str:
    return text if abs(day - today) <= timedelta(days=183) else f"{text} {day.year}"


def short_date(day: date, today: date) -> str:
    """14 Dec, with the year when it is more than six months away. The month is never a number."""
    return _with_year(f"{day.day} {day:%b}", day, today)


def long_date(day: date, today: date) -> str:
    return _with_year(f"{day.day} {day:%B}", day, today)


def moment(at: datetime, now: datetime) -> str:
    """Local times in, words out: "05:58 today", "05:58 yesterday", "05:58 on 14 Nov"."""
    days = (now.date() - at.date()).days
    when = {0: "today", 1: "yesterday"}.get(days) or f"on {short_date(at.date(), now.date())}"
    return f"{at:%H:%M} {when}"


def ahead(at: datetime, now: datetime) -> str:
    """Local times in, words out: "at 02:00 tomorrow"."""
    days = (at.date() - now.date()).days
    when = {0: "today", 1: "tomorrow"}.get(days) or f"on {short_date(at.date(), now.date())}"
    return f"at {at:%H:%M} {when}"


def ago(span: timedelta) -> str:
    minutes = int(span.total_seconds() // 60)
    if minutes < 1:
        return "just now"
    if minutes < 60:
        return f"{plural(minutes, 'minute')} ago"
    if minutes < 24 * 60:
        return f"{plural(minutes // 60, 'hour')} ago"
    return f"{plural(minutes // (24 * 60), 'day')} ago"


def duration(seconds: float) -> str:
    """About how long, in the unit a person would use: "40 seconds", "6 minutes", "2 hours"."""
    if seconds < 90:
        exact = max(1, round(seconds))
        return plural(exact if exact < 30 else round(exact, -1), "second")
    if seconds < 90 * 60:
        return plural(round(seconds / 60), "minute")
    return plural(round(seconds / 3600), "hour")


def span(days: int) -> str:
    """How long somebody is a member: "7 years", "8 months", "12 days"."""
    if days >= 365:
        return plural(days // 365, "year")
    return plural(days // 30, "month") if days >= 60 else plural(days, "day")


def initials(name: str) -> str:
    """First and last word's letter: Dana Whitfield -> DW."""
    words = [word for word in name.split() if word[0].isalnum()]
    return "".join(word[0] for word in (words[:1] + words[1:][-1:])).upper()


def masked(name: str) -> str:
    """Dana Whitfield -> D. W., for people who may see that a member exists but not who it is."""
    letters = initials(name)
    return " ".join(f"{letter}." for letter in letters) or "Name hidden"
