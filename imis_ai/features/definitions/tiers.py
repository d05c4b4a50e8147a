"""Tier and price, and how they moved."""

# ruff: noqa: E501  a table: one feature per line

import numpy as np

from imis_ai.features.calc.arrays import Floats, known, ratio
from imis_ai.features.calc.asof import AsOf
from imis_ai.features.definitions.base import ALL_HISTORY, NO_TERM, NOW, group

f = group(source="terms, tiers")
prices = group(source="terms, price list", sensitivity="financial")

NO_PRICE = "empty when the terms carry no price"
NO_LIST = "empty when there is no price list for the tier"


def _moved(at: AsOf, up: bool) -> Floats:
    step = np.nan_to_num(at.terms.rank_step)
    return known(at.terms.by.number(step > 0 if up else step < 0), at.terms.by.any)


def _list_change(at: AsOf) -> Floats:
    """List price today against the list price of the day the present term began."""
    then = at.terms.list_price_at(at.terms.by.last(at.terms.start))
    return ratio(at.terms.list_price, then) - 1


FEATURES = (
    f("tier.rank", "Rank of the present tier (1 is the cheapest)", "rank", NOW, NO_TERM, lambda at: at.terms.by.last(at.terms.rank)),
    f("tier.rank_step", "Ranks gained or lost with the present term", "ranks", ALL_HISTORY, "empty with fewer than two terms", lambda at: at.terms.by.last(at.terms.rank_step)),
    f("tier.rank_below_best", "Ranks below the highest tier ever held", "ranks", ALL_HISTORY, NO_TERM, lambda at: at.terms.by.max(at.terms.rank) - at["tier.rank"]),
    f("tier.changes", "Changes of tier so far", "changes", ALL_HISTORY, NO_TERM, lambda at: at["tier.upgrades"] + at["tier.downgrades"]),
    f("tier.upgrades", "Upgrades so far", "upgrades", ALL_HISTORY, NO_TERM, lambda at: _moved(at, up=True)),
    f("tier.downgrades", "Downgrades so far", "downgrades", ALL_HISTORY, NO_TERM, lambda at: _moved(at, up=False)),
    f("tier.days_since_change", "Days since the tier last changed", "days", ALL_HISTORY, "empty when it never changed", lambda at: at.day - at.terms.last_rank_step_on()),
    prices("tier.price", "Price of the present term", "money", NOW, NO_PRICE, lambda at: at.terms.price()),
    prices("tier.price_change_since_last_term", "Price of the present term against the one before (0.1 = 10 % more)", "share", ALL_HISTORY, "empty with fewer than two priced terms", lambda at: ratio(at.terms.price(), at.terms.price(back=1)) - 1),
    prices("tier.price_rise_ahead", "Rise of the tier's list price since the present term began (0.1 = 10 %)", "share", NOW, NO_LIST, _list_change),
    prices("tier.first_term_after_price_rise", "1 when the next renewal is the first one at a higher list price", "yes or no", NOW, NO_LIST, lambda at: known(at["tier.price_rise_ahead"] > 0.005, ~np.isnan(at["tier.price_rise_ahead"]))),
)  # fmt: skip
