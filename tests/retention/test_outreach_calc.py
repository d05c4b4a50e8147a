"""Stages, what each band gets, and which offer fits a reason."""

import datetime as dt
from decimal import Decimal

import pytest

from retention.calc import outreach
from retention.calc.outreach import BACK, CAMPAIGN, EARLY, EXPIRY, GRACE, LAPSED, REMINDER, Fit

TODAY = dt.date(2026, 6, 1)
SEAT = Fit(1, ("events", "portal", "early", "expiry"), Decimal(22))
CHEAP = Fit(2, ("events", "early", "expiry"), Decimal(8))
ANY = Fit(3, (), Decimal(1))
PASS = Fit(4, ("grace",), Decimal(15))
ALL = (SEAT, CHEAP, ANY, PASS)


@pytest.mark.row("CHURN-40")
@pytest.mark.parametrize(
    ("days", "stage"),
    [(46, EARLY), (45, EXPIRY), (0, EXPIRY), (-1, GRACE), (-60, GRACE), (-61, LAPSED)],
)
def test_the_stage_of_a_membership_follows_from_the_last_day_of_its_term(days, stage):
    assert outreach.stage(TODAY + dt.timedelta(days=days), today=TODAY, grace_days=60) == stage


@pytest.mark.row("CHURN-40", "CHURN-15")
def test_each_band_gets_what_its_stage_asks_for_and_low_risk_nothing():
    asked = {
        (band, stage): outreach.purpose(band, stage)
        for band in ("hi", "md", "lo")
        for stage in outreach.STAGES
    }

    assert {key: what for key, what in asked.items() if what} == {
        ("hi", EARLY): CAMPAIGN,
        ("hi", EXPIRY): CAMPAIGN,
        ("hi", GRACE): BACK,
        ("md", EXPIRY): REMINDER,
        ("md", GRACE): BACK,
    }


@pytest.mark.row("CHURN-36", "CHURN-40")
def test_offers_made_for_the_reason_come_first_and_other_stages_get_other_offers():
    def names(reason, stage):
        return [fit.key for fit in outreach.in_order(ALL, reason=reason, stage=stage)]

    assert names("events", EXPIRY) == [2, 1, 3]
    assert names("portal", EARLY) == [1, 3]
    assert names("payments", EXPIRY) == [3]
    assert names("events", GRACE) == [4, 3]


def test_the_reason_is_the_strongest_factor_that_raises_the_risk():
    lowers = {"feature": "committee.roles_now", "direction": "lowers"}
    raises = {"feature": "events.attended_365", "direction": "raises"}

    assert outreach.reason([lowers, raises]) == "events"
    assert outreach.reason([lowers]) == ""
