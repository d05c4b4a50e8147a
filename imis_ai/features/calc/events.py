"""Registrations made before a day, and attendance as far as the event had begun by then."""

from collections.abc import Mapping

import numpy as np

from imis_ai.features.calc.arrays import (
    NO_DAY,
    Array,
    Columns,
    Flags,
    Floats,
    Groups,
    known,
    ratio,
    take_rows,
    within,
)


class Events:
    """Sorted by member and event day; event_day and event_kind come from the event."""

    def __init__(self, rows: Columns, day: int, n: int, words: Mapping[str, int]) -> None:
        self.day, self.n, self.words = day, n, words
        self.rows = take_rows(rows, rows["registered_at"] < day)
        self.by = Groups(self.rows["member"], n)
        self.is_available = len(self.rows["member"]) > 0
        cancelled = within(self.rows["cancelled_at"], NO_DAY + 1, day)
        self.is_over = self.rows["event_day"] < day
        self.attended = self.is_over & (self.rows["attended"] == 1)
        self.missed = self.is_over & (self.rows["attended"] == 0) & ~cancelled
        self.cancelled = cancelled

    def of_kind(self, kind: str | None) -> Flags:
        if kind is None:
            return np.ones(len(self.rows["member"]), dtype=bool)
        return np.asarray(self.rows["event_kind"] == self.words[kind])

    def registered(self, days: int, *, until: int = 0) -> Floats:
        """Registrations made in the window of `days` that ended `until` days ago."""
        window = within(self.rows["registered_at"], self.day - until - days, self.day - until)
        return self._known(self.by.number(window))

    def came(self, days: int | None, kind: str | None = None, *, until: int = 0) -> Floats:
        """Events attended, by the event's day; NaN when iMIS knows no attendance of that kind yet."""
        return self._number(self.attended, days, kind, until)

    def stayed_away(self, days: int | None, kind: str | None = None) -> Floats:
        return self._number(self.missed, days, kind, 0)

    def _number(self, flags: Array, days: int | None, kind: str | None, until: int) -> Floats:
        of_kind = self.of_kind(kind)
        if not ((self.attended | self.missed) & of_kind).any():
            return np.full(self.n, np.nan)
        low = NO_DAY + 1 if days is None else self.day - until - days
        return self.by.number(flags & of_kind & within(self.rows["event_day"], low, self.day - until))

    def no_show_rate(self, days: int) -> Floats:
        """Missed among attended and missed; NaN where there was nothing to attend."""
        missed, came = self.stayed_away(days), self.came(days)
        return ratio(missed, missed + came)

    def missed_in_a_row(self) -> Floats:
        """Events missed since the last one attended."""
        chosen = np.flatnonzero(self.attended | self.missed)
        by = Groups(self.rows["member"][chosen], self.n)
        last_came = by.max(np.where(self.attended[chosen], np.arange(len(chosen)), -1))
        out = np.where(last_came >= 0, by.end - 1 - last_came, by.count)
        return known(out, by.any)

    def days_since(self, flags: Array) -> Floats:
        return self.day - self.by.max(self.rows["event_day"], where=flags)

    def usual_gap(self) -> Floats:
        """Mean days between events attended; NaN with fewer than two days."""
        by = Groups(self.rows["member"][self.attended], self.n)
        days = self.rows["event_day"][self.attended].astype(np.float64)
        number = by.number(np.nan_to_num(by.before(days), nan=-1e9) != days)
        return ratio(by.last(days) - by.first(days), number - 1)

    def upcoming(self) -> Floats:
        """Registrations for events still to come."""
        return self._known(self.by.number(~self.is_over & ~self.cancelled))

    def cancel_rate(self, days: int) -> Floats:
        window = within(self.rows["registered_at"], self.day - days, self.day)
        return ratio(self.by.number(window & self.cancelled), self.by.number(window))

    def _known(self, values: Floats) -> Floats:
        return values if self.is_available else np.full(self.n, np.nan)
