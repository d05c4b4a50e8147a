"""One value of the wire to one of ours, or a sentence that names the field and never its content."""

import datetime as dt
from decimal import Decimal, InvalidOperation
from typing import Any
from zoneinfo import ZoneInfo

from imis_ai.imis.text import clean_line, clean_text

UTC = dt.UTC
KEY = 180  # the mirror holds 200 with its prefix
LARGEST = Decimal(10) ** 12
LARGEST_NUMBER = 10**12
# what .NET and SQL Server write for "no date"
UNSET = (dt.date(1, 1, 1), dt.date(1900, 1, 1))
UNSET_YEARS = {day.year for day in UNSET}
EARLIEST, LATEST = 1850, 2300
YES = {"true", "t", "yes", "y", "1"}
NO = {"false", "f", "no", "n", "0"}


class Unreadable(ValueError):
    """A field of a record does not fit; the text names the field and never its content."""


def key(value: Any, name: str) -> str:
    """An identity as text, leading zeros kept. Too long is refused: a cut key would be another one."""
    if type(value) is str and 0 < len(value) <= KEY and value.isprintable() and value.strip() is value:
        return value  # nearly always; the rest of this function costs twice as much
    if value is None or isinstance(value, (bool, dict, list)):
        raise Unreadable(f"{name} is missing or is not an id")
    text = clean_line(str(value), limit=KEY + 1)
    if not text:
        raise Unreadable(f"{name} is empty")
    if len(text) > KEY:
        raise Unreadable(f"{name} is longer than {KEY} characters")
    return text


def line(value: Any, limit: int = 200) -> str:
    """Text of one line; nothing becomes the empty text."""
    if value is None or value == "" or isinstance(value, (dict, list)):
        return ""
    return clean_line(value if isinstance(value, str) else str(value), limit=limit)


def words(value: Any) -> str:
    """Text of many lines, as a member wrote it."""
    return "" if value is None or isinstance(value, (dict, list)) else clean_text(str(value)).strip()


def _parsed(value: Any, name: str) -> dt.datetime | None:
    if value is None or value == "":
        return None
    if not isinstance(value, str):
        raise Unreadable(f"{name} is not a date")
    try:
        parsed = dt.datetime.fromisoformat(value.strip())
    except ValueError:
        raise Unreadable(f"{name} is not a date") from None
    if parsed.year in UNSET_YEARS and parsed.date() in UNSET:
        return None
    if not EARLIEST <= parsed.year <= LATEST:
        raise Unreadable(f"{name} lies outside the years {EARLIEST} to {LATEST}")
    return parsed


def maybe_moment(value: Any, name: str, zone: ZoneInfo) -> dt.datetime | None:
    """Site-local wall time to UTC.

    The hour that occurs twice in autumn is read as its first occurrence; the hour that spring skips as if the
    clock had not yet moved. Text with an offset or Z is taken at its word.
    """
    parsed = _parsed(value, name)
    if parsed is None:
        return None
    return (parsed if parsed.tzinfo else parsed.replace(tzinfo=zone)).astimezone(UTC)


def moment(value: Any, name: str, zone: ZoneInfo) -> dt.datetime:
    found = maybe_moment(value, name, zone)
    if found is None:
        raise Unreadable(f"{name} is missing")
    return found


def maybe_day(value: Any, name: str, zone: ZoneInfo) -> dt.date | None:
    """The calendar day at the site."""
    parsed = _parsed(value, name)
    if parsed is None:
        return None
    return parsed.astimezone(zone).date() if parsed.tzinfo else parsed.date()


def day(value: Any, name: str, zone: ZoneInfo) -> dt.date:
    found = maybe_day(value, name, zone)
    if found is None:
        raise Unreadable(f"{name} is missing")
    return found


def maybe_money(value: Any, name: str) -> Decimal | None:
    """A plain decimal. Not-a-number and infinity count as unknown, a million millions is refused."""
    if value is None or value == "":
        return None
    if isinstance(value, (bool, dict, list)):
        raise Unreadable(f"{name} is not a number")
    try:
        amount = Decimal(str(value).strip()) if not isinstance(value, Decimal) else value
    except InvalidOperation:
        raise Unreadable(f"{name} is not a number") from None
    if not amount.is_finite():
        return None
    if abs(amount) >= LARGEST:
        raise Unreadable(f"{name} is too large")
    return amount


def money(value: Any, name: str) -> Decimal:
    found = maybe_money(value, name)
    if found is None:
        raise Unreadable(f"{name} is missing")
    return found


def maybe_number(value: Any, name: str) -> float | None:
    if type(value) is int and -LARGEST_NUMBER < value < LARGEST_NUMBER:
        return float(value)
    found = maybe_money(value, name)
    return None if found is None else float(found)


def whole(value: Any, name: str) -> int:
    """A whole number; 3.0 is one, 3.5 is refused."""
    found = money(value, name)
    if found != found.to_integral_value() or abs(found) > 2**31 - 1:
        raise Unreadable(f"{name} is not a whole number")
    return int(found)


def flag(value: Any, name: str) -> bool | None:
    """Yes, no or not known."""
    if value is None or isinstance(value, bool):
        return value
    word = str(value).strip().lower()
    if word in YES:
        return True
    if word in NO:
        return False
    if not word:
        return None
    raise Unreadable(f"{name} is neither yes nor no")
