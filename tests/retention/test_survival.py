"""Chances by day: combined from renewals and resignations, never falling with the horizon."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from retention.calc.leaving import Ahead, chance
from retention.calc.survival import late_curve, still_open, together, within

SHARE = st.floats(0, 1)
PER_MILLE = st.integers(0, 100).map(lambda n: n / 1000)


def ahead(lead, length=365):
    return Ahead(np.array([lead]), np.array([length]))


def risk(lead, renewal, monthly=0.0, days=90, length=365):
    leaves = chance(np.array([monthly]), days / 30)
    return float(within(ahead(lead, length), np.array([renewal]), leaves, days)[0])


@pytest.mark.row("CHURN-02")
@given(st.integers(-59, 800), st.integers(28, 1100), SHARE, SHARE, st.integers(1, 300), st.integers(0, 300))
def test_a_longer_horizon_never_has_a_smaller_chance(lead, length, renewal, monthly, days, more):
    short, long = (risk(lead, renewal, monthly, d, length) for d in (days, days + more))

    assert 0 <= short <= long + 1e-12
    assert long <= 1


def test_a_renewal_beyond_the_horizon_leaves_only_the_chance_to_resign():
    assert risk(lead=200, renewal=0.5) == 0.0
    assert risk(lead=200, renewal=0.5, monthly=0.01) == pytest.approx(1 - 0.99**3)


def test_a_renewal_on_the_last_day_of_the_horizon_counts():
    assert risk(lead=90, renewal=0.5) == 0.5
    assert risk(lead=91, renewal=0.5) == 0.0


def test_monthly_terms_meet_three_renewals_in_ninety_days():
    assert risk(lead=20, renewal=0.1, length=30) == pytest.approx(1 - 0.9**3)


def test_an_open_renewal_of_a_term_that_ended_is_not_ahead():
    assert risk(lead=-10, renewal=0.4, length=365) == 0.0


def test_waiting_in_grace_raises_the_chance_as_those_who_renew_late_have_done_so():
    late = late_curve(np.array([1] * 80 + [20] * 20), 60)

    chances = [float(still_open(np.array([0.2]), ahead(-d), late)[0]) for d in (0, 5, 30)]

    assert chances[0] == 0.2
    assert chances[1] == pytest.approx(0.2 / (0.2 + 0.8 * 0.2), abs=0.01)
    assert chances[2] > 0.95


def test_doubts_that_are_independent_add_like_the_sides_of_a_right_angle():
    middle, ends = np.array([0.5]), [np.array([0.47]), np.array([0.53])]
    others = [np.array([0.54]), np.array([0.46])]

    low, high = together(middle, ends, others)

    assert (low[0], high[0]) == (pytest.approx(0.45), pytest.approx(0.55))
    assert together(middle, ends)[0] == ends[0]
