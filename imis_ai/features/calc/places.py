"""Categories (chapter, city, ...) as numbers that never change and never single out a few people."""

from collections.abc import Callable

import numpy as np

from imis_ai.features.calc.arrays import Array, Flags, Floats

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
    """Columns of words of the members; only members seen before the day count.

    `number(column)` is each member's category in order of first appearance over all time: later members only
    add numbers at the end, so it serves every day.
    """

    def __init__(self, number: Callable[[str], Array], is_seen: Flags) -> None:
        self._number, self.is_seen = number, is_seen

    def code(self, column: str) -> Floats:
        """Number of the category; 0 pools those with fewer than five members; NaN where the word is empty.

        A number never changes as time goes on, so a model trained on an earlier day reads it right.
        """
        number, size = self._sized(column)
        return np.where(number == 0, np.nan, np.where((size < FEWEST) | (number > MOST), POOLED, number))

    def size(self, column: str) -> Floats:
        """Members in the same category, 0 for fewer than five; NaN where the word is empty."""
        number, size = self._sized(column)
        return np.where(number == 0, np.nan, np.where(size < FEWEST, POOLED, size))

    def _sized(self, column: str) -> tuple[Array, Array]:
        number = self._number(column)
        size = np.bincount(number[self.is_seen], minlength=int(number.max(initial=0)) + 1)
        return number, size[number]
