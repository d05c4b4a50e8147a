"""Everything that was known before one day, for all members at once: what formulas are written in."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TypeVar

import numpy as np

from imis_ai.features.calc.activity import History
from imis_ai.features.calc.arrays import NO_DAY, Array, Columns, Flags, Floats, known
from imis_ai.features.calc.committees import Committees
from imis_ai.features.calc.events import Events
from imis_ai.features.calc.money import Money
from imis_ai.features.calc.own import Own
from imis_ai.features.calc.places import FEWEST, Categories, appearance, numbered
from imis_ai.features.calc.terms import Terms

Result = TypeVar("Result")
Formula = Callable[["AsOf"], Array]


@dataclass
class Sources:
    """The data itself, not yet cut at a day. Row `i` of every member array is member `i`.

    `tables` are sorted by member and then by their date; `words` gives the hash of a known word.
    """

    members: Columns
    activities: Mapping[str, History]
    tables: Mapping[str, Columns]
    words: Mapping[str, int]
    grace: int
    kept: dict[str, object] = field(default_factory=dict)

    @property
    def n(self) -> int:
        return len(self.members["id"])

    def keep(self, name: str, make: Callable[[], Result]) -> Result:
        """A result that is the same for every day, made once."""
        if name not in self.kept:
            self.kept[name] = make()
        return self.kept[name]  # type: ignore[return-value]

    @cached_property
    def first_seen(self) -> Array:
        """First day on which each member is known by a join date, a term or an activity; NO_DAY if never."""
        far = np.iinfo(np.int32).max
        first = np.where(self.members["joined_on"] == NO_DAY, far, self.members["joined_on"])
        terms = self.tables["term"]
        np.minimum.at(first, terms["member"], terms["start_on"])
        for history in self.activities.values():
            seen = history.first_day(far)
            first = np.minimum(first, np.where(seen == NO_DAY, far, seen))
        return np.where(first == far, NO_DAY, first)

    def number(self, column: str) -> Array:
        """Each member's category in order of first appearance, from 1; 0 where the word is empty."""
        return self.keep(f"number {column}", lambda: self._number(self.members[column]))

    def _number(self, words: Array) -> Array:
        is_usable = (words != 0) & (self.first_seen != NO_DAY)
        return numbered(words, appearance(words[is_usable], self.first_seen[is_usable]))


class AsOf:
    """One day's view. `at["name"]` is the value of another feature; every result has one value per member."""

    def __init__(self, sources: Sources, day: int, formulas: Mapping[str, Formula]) -> None:
        self.sources, self.day, self.n = sources, day, sources.n
        self._formulas = formulas
        self._values: dict[str, Array] = {}
        self._counts: dict[tuple[str, int | None], Array] = {}
        self._own: dict[str, Own | None] = {}

    def __getitem__(self, name: str) -> Array:
        if name not in self._values:
            self._values[name] = self._formulas[name](self)
        return self._values[name]

    # who

    @cached_property
    def is_known(self) -> Flags:
        """Had joined, held a term or done anything before this day, and is neither gone nor merged."""
        members, first = self.sources.members, self.sources.first_seen
        gone = members["gone_at"]
        is_gone = (gone != NO_DAY) & (gone < self.day)
        return np.asarray((first != NO_DAY) & (first < self.day) & ~is_gone & (members["is_merged"] == 0))

    @property
    def nothing(self) -> Floats:
        """Not available for anybody."""
        return np.full(self.n, np.nan)

    def everybody(self, value: float) -> Floats:
        """The same number for each member."""
        return np.full(self.n, value)

    def days_ago(self, days: int) -> Floats:
        return self.everybody(float(self.day - days))

    @property
    def year(self) -> int:
        """Calendar year of the day."""
        return int(np.datetime64(self.day, "D").astype("datetime64[Y]").astype(int)) + 1970

    # activities

    def history(self, kind: str) -> History:
        return self.sources.activities.get(kind) or History((), self.n)

    def has(self, kind: str) -> bool:
        return self.history(kind).starts_before(self.day)

    def count(self, kind: str, days: int | None = None) -> Array:
        """Rows in the last `days` (without it, all so far); NaN when iMIS holds none of this kind yet."""
        if not self.has(kind):
            return self.nothing
        key = (kind, days)
        if key not in self._counts:
            self._counts[key] = self._count(kind, days)
        return self._counts[key].astype(np.float64)

    def _count(self, kind: str, days: int | None) -> Array:
        """Adds only what lies beyond the longest shorter window that is counted already."""
        shorter = [d for k, d in self._counts if k == kind and d is not None and (days is None or d < days)]
        low = None if days is None else self.day - days
        high = self.day - max(shorter) if shorter else self.day
        counted = self.history(kind).count(low, high)
        return counted + self._counts[kind, max(shorter)] if shorter else counted

    def days_since(self, kind: str) -> Floats:
        """Days from the last row to this day (1 = yesterday); NaN where there was none."""
        last = self.history(kind).last_day(self.day)
        return known(self.day - last.astype(np.float64), last != NO_DAY)

    def days_since_first(self, kind: str) -> Floats:
        first = self.history(kind).first_day(self.day)
        return known(self.day - first.astype(np.float64), first != NO_DAY)

    def total(self, kind: str, column: str, days: int | None = None) -> Floats:
        """Sum of a column in the window; NaN when no row of this kind ever had a value there."""
        history = self.history(kind)
        if not self.has(kind) or not history.valued_before(column, self.day):
            return self.nothing
        return history.total(column, None if days is None else self.day - days, self.day)

    def days_since_any(self, *kinds: str) -> Floats:
        """Days since the last row of any of these kinds; NaN where there was none."""
        last = np.full(self.n, NO_DAY, dtype=np.int32)
        for kind in kinds:
            np.maximum(last, self.history(kind).last_day(self.day), out=last)
        return known(self.day - last.astype(np.float64), last != NO_DAY)

    def own(self, kind: str) -> Own | None:
        """Rows of a kind that only this association has; None while fewer than five members have any."""
        if kind not in self._own:
            found = Own(self.history(kind), self.day)
            self._own[kind] = found if found.members >= FEWEST else None
        return self._own[kind]

    # the smaller tables

    @cached_property
    def terms(self) -> Terms:
        tables = self.sources.tables
        return Terms(
            tables["term"], tables["tier"], tables["tier_price"], self.day, self.n, self.sources.grace
        )

    @cached_property
    def events(self) -> Events:
        return Events(self.sources.tables["registration"], self.day, self.n, self.sources.words)

    @cached_property
    def money(self) -> Money:
        return Money(self.sources.tables, self.day, self.n, self.sources.words)

    @cached_property
    def committees(self) -> Committees:
        return Committees(self.sources.tables["committee_role"], self.day, self.n)

    @cached_property
    def categories(self) -> Categories:
        first = self.sources.first_seen
        return Categories(self.sources.number, (first != NO_DAY) & (first < self.day))
