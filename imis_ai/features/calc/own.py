"""Activity kinds that the product does not know: the last occasion against the one before it."""

import numpy as np

from imis_ai.features.calc.activity import History
from imis_ai.features.calc.arrays import NO_DAY, Array, Flags, Floats, known
from imis_ai.features.calc.places import FEWEST, MOST, POOLED, numbered


class Own:
    """An occasion is a day with at least one row; its quantity is the sum of that day's rows."""

    def __init__(self, history: History, day: int) -> None:
        self.n, self.day, self.history = history.n, day, history
        self.member, self.days = history.rows(None, day, "member", "day")
        self.last = history.last_day(day)
        self.previous = self._day_before(self.last)
        self.members = int((self.last != NO_DAY).sum())

    def _day_before(self, limit: Array) -> Array:
        """Each member's last day before their own `limit`."""
        earlier = np.flatnonzero(self.days < limit[self.member])
        member, days = self.member[earlier], self.days[earlier]
        out = np.full(self.n, NO_DAY, dtype=np.int32)
        np.maximum.at(out, member, days)
        return out

    def _column(self, name: str) -> Array:
        return self.history.rows(None, self.day, name)[0]

    def quantity(self, occasion: Array) -> Floats:
        """Total quantity on each member's day `occasion`; NaN where no row of that day has one."""
        return self._total("quantity", self._is_on(occasion))

    def quantity_mean(self, days: int) -> Floats:
        """Mean quantity of the rows of the window that have one."""
        chosen = self.days >= self.day - days
        values = self._column("quantity").astype(np.float64)
        usable = chosen & ~np.isnan(values)
        number = np.bincount(self.member[usable], minlength=self.n)
        total = np.bincount(self.member[usable], weights=values[usable], minlength=self.n)
        return known(total / np.maximum(number, 1), number > 0)

    def number(self, occasion: Array) -> Floats:
        """Least number in the details of that day, such as a price level; NaN where there is none."""
        values = self._column("number").astype(np.float64)
        usable = self._is_on(occasion) & ~np.isnan(values)
        out = np.full(self.n, np.inf)
        np.minimum.at(out, self.member[usable], values[usable])
        return known(out, np.isfinite(out))

    def word(self, name: str, occasion: Array) -> Array:
        """The word of that day (of several, always the same one); 0 where there is none."""
        values = self._column(name)
        usable = self._is_on(occasion) & (values != 0)
        out = np.full(self.n, np.iinfo(np.int64).min)
        np.maximum.at(out, self.member[usable], values[usable])
        return np.where(out == np.iinfo(np.int64).min, 0, out)

    def rows_on(self, occasion: Array) -> Floats:
        return np.bincount(self.member[self._is_on(occasion)], minlength=self.n).astype(np.float64)

    def has_changed(self, name: str) -> Floats:
        """1 when the word of the last occasion is not that of the one before; NaN without two occasions."""
        now, before = self.word(name, self.last), self.word(name, self.previous)
        return known((now != before).astype(float), (now != 0) & (before != 0))

    def category(self, name: str) -> Floats:
        """Number of the last occasion's word in order of first appearance; 0 pools rare ones."""
        order = self.history.order(name)
        code = numbered(self.word(name, self.last), order)
        size = np.bincount(code, minlength=len(order) + 1)[code]
        pooled = np.where((size < FEWEST) | (code > MOST), POOLED, code)
        is_named = self.history.valued_before(name, self.day)
        return known(pooled, (self.last != NO_DAY) & is_named)

    def different(self, name: str) -> Floats:
        return self.history.distinct(name, None, self.day).astype(np.float64)

    def _is_on(self, occasion: Array) -> Flags:
        return np.asarray(self.days == occasion[self.member])

    def _total(self, name: str, chosen: Flags) -> Floats:
        values = self._column(name).astype(np.float64)
        usable = chosen & ~np.isnan(values)
        total = np.bincount(self.member[usable], weights=values[usable], minlength=self.n)
        return known(total, np.bincount(self.member[usable], minlength=self.n) > 0)
