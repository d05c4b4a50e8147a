"""Chances by day: combined from renewals and resignations, never falling with the horizon."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from retention.calc.survival import STEPS, Ahead, Leaving, lapse_dates, late_curve, still_open, within

SHARE = st.floats(0, 1)
PER_MILLE = st.integers(0, 100).map(lambda n: n / 1000)
A_FEW = st.integers(0, 30).map(lambda n: n / 1000)  # share that resigns in a month; the range is made for few


def ahead(lead, length=365):
    return Ahead(np.array([lead]), np.array([length]))


def steady(lead, length, monthly):
    """Resigning at one rate whatever the distance from the end: `monthly` is the share in 30 days."""
    rate = -np.log1p(-min(monthly, 1 - 1e-12))
    return Leaving(np.full(len(STEPS), rate), np.ones(1), ahead(lead, length))


def risk(lead, renewal, monthly=0.0, days=90, length=365):
    leaving = steady(lead, length, monthly)
    return float(within(ahead(lead, length), np.array([renewal]), leaving, days)[0])


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


def dates(lead, renewal, monthly, length=365):
    return [
        int(part[0])
        for part in lapse_dates(ahead(lead, length), np.array([renewal]), steady(lead, length, monthly))
    ]


def test_most_lapses_at_the_end_of_the_term_make_that_day_the_whole_range():
    assert dates(lead=60, renewal=0.5, monthly=0.001) == [60, 60, 60]


@pytest.mark.row("CHURN-30")
@given(st.integers(1, 400), st.integers(28, 800), st.floats(0.01, 0.9), A_FEW, st.integers(0, 99))
def test_the_range_of_the_date_holds_eight_lapses_in_ten(lead, length, renewal, monthly, seed):
    on, start, end = dates(lead, renewal, monthly, length)
    drawn = lapses(lead, length, renewal, monthly, np.random.default_rng(seed))

    assert start <= on <= end
    if len(drawn) > 300:
        assert np.mean((drawn >= start) & (drawn <= end)) > 0.72


def lapses(lead, length, renewal, monthly, rng, people=3000):
    """Days of the lapses within a year (or by the next renewal), played out person by person."""
    window = max(lead, 365)
    leaves = rng.exponential(30 / -np.log1p(-monthly) if monthly else 1e9, people)
    ends = lead + length * (rng.geometric(renewal, people) - 1)
    first = np.minimum(leaves, ends)
    return np.ceil(first[first <= window])


def test_without_any_resignation_the_date_of_an_annual_term_is_certain():
    assert dates(lead=91, renewal=0.05, monthly=0.0) == [91, 91, 91]
