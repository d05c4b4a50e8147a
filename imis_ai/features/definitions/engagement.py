"""Scores over several signals: engagement, breadth, and what the member contributes."""

# ruff: noqa: E501  a table: one feature per line

import numpy as np

from imis_ai.features.calc.arrays import Floats
from imis_ai.features.calc.asof import AsOf
from imis_ai.features.definitions.base import ALL_HISTORY, NEVER, NOT_MARKETING, group

f = group(source="activities, registrations", sensitivity="behaviour")
gifts = group(source="activities: donation, purchase, sponsorship", sensitivity="financial")
money = group(
    source="invoices, activities: donation, purchase, sponsorship",
    sensitivity="financial",
    purposes=NOT_MARKETING | {"similarity"},
)

# weight, and the number that earns all of it
ENGAGEMENT = {
    "portal.logins_90": (0.4, 12),
    "events.attended_365": (0.4, 4),
    "community.posts_365": (0.2, 12),
}
VOLUNTARY = (
    "login", "page_view", "download", "email_open", "email_click", "community_post", "community_reply", "course_start",
    "course_complete", "benefit_use", "volunteer_shift", "donation", "purchase",
)  # fmt: skip
GIVING = ("donation", "purchase", "sponsorship")


def _engagement(at: AsOf) -> Floats:
    """0 to 100: visits (40), events (40) and posts (20), each up to its full number; missing sources do not count."""
    points, weights = np.zeros(at.n), np.zeros(at.n)
    for name, (weight, full) in ENGAGEMENT.items():
        value = at[name]
        is_there = ~np.isnan(value)
        points += np.where(is_there, weight * np.minimum(np.nan_to_num(value) / full, 1), 0)
        weights += np.where(is_there, weight, 0)
    return np.where(weights > 0, 100 * points / np.maximum(weights, 1e-9), np.nan)


def _breadth(at: AsOf, days: int) -> Floats:
    kinds = [kind for kind in VOLUNTARY if at.has(kind)]
    if not kinds:
        return at.nothing
    return np.sum([at.count(kind, days) > 0 for kind in kinds], axis=0).astype(np.float64)


def _contribution(at: AsOf, days: int | None) -> Floats:
    """Dues and other invoices settled, gifts, purchases and sponsorship in the window."""
    parts = [at.money.paid_amount(days), *(at.total(kind, "amount", days) for kind in GIVING)]
    known = [part for part in parts if not np.isnan(part).all()]
    return np.sum(known, axis=0) if known else at.nothing


def _value(at: AsOf) -> Floats:
    """Percentile of the contribution among all members of that day."""
    amount = np.where(at.is_known, at["value.contribution_365"], np.nan)
    ordered = np.sort(amount[~np.isnan(amount)])
    if not len(ordered):
        return at.nothing
    below = np.searchsorted(ordered, amount, side="left") + np.searchsorted(ordered, amount, side="right")
    return np.where(np.isnan(amount), np.nan, 50 * below / len(ordered))


FEATURES = (
    f("engagement.score", "Engagement from 0 to 100: portal visits of 90 days (12 earn 40 points), events attended in a year (4 earn 40), community posts in a year (12 earn 20)", "points", 365, "sources that iMIS does not hold are left out and the rest is scaled up", _engagement),
    f("engagement.breadth_90", "Ways of taking part used in the last 90 days", "ways", 90, "0 when none; not available without any activity", lambda at: _breadth(at, 90)),
    f("engagement.breadth_365", "Ways of taking part used in the last 365 days", "ways", 365, "0 when none; not available without any activity", lambda at: _breadth(at, 365)),
    f("engagement.days_since_any", "Days since the member last did anything", "days", ALL_HISTORY, NEVER, lambda at: at.days_since_any(*VOLUNTARY)),
    gifts("giving.donations_365", "Gifts in the last 365 days", "gifts", 365, "0 when none; not available when iMIS holds no gifts", lambda at: at.count("donation", 365)),
    gifts("giving.donations_1095", "Gifts in the last three years", "gifts", 1095, "0 when none; not available when iMIS holds no gifts", lambda at: at.count("donation", 1095)),
    gifts("giving.donations_all", "Gifts so far", "gifts", ALL_HISTORY, "0 when none; not available when iMIS holds no gifts", lambda at: at.count("donation")),
    gifts("giving.donated_365", "Amount given in the last 365 days", "money", 365, "0 when none; not available when iMIS holds no amounts", lambda at: at.total("donation", "amount", 365)),
    gifts("giving.donated_1095", "Amount given in the last three years", "money", 1095, "0 when none; not available when iMIS holds no amounts", lambda at: at.total("donation", "amount", 1095)),
    gifts("giving.days_since_donation", "Days since the last gift", "days", ALL_HISTORY, NEVER, lambda at: at.days_since("donation")),
    gifts("giving.days_since_first_donation", "Days since the first gift", "days", ALL_HISTORY, NEVER, lambda at: at.days_since_first("donation")),
    gifts("giving.purchases_365", "Purchases in the last 365 days", "purchases", 365, "0 when none; not available when iMIS holds no purchases", lambda at: at.count("purchase", 365)),
    gifts("giving.purchased_365", "Amount of purchases in the last 365 days", "money", 365, "0 when none; not available when iMIS holds no amounts", lambda at: at.total("purchase", "amount", 365)),
    gifts("giving.days_since_purchase", "Days since the last purchase", "days", ALL_HISTORY, NEVER, lambda at: at.days_since("purchase")),
    gifts("giving.sponsored_730", "Sponsorship in the last 24 months", "money", 730, "0 when none; not available when iMIS holds no amounts", lambda at: at.total("sponsorship", "amount", 730)),
    money("value.contribution_365", "Paid in the last 365 days: dues, other invoices, gifts, purchases, sponsorship", "money", 365, "0 when nothing; not available when iMIS holds no amounts", lambda at: _contribution(at, 365)),
    money("value.contribution_1095", "Paid in the last three years", "money", 1095, "0 when nothing; not available when iMIS holds no amounts", lambda at: _contribution(at, 1095)),
    money("value.score", "Value from 0 to 100: the share of members who contributed less in the last 365 days", "points", 365, "not available when iMIS holds no amounts", _value, of_all=True),
)  # fmt: skip
