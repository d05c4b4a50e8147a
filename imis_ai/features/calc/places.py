"""Categories (chapter, city, ...) as numbers that never change and never single out a few people."""

import numpy as np

from imis_ai.features.calc.arrays import NO_DAY, Array, Columns, Floats

FEWEST = 5  # a category with fewer members is pooled with the others like it
MOST = 200  # categories with a number of their own; later ones are pooled
POOLED = 0.0


def appearance(values: Array, first: Array) -> Array:
    """The distinct values in order of first appearance (`first`: a day per row; ties by value)."""
    distinct, inverse = np.unique(values, return_inverse=True)
    earliest = np.full(len(distinct), np.iinfo(np.int64).max)
    np.minimum.at(earliest, inverse, first)
    return distinct[np.lexsort((distinct, earliest))]


def numbered(values: Array, order: Array) -> Array:
    """Position of each value in `order`, from 1; 0 for one that is not there or is empty."""
    if not len(order):
        return np.zeros(len(values), dtype=np.int64)
    by_value = np.argsort(order)
    at = np.minimum(np.searchsorted(order, values, sorter=by_value), len(order) - 1)
    position = by_value[at]
    return np.where((order[position] == values) & (values != 0), position + 1, 0)


class Categories:
    """Columns of words of the members; only members seen before the day count."""

    def __init__(self, members: Columns, first_seen: Array, day: int) -> None:
        self.members, self.first_seen = members, first_seen
        self.is_seen = (first_seen != NO_DAY) & (first_seen < day)

    def code(self, column: str) -> Floats:
        """Number of the category in order of first appearance; 0 pools those with fewer than five members.

        A number never changes as time goes on, so a model trained on an earlier day reads it right.
        """
        number, size = self._sized(column)
        pooled = np.where((size < FEWEST) | (number > MOST), POOLED, number)
        return self._or_unknown(column, pooled)

    def size(self, column: str) -> Floats:
        """Members in the same category, where there are at least five; else 0."""
        _, size = self._sized(column)
        return self._or_unknown(column, np.where(size < FEWEST, POOLED, size))

    def _sized(self, column: str) -> tuple[Array, Array]:
        values = self.members[column]
        is_usable = self.is_seen & (values != 0)
        order = appearance(values[is_usable], self.first_seen[is_usable])
        number = numbered(values, order)
        size = np.bincount(number[is_usable], minlength=len(order) + 1)
        return number, size[number]

    def _or_unknown(self, column: str, values: Array) -> Floats:
        return np.where(self.members[column] != 0, values, np.nan)
