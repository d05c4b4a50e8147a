"""Committee roles as they stood before a day."""

import numpy as np

from imis_ai.features.calc.arrays import NO_DAY, Array, Columns, Floats, Groups, take_rows, within


class Committees:
    """`rows` sorted by member and start: member, start_on, end_on, is_leader."""

    def __init__(self, rows: Columns, day: int, n: int) -> None:
        self.day, self.n = day, n
        self.rows = take_rows(rows, rows["start_on"] < day)
        self.by = Groups(self.rows["member"], n)
        self.has_left = within(self.rows["end_on"], NO_DAY + 1, day)
        self.is_leader = self.rows["is_leader"] == 1

    def now(self) -> Floats:
        return self._number(~self.has_left)

    def leads(self) -> Floats:
        return np.minimum(self._number(~self.has_left & self.is_leader), 1.0)

    def ever(self) -> Floats:
        return self._number(np.ones(len(self.has_left), dtype=bool))

    def left_within(self, days: int, *, leaders: bool = False) -> Floats:
        """Roles that ended in the window."""
        recent = within(self.rows["end_on"], self.day - days, self.day)
        return self._number(recent & self.is_leader if leaders else recent)

    def days_since_left(self) -> Floats:
        return self.day - self.by.max(self.rows["end_on"], where=self.has_left)

    def days_served(self) -> Floats:
        """Days in all roles together."""
        until = np.where(self.has_left, self.rows["end_on"], self.day)
        return (
            self.by.sum(np.maximum(until - self.rows["start_on"], 0))
            if len(until)
            else np.full(self.n, np.nan)
        )

    def _number(self, flags: Array) -> Floats:
        return self.by.number(flags) if len(flags) else np.full(self.n, np.nan)
