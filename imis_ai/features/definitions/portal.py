"""Visits to the member portal: how often, how recently, how deeply."""

# ruff: noqa: E501  a table: one feature per line

import numpy as np

from imis_ai.features.calc.arrays import Floats, ratio, trend
from imis_ai.features.calc.asof import AsOf
from imis_ai.features.definitions.base import ALL_HISTORY, NEVER, NONE, ZERO, group

f = group(source="activities: login", sensitivity="behaviour")
pages = group(source="activities: page_view", sensitivity="behaviour")


def _usual_gap(at: AsOf) -> Floats:
    """Mean days between visits, from the visit days of two years; needs three of them."""
    if not at.has("login"):
        return at.nothing
    history = at.history("login")
    days = history.days(at.day - 730, at.day)
    first = history.first_day_from(at.day - 730, at.day)
    span = history.last_day(at.day).astype(float) - first
    return np.where(days >= 3, ratio(span, days - 1.0), np.nan)


def _minutes(at: AsOf, low: int, high: int) -> Floats:
    history = at.history("login")
    if not history.valued_before("quantity", at.day):
        return at.nothing
    return history.mean("quantity", at.day - low, at.day - high)


FEATURES = (
    f("portal.logins_30", "Portal visits in the last 30 days", "visits", 30, ZERO, lambda at: at.count("login", 30)),
    f("portal.logins_90", "Portal visits in the last 90 days", "visits", 90, ZERO, lambda at: at.count("login", 90)),
    f("portal.logins_365", "Portal visits in the last 365 days", "visits", 365, ZERO, lambda at: at.count("login", 365)),
    f("portal.days_since_login", "Days since the last portal visit", "days", ALL_HISTORY, NEVER, lambda at: at.days_since("login")),
    f("portal.usual_login_gap", "Usual days between portal visits, while they went on", "days", 730, "empty with fewer than three visit days", _usual_gap),
    f("portal.login_gap_ratio", "Days since the last visit against the usual gap (1 = as usual)", "times", 730, "empty with fewer than three visit days", lambda at: ratio(at["portal.days_since_login"], at["portal.usual_login_gap"])),
    f("portal.login_trend", "Pace of visits: last 90 days against the 275 before (0 same, below 0 slower)", "log ratio", 365, ZERO, lambda at: trend(at["portal.logins_90"], 90, at["portal.logins_365"])),
    f("portal.minutes_per_visit_90", "Minutes per visit in the last 90 days", "minutes", 90, "empty without visits; not available when iMIS holds no session length", lambda at: _minutes(at, 90, 0)),
    f("portal.minutes_trend", "Minutes per visit: last 90 days against the 275 before (1 = same)", "times", 365, "empty without visits in both; not available when iMIS holds no session length", lambda at: ratio(at["portal.minutes_per_visit_90"], _minutes(at, 365, 90))),
    pages("portal.pages_90", "Pages viewed in the last 90 days", "pages", 90, ZERO, lambda at: at.count("page_view", 90)),
    pages("portal.pages_365", "Pages viewed in the last 365 days", "pages", 365, ZERO, lambda at: at.count("page_view", 365)),
    pages("portal.pages_per_visit_90", "Pages per visit in the last 90 days: how deeply the portal is used", "pages", 90, NONE, lambda at: ratio(at["portal.pages_90"], at["portal.logins_90"])),
)  # fmt: skip
