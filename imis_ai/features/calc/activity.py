"""Windows over the rows of one activity kind, for all members at once."""

from collections.abc import Sequence

import numpy as np

from imis_ai.features.calc.arrays import NO_DAY, Array, Columns, Floats, ratio
from imis_ai.features.calc.places import appearance

EMPTY: Columns = {"member": np.empty(0, dtype=np.int32), "day": np.empty(0, dtype=np.int32)}

WORD_BITS = 40  # of a word's hash, beside the member in one sort key; enough to tell one member's words apart


class History:
    """All rows of one kind in one or two segments, each sorted by day. `n` members; `low` <= day < `high`."""

    def __init__(self, segments: Sequence[Columns], n: int) -> None:
        self.segments = segments or (EMPTY,)
        self.n = n
        self.begins = min((int(part["day"][0]) for part in segments if len(part["day"])), default=None)
        self._last: tuple[int, Array] | None = None
        self._valued: dict[str, int | None] = {}
        self._orders: dict[str, Array] = {}
        self._visits: tuple[Array, Array] | None = None

    def starts_before(self, high: int) -> bool:
        """Whether there is any row at all before this day: without one the source is not there yet."""
        return self.begins is not None and self.begins < high

    def valued_before(self, name: str, high: int) -> bool:
        """Whether any row before this day has a value in the column."""
        if name not in self._valued:
            days = [_first_value(part, name) for part in self.segments if name in part]
            self._valued[name] = min((day for day in days if day is not None), default=None)
        begins = self._valued[name]
        return begins is not None and begins < high

    def order(self, name: str) -> Array:
        """The words of a column in order of first appearance. Later rows only add to its end."""
        if name not in self._orders:
            day, values = self.rows(None, np.iinfo(np.int32).max, "day", name)
            self._orders[name] = appearance(values[values != 0], day[values != 0])
        return self._orders[name]

    def rows(self, low: int | None, high: int, *names: str) -> tuple[Array, ...]:
        """Columns of the rows in the window. A column that a segment lacks is NaN there (0 for words)."""
        parts = []
        for part in self.segments:
            day = part["day"]
            begin = 0 if low is None else position(day, low)
            end = position(day, high)
            parts.append(tuple(_column(part, name)[begin:end] for name in names))
        if len(parts) == 1:
            return parts[0]
        return tuple(np.concatenate(column) for column in zip(*parts, strict=True))

    def count(self, low: int | None, high: int) -> Array:
        (member,) = self.rows(low, high, "member")
        return np.bincount(member, minlength=self.n)

    def total(self, name: str, low: int | None, high: int) -> Floats:
        """Sum of a column; rows without a value add nothing."""
        member, values = self.rows(low, high, "member", name)
        weights = np.nan_to_num(values.astype(np.float64))
        return np.asarray(np.bincount(member, weights=weights, minlength=self.n), dtype=np.float64)

    def last_day(self, high: int) -> Array:
        """Day of the last row before `high`; NO_DAY where there is none. Cheap for rising `high`."""
        if self._last is None or self._last[0] > high:
            self._last = (NO_DAY, np.full(self.n, NO_DAY, dtype=np.int32))
        since, last = self._last
        last = last.copy()
        for part in self.segments:
            begin, end = position(part["day"], since), position(part["day"], high)
            newest = np.full(self.n, NO_DAY, dtype=np.int32)
            newest[part["member"][begin:end]] = part["day"][begin:end]  # sorted by day: the last one stays
            np.maximum(last, newest, out=last)
        self._last = (high, last)
        return last

    def first_day(self, high: int) -> Array:
        """Day of the first row before `high`; NO_DAY where there is none."""
        never = np.iinfo(np.int32).max
        first = np.full(self.n, never, dtype=np.int32)
        for part in self.segments:
            end = position(part["day"], high)
            earliest = np.full(self.n, never, dtype=np.int32)
            earliest[part["member"][:end][::-1]] = part["day"][:end][::-1]
            np.minimum(first, earliest, out=first)
        return np.where(first == never, NO_DAY, first)

    def first_day_from(self, low: int, high: int) -> Floats:
        """Day of the first row in the window; NaN where there is none."""
        out = np.full(self.n, np.inf)
        for part in self.segments:
            begin, end = position(part["day"], low), position(part["day"], high)
            earliest = np.full(self.n, np.inf)
            earliest[part["member"][begin:end][::-1]] = part["day"][begin:end][::-1]
            np.minimum(out, earliest, out=out)
        return np.where(np.isinf(out), np.nan, out)

    def mean(self, name: str, low: int | None, high: int) -> Floats:
        """Mean of a column over the rows that have a value; NaN where none has."""
        member, values = self.rows(low, high, "member", name)
        usable = ~np.isnan(values)
        number = np.bincount(member[usable], minlength=self.n)
        total = np.bincount(member[usable], weights=values[usable].astype(np.float64), minlength=self.n)
        return ratio(total, number)

    def days(self, low: int, high: int) -> Array:
        """On how many different days there was a row."""
        if self._visits is None:
            self._visits = self._one_a_day()
        member, day = self._visits
        return np.bincount(member[position(day, low) : position(day, high)], minlength=self.n)

    def _one_a_day(self) -> tuple[Array, Array]:
        """One row per member and day, sorted by day."""
        member, day = self.rows(None, np.iinfo(np.int32).max, "member", "day")
        if len(self.segments) > 1:
            order = np.argsort(day, kind="stable")
            member, day = member[order], day[order]
        last, is_new = np.full(self.n, NO_DAY, dtype=np.int32), np.empty(len(day), dtype=bool)
        edges = np.flatnonzero(np.r_[True, day[1:] != day[:-1], True]) if len(day) else np.zeros(1, dtype=int)
        for begin, end in zip(edges[:-1].tolist(), edges[1:].tolist(), strict=True):
            today = member[begin:end]
            last[today] = np.arange(begin, end)  # of a member's rows of the day the last one stays
            is_new[begin:end] = last[today] == np.arange(begin, end)
        return member[is_new], day[is_new]

    def distinct(self, name: str, low: int | None, high: int) -> Array:
        """How many different values of a word column; empty ones do not count."""
        member, values = self.rows(low, high, "member", name)
        named = values != 0
        key = np.sort((member[named].astype(np.int64) << WORD_BITS) | (values[named] & (2**WORD_BITS - 1)))
        is_new = np.r_[True, key[1:] != key[:-1]][: len(key)]
        return np.bincount(key[is_new] >> WORD_BITS, minlength=self.n)


def position(days: Array, day: int) -> int:
    """Number of rows before `day`. (A plain int would make numpy copy the whole column to compare it.)"""
    return int(np.searchsorted(days, days.dtype.type(day)))


def _first_value(part: Columns, name: str) -> int | None:
    column = part[name]
    has_value = ~np.isnan(column) if column.dtype.kind == "f" else column != 0
    return int(part["day"][np.argmax(has_value)]) if has_value.any() else None


def _column(part: Columns, name: str) -> Array:
    if name in part:
        return part[name]
    is_word = name in ("reference", "detail")
    return np.zeros(len(part["day"]), dtype=np.int64) if is_word else np.full(len(part["day"]), np.nan)
