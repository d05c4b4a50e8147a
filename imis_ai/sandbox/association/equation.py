"""The equations that decide who lapses, pays late or changes tier: the planted truth.

Parameters are returned by /_sandbox/truth.
"""

from typing import Any

import numpy as np

from imis_ai.sandbox.association.chance import sigmoid

DRIVERS = [
    "portal_quiet",
    "events_dropped",
    "mail_unopened",
    "payment_trouble",
    "committee_left",
    "price_rise",
]
DRIVER_SHARES = [0.16, 0.12, 0.14, 0.09, 0.05]  # of all terms; price_rise follows from the calendar
LAPSE: dict[str, Any] = {
    "intercept": -3.4,
    "portal_quiet": 2.0,
    "events_dropped": 1.6,
    "mail_unopened": 1.5,
    "payment_trouble": 2.2,
    "committee_left": 1.8,
    "price_rise": 1.1,
    "tier": {"ASC": 0.35, "PRO": 0.0, "FEL": -0.4},
    "first_year": 0.6,
    "log1p_years": -0.25,
}
ONSET_DAYS = (150, 201)  # before the term ends
RESIGN_SHARE = 0.04  # of terms, on a day drawn evenly from RESIGN_DAYS after the start
RESIGN_DAYS = (30, 330)
GRACE_DAYS = 60
LATE: dict[str, Any] = {
    "intercept": -2.3,
    "pays_by_invoice": 1.1,
    "organisation": 0.7,
    "habit": 1.4,
    "autopay": -1.6,
    "days": "1 + a geometric number with mean 13, at most 59",
}
UPGRADE: dict[str, Any] = {"intercept": -4.0, "certified": 2.2, "on_committee": 1.0, "three_years": 0.5}
DOWNGRADE: dict[str, Any] = {"intercept": -4.6, "part_time": 2.9, "quiet": 0.6}
CLUSTERS = [
    {
        "name": "Portal regulars",
        "share": 0.24,
        "logins": 36,
        "events": 2.2,
        "open_rate": 0.50,
        "courses": 0.3,
        "posts": 2.5,
    },
    {
        "name": "Event regulars",
        "share": 0.24,
        "logins": 28,
        "events": 7.0,
        "open_rate": 0.70,
        "courses": 0.3,
        "posts": 1.0,
    },
    {
        "name": "Readers",
        "share": 0.22,
        "logins": 4,
        "events": 1.0,
        "open_rate": 0.78,
        "courses": 0.1,
        "posts": 0.2,
    },
    {
        "name": "Learners",
        "share": 0.16,
        "logins": 36,
        "events": 5.5,
        "open_rate": 0.66,
        "courses": 2.6,
        "posts": 0.6,
    },
    {
        "name": "Quiet supporters",
        "share": 0.14,
        "logins": 1.5,
        "events": 0.3,
        "open_rate": 0.15,
        "courses": 0.0,
        "posts": 0.0,
    },
]
PARAMETERS = {
    "lapse": LAPSE,
    "late_payment": LATE,
    "upgrade": UPGRADE,
    "downgrade": DOWNGRADE,
    "clusters": CLUSTERS,
    "driver_shares": dict(zip(DRIVERS, DRIVER_SHARES, strict=False)),
    "onset_days_before_term_end": ONSET_DAYS,
    "resignation": {"share": RESIGN_SHARE, "days_after_start": RESIGN_DAYS},
    "grace_days": GRACE_DAYS,
}


def lapse_probability(
    flags: np.ndarray, tier: np.ndarray, first: np.ndarray, years: np.ndarray
) -> np.ndarray:
    """P(no renewal at the end of the term), shape (n,).

    `flags` is (n, 6) in the order of DRIVERS, `years` since joining.
    """
    weights = np.array([LAPSE[name] for name in DRIVERS])
    tiers = np.array(list(LAPSE["tier"].values()))
    logit = LAPSE["intercept"] + flags @ weights + tiers[tier] + LAPSE["first_year"] * first
    return sigmoid(logit + LAPSE["log1p_years"] * np.log1p(years))


def late_probability(
    invoice: np.ndarray, organisation: np.ndarray, habit: np.ndarray, autopay: np.ndarray
) -> np.ndarray:
    """P(the renewal is paid after the due date), among those who renew."""
    logit = LATE["intercept"] + LATE["pays_by_invoice"] * invoice + LATE["organisation"] * organisation
    return sigmoid(logit + LATE["habit"] * habit + LATE["autopay"] * autopay)


def move_probability(
    certified: np.ndarray, committee: np.ndarray, years: np.ndarray, part_time: np.ndarray, quiet: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """(P(upgrade), P(downgrade)) at a renewal, before the limits of the lowest and the highest tier."""
    up = UPGRADE["intercept"] + UPGRADE["certified"] * certified + UPGRADE["on_committee"] * committee
    down = DOWNGRADE["intercept"] + DOWNGRADE["part_time"] * part_time + DOWNGRADE["quiet"] * quiet
    return sigmoid(up + UPGRADE["three_years"] * (years >= 3)), sigmoid(down)
