"""Cells to values. Strict: what is not plainly meant is refused with what to write instead. Pure."""

import re
from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

Parser = Callable[[str], object]
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_MOMENT = re.compile(
    r"\d{4}-\d{2}-\d{2}([T ]\d{2}:\d{2}(:\d{2}(\.\d{1,6})?)?(Z|[+-]\d{2}:?\d{2})?)?", re.ASCII
)
_DECIMAL = re.compile(r"-?\d{1,12}(\.\d+)?", re.ASCII)
_WORDS = {"true": True, "yes": True, "1": True, "y": True, "t": True} | {
    "false": False, "no": False, "0": False, "n": False, "f": False,
}  # fmt: skip
EARLIEST = 1800


class NotUsable(ValueError):
    """The cell's text can't be used; the message says what is wrong and what to write."""


def _quoted(text: str) -> str:
    return f"“{text[:40]}”"


def text(limit: int) -> Parser:
    def parse(cell: str) -> str:
        if len(cell) > limit:
            raise NotUsable(f"is {len(cell):,} characters long; {limit:,} is the most.")
        return cell

    return parse


def day(cell: str) -> date:
    problem = f"{_quoted(cell)} is not a date. Write it like 2025-12-31."
    if not _DATE.fullmatch(cell):
        raise NotUsable(problem)
    return _plausible(cell, date.fromisoformat, problem)


def moment(zone: ZoneInfo) -> Parser:
    """Date-times; a plain date is its midnight, and a time without offset is local to `zone`."""

    def parse(cell: str) -> datetime:
        problem = f"{_quoted(cell)} is not a date or time. Write it like 2025-12-31 or 2025-12-31T18:30:00."
        if not _MOMENT.fullmatch(cell):
            raise NotUsable(problem)
        found = _plausible(cell, datetime.fromisoformat, problem)
        return found if found.tzinfo else found.replace(tzinfo=zone)

    return parse


def _plausible(cell: str, parse: Callable, problem: str) -> date:
    try:
        found = parse(cell)
    except ValueError as error:
        raise NotUsable(problem) from error
    if not EARLIEST <= found.year <= 2200:
        raise NotUsable(f"{_quoted(cell)} is not in a plausible year.")
    return found


def decimal(cell: str) -> Decimal:
    if not _DECIMAL.fullmatch(cell):
        raise NotUsable(f"{_quoted(cell)} is not a plain number. Write it like 1234.50.")
    return Decimal(cell)


def money(cell: str) -> Decimal:
    amount = decimal(cell)
    if amount != amount.quantize(Decimal("0.01")):
        raise NotUsable(f"{_quoted(cell)} has more than two decimals. Round it to cents.")
    return amount


def number(cell: str) -> float:
    return float(decimal(cell))


def whole(low: int, high: int) -> Parser:
    def parse(cell: str) -> int:
        if not re.fullmatch(r"-?\d{1,9}", cell, re.ASCII) or not low <= int(cell) <= high:
            raise NotUsable(f"{_quoted(cell)} is not a whole number from {low:,} to {high:,}.")
        return int(cell)

    return parse


def boolean(cell: str) -> bool:
    try:
        return _WORDS[cell.lower()]
    except KeyError:
        raise NotUsable(f"{_quoted(cell)} is not true or false. Write one, or nothing.") from None


def choice(**words: str) -> Parser:
    """One of `words`, which maps what is written to what is meant."""

    def parse(cell: str) -> str:
        if cell.lower() not in words:
            raise NotUsable(
                f"{_quoted(cell)} is not known. Write {' or '.join(sorted(set(words.values())))}."
            )
        return words[cell.lower()]

    return parse
