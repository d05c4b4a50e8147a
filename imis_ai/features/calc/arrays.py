"""Array steps shared by all features: groups of rows by member, ratios, trends.

Every array has one value per member or one per row.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]
Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
Columns = dict[str, Array]

NO_DAY = np.iinfo(np.int32).min  # a date that is not set
YEAR = 365.25


def ratio(part: Array, whole: Array) -> Floats:
    """part / whole; unknown (NaN) where the whole is 0."""
    out = np.full(len(part), np.nan)
    np.divide(part, whole, out=out, where=np.asarray(whole) > 0)
    return out


def trend(recent: Array, recent_days: int, year: Array) -> Floats:
    """Pace of the recent days against the rest of the year: 0 same, negative slower, positive faster.

    The natural logarithm of (recent per day) / (rest per day), each with one event a year added, so that
    nothing at all gives 0.
    """
    base = 1 / 365
    return np.log((recent / recent_days + base) / ((year - recent) / (365 - recent_days) + base))


def known(values: Array, is_known: Array) -> Floats:
    """The values as floats, unknown (NaN) where they are not known."""
    return np.where(is_known, values, np.nan)


class Groups:
    """Rows sorted by member: sums, means, first and last rows of each of `n` members."""

    def __init__(self, member: Array, n: int) -> None:
        self.member, self.n = member, n
        self.count = np.bincount(member, minlength=n)
        self.end = np.cumsum(self.count)
        self.start = self.end - self.count
        self.any = self.count > 0

    def sum(self, values: Array) -> Floats:
        """Sum per member; 0 where there are no rows, NaN rows are left out."""
        values = np.nan_to_num(np.asarray(values, dtype=np.float64), nan=0.0)
        return np.asarray(np.bincount(self.member, weights=values, minlength=self.n), dtype=np.float64)

    def number(self, flags: Array) -> Floats:
        """How many rows are true."""
        return np.bincount(self.member[flags], minlength=self.n).astype(np.float64)

    def mean(self, values: Array, where: Array | None = None) -> Floats:
        """Mean of the known values; NaN where there are none."""
        usable = ~np.isnan(values) if where is None else where & ~np.isnan(values)
        return ratio(self.sum(np.where(usable, values, 0.0)), self.number(usable))

    def last(self, values: Array, back: int = 0) -> Floats:
        """Value of the last row, or of the row `back` rows before it; NaN where there is none."""
        out = np.full(self.n, np.nan)
        has = self.count > back
        out[has] = values[self.end[has] - 1 - back]
        return out

    def first(self, values: Array) -> Floats:
        out = np.full(self.n, np.nan)
        out[self.any] = values[self.start[self.any]]
        return out

    def max(self, values: Array, where: Array | None = None) -> Floats:
        """Greatest value; NaN where there are no rows."""
        member = self.member if where is None else self.member[where]
        chosen = np.asarray(values if where is None else values[where], dtype=np.float64)
        out = np.full(self.n, np.nan)
        if len(chosen):
            starts = np.flatnonzero(np.r_[True, member[1:] != member[:-1]])
            out[member[starts]] = np.fmax.reduceat(chosen, starts)
        return out

    def is_first(self) -> Flags:
        """For each row: whether it is its member's first."""
        is_first: Flags = np.ones(len(self.member), dtype=bool)
        is_first[1:] = self.member[1:] != self.member[:-1]
        return is_first

    def before(self, values: Array) -> Floats:
        """For each row: the value of the row before it; NaN for a member's first."""
        if not len(values):
            return np.empty(0)
        shifted = np.r_[np.nan, np.asarray(values[:-1], dtype=np.float64)]
        return np.where(self.is_first(), np.nan, shifted)


def streak(groups: Groups, is_broken: Array) -> Floats:
    """Length of each member's last unbroken run of rows; a broken row begins a new run."""
    begins = np.flatnonzero(is_broken | groups.is_first())
    out = np.zeros(groups.n)
    if len(begins):
        run = np.searchsorted(begins, groups.end[groups.any] - 1, side="right") - 1
        out[groups.any] = groups.end[groups.any] - begins[run]
    return out


def longest_streak(groups: Groups, is_broken: Array) -> Floats:
    """Length of each member's longest unbroken run of rows."""
    begins = np.flatnonzero(is_broken | groups.is_first())
    if not len(begins):
        return np.zeros(groups.n)
    length = np.diff(np.r_[begins, len(groups.member)])
    runs = Groups(groups.member[begins], groups.n)
    return np.nan_to_num(runs.max(length), nan=0.0)


def within(days: Array, low: int, high: int) -> Flags:
    """Days in [low, high); a date that is not set is never within."""
    return np.asarray((days != NO_DAY) & (days >= low) & (days < high))


def take_rows(columns: Columns, chosen: Array) -> Columns:
    return {name: column[chosen] for name, column in columns.items()}
