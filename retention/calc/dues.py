"""Dues of a member who comes back in the middle of a year and keeps the old renewal date. Pure."""

from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal

CENT = Decimal("0.01")


@dataclass(frozen=True)
class Prorated:
    """The amount and the steps that lead to it: price, days left of the days of the year."""

    price: Decimal
    days: int
    of: int
    until: date
    amount: Decimal


def prorated(*, price: Decimal, ended_on: date, today: date) -> Prorated:
    """From today to the next anniversary of the day on which the old term ended, by the day."""
    until = ended_on
    while until <= today:
        until = _year_later(until)
    start = _year_before(until)
    days, of = (until - today).days, (until - start).days
    amount = (price * days / of).quantize(CENT, ROUND_HALF_UP)
    return Prorated(price, days, of, until, amount)


def _year_later(day: date) -> date:
    return _same(day, day.year + 1)


def _year_before(day: date) -> date:
    return _same(day, day.year - 1)


def _same(day: date, year: int) -> date:
    """29 February becomes the 28th."""
    try:
        return day.replace(year=year)
    except ValueError:
        return day.replace(year=year, day=28)
