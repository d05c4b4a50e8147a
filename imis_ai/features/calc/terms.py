"""Membership periods that had begun before a day: length, gaps, runs, tiers and prices."""

from functools import cached_property

import numpy as np

from imis_ai.features.calc.arrays import (
    NO_DAY,
    YEAR,
    Array,
    Columns,
    Floats,
    Groups,
    known,
    longest_streak,
    ratio,
    streak,
    take_rows,
    within,
)  # fmt: skip


class Terms:
    """`terms` sorted by member and start: member, start_on, end_on, resigned_on, tier, price, is_autopay."""

    def __init__(self, terms: Columns, tiers: Columns, prices: Columns, day: int, n: int, grace: int) -> None:
        self.day, self.n, self.grace = day, n, grace
        self._terms, self._tiers, self._prices = terms, tiers, prices
        self.rows = take_rows(terms, terms["start_on"] < day)
        self.by = Groups(self.rows["member"], n)
        self.start = self.rows["start_on"].astype(np.float64)
        self.end = self._ends()

    def _ends(self) -> Floats:
        """The last covered day: as sold, unless a resignation had taken effect by this day."""
        resigned = self.rows["resigned_on"]
        took_effect = within(resigned, NO_DAY + 1, self.day)
        return np.where(took_effect, np.minimum(resigned, self.rows["end_on"]), self.rows["end_on"]).astype(
            float
        )

    @cached_property
    def gap(self) -> Floats:
        """Per row: uncovered days since the term before; negative for an early start, NaN for the first."""
        return self.start - self.by.before(self.end) - 1

    @cached_property
    def is_broken(self) -> Array:
        """Per row: began more than the grace period after the term before it ended."""
        return self.gap > self.grace

    def within_years(self, years: int) -> Floats:
        """Number of terms that began in the last `years` years."""
        return self.by.number(self.start >= self.day - years * YEAR)

    @property
    def count(self) -> Floats:
        return self.by.count.astype(np.float64)

    @property
    def run(self) -> Floats:
        """Terms in a row up to now without a gap beyond grace."""
        return known(streak(self.by, self.is_broken), self.by.any)

    @property
    def longest_run(self) -> Floats:
        return known(longest_streak(self.by, self.is_broken), self.by.any)

    @cached_property
    def run_start(self) -> Floats:
        """First day of the present run."""
        out = np.full(self.n, np.nan)
        has = self.by.any
        out[has] = self.start[(self.by.end[has] - streak(self.by, self.is_broken)[has]).astype(int)]
        return out

    @property
    def share_of_possible(self) -> Floats:
        """Share of the days since the first term that were covered, of those that had passed."""
        until = np.minimum(self.end + 1, self.day)
        covered = self.by.sum(np.maximum(until - self.start, 0))
        return np.minimum(ratio(covered, self.day - self.by.first(self.start)), 1.0)

    @property
    def late_renewals(self) -> Floats:
        """Renewals that began after the term before had ended, but within grace."""
        return known(self.by.number((self.gap > 0) & ~self.is_broken), self.by.any)

    @property
    def gaps(self) -> Floats:
        return known(self.by.number(self.is_broken), self.by.any)

    @property
    def gap_days(self) -> Floats:
        return known(self.by.sum(np.where(self.is_broken, self.gap, 0.0)), self.by.any)

    def days_to_end(self) -> Floats:
        """Days from this day to the end of the last begun term; negative when it has ended."""
        return self.by.last(self.end) - self.day

    def days_into_term(self) -> Floats:
        return self.day - self.by.last(self.start)

    def term_days(self) -> Floats:
        return self.by.last(self.end) - self.by.last(self.start) + 1

    def year_start(self) -> Floats:
        """First day of the present membership year: the term's start or its last anniversary."""
        start = self.by.last(self.start)
        return start + np.floor((self.day - 1 - start) / YEAR) * YEAR

    def autopay(self) -> Floats:
        """1 when the last begun term was paid automatically; NaN where iMIS names no method."""
        return self.by.last(known(self.rows["is_autopay"], self.rows["has_method"]))

    # tiers

    @cached_property
    def rank(self) -> Floats:
        """Per row: rank of the tier, NaN when the term names none."""
        return lookup(self.rows["tier"], self._tiers["code"], self._tiers["rank"])

    @cached_property
    def rank_step(self) -> Floats:
        """Per row: rank gained or lost against the term before."""
        return self.rank - self.by.before(self.rank)

    def last_rank_step_on(self) -> Floats:
        """Day of the last change of tier."""
        moved = np.nan_to_num(self.rank_step) != 0
        return self.by.max(self.start, where=moved)

    # prices

    @cached_property
    def list_price(self) -> Floats:
        """Price list of the present tier, by the last entry dated before this day."""
        return self.list_price_at(np.full(self.n, self.day - 1.0))

    def list_price_at(self, when: Floats) -> Floats:
        """Price list of each member's present tier on a day of their own."""
        known_prices = take_rows(self._prices, self._prices["effective_on"] < self.day)
        tier = self._present_tier()
        out = np.full(self.n, np.nan)
        for code in np.unique(known_prices["tier"]):
            chosen = known_prices["tier"] == code
            order = np.argsort(known_prices["effective_on"][chosen], kind="stable")
            days = known_prices["effective_on"][chosen][order]
            prices = known_prices["price"][chosen][order]
            mine = (tier == code) & self.by.any
            at = np.searchsorted(days, when[mine], side="right") - 1
            out[mine] = np.where(at >= 0, prices[np.maximum(at, 0)], np.nan)
        return out

    def _present_tier(self) -> Array:
        out = np.zeros(self.n, dtype=np.int64)
        out[self.by.any] = self.rows["tier"][self.by.end[self.by.any] - 1]
        return out

    def price(self, back: int = 0) -> Floats:
        """Price of the last begun term, or of the one `back` terms before."""
        return self.by.last(self.rows["price"], back)

    def renewal_rate(self, days: int) -> float:
        """Share of the terms that ended in the `days` up to one grace period ago and were followed in time.

        One number for the whole association, NaN with fewer than 30 such terms.
        """
        final = self.day - self.grace - 1
        ended = (self.end >= final - days) & (self.end < final)
        follows = np.r_[~self.by.is_first()[1:] & (self.gap[1:] <= self.grace), False][: len(self.end)]
        return float(follows[ended].mean()) if ended.sum() >= 30 else float("nan")


def lookup(codes: Array, keys: Array, values: Array) -> Floats:
    """The value of each code's key; NaN for a code that is no key."""
    if not len(keys):
        return np.full(len(codes), np.nan)
    order = np.argsort(keys)
    at = np.minimum(np.searchsorted(keys, codes, sorter=order), len(keys) - 1)
    found = order[at]
    return np.where(keys[found] == codes, values[found].astype(np.float64), np.nan)
