"""Features of activity kinds that only this association has: every kind the product does not know gets its own."""

# ruff: noqa: E501  a table: one feature per line

import re
from collections.abc import Callable

import numpy as np

from imis_ai.features.calc.arrays import Array, trend
from imis_ai.features.calc.asof import AsOf
from imis_ai.features.calc.own import Own
from imis_ai.features.definitions.base import ALL_HISTORY, NEVER, ZERO, Feature, group

PREFIX = "own."
FEW = "; not available while fewer than five members have any"
TWICE = "empty with fewer than two occasions"


def safe(kind: str) -> str:
    """A kind's name as part of a feature name."""
    return re.sub(r"[^a-z0-9]+", "_", kind.lower()).strip("_") or "unnamed"


def features_of(kind: str) -> tuple[Feature, ...]:
    """The features of one kind, named `own.<kind>_...`. An occasion is a day with at least one row."""
    f = group(source=f"activities: {kind}", sensitivity="behaviour")
    base, words = f"{PREFIX}{safe(kind)}", kind.replace("_", " ")

    def counted(days: int) -> Feature:
        return f(f"{base}_count_{days}", f"{words}: number in the last {days} days", "times", days, ZERO + FEW, _if_any(kind, lambda at, _: at.count(kind, days)))  # fmt: skip

    def made(name: str, meaning: str, unit: str, missing: str, how: Callable[[AsOf, Own], Array], **other: object) -> Feature:  # fmt: skip
        return f(
            f"{base}_{name}",
            f"{words}: {meaning}",
            unit,
            ALL_HISTORY,
            missing + FEW,
            _if_any(kind, how),
            **other,
        )

    return (
        *(counted(days) for days in (30, 90, 365, 730)),
        made("count", "number so far", "times", ZERO, lambda at, _: at.count(kind)),
        made("days_since", "days since the last", "days", NEVER, lambda at, _: at.days_since(kind)),
        made("days_since_first", "days since the first", "days", NEVER, lambda at, _: at.days_since_first(kind)),
        made("trend", "pace of the last 90 days against the 275 before (0 same, below 0 slower)", "log ratio", ZERO, lambda at, _: trend(at.count(kind, 90), 90, at.count(kind, 365))),
        made("rows_last", "number on the last occasion", "times", NEVER, lambda at, o: np.where(o.last > -(10**6), o.rows_on(o.last), np.nan)),
        made("quantity_last", "quantity of the last occasion", "quantity", NEVER, lambda at, o: o.quantity(o.last)),
        made("quantity_change", "quantity of the last occasion less that of the one before", "quantity", TWICE, lambda at, o: o.quantity(o.last) - o.quantity(o.previous)),
        made("quantity_mean_1095", "average quantity in the last three years", "quantity", NEVER, lambda at, o: o.quantity_mean(1095)),
        made("amount_365", "amount of the last 365 days", "money", ZERO, lambda at, _: at.total(kind, "amount", 365)),
        made("number_last", "number in the detail of the last occasion, such as a price level", "number", NEVER, lambda at, o: o.number(o.last)),
        made("number_change", "that number less the one of the occasion before", "number", TWICE, lambda at, o: o.number(o.last) - o.number(o.previous)),
        made("references", "different references so far", "references", ZERO, lambda at, o: o.different("reference")),
        made("reference", "reference of the last occasion, numbered in order of first appearance", "category", NEVER, lambda at, o: o.category("reference"), is_category=True, of_all=True),
        made("reference_changed", "1 when the last reference differs from the one before", "yes or no", TWICE, lambda at, o: o.has_changed("reference")),
        made("detail", "detail of the last occasion without its numbers, numbered in order of first appearance", "category", NEVER, lambda at, o: o.category("detail"), is_category=True, of_all=True),
        made("detail_changed", "1 when the last detail differs from the one before", "yes or no", TWICE, lambda at, o: o.has_changed("detail")),
    )  # fmt: skip


def _if_any(kind: str, how: Callable[[AsOf, Own], Array]) -> Callable[[AsOf], Array]:
    def formula(at: AsOf) -> Array:
        own = at.own(kind)
        return at.nothing if own is None else how(at, own)

    return formula
