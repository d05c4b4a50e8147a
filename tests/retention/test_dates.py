"""The day of a lapse and its range, against lapses played out person by person."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from retention.calc.dates import fitting_mass, lapse_dates, parts
from retention.calc.leaving import PHASES, Ahead, Pace

A_FEW = st.integers(0, 30).map(lambda n: n / 1000)  # share that resigns in a month; the range is made for few
EVEN = Pace()


def of_one(lead, renewal, monthly, length=365):
    return Ahead(np.array([lead]), np.array([length])), np.array([renewal]), np.array([monthly])


def dates(lead, renewal, monthly, length=365, pace=EVEN, mass=0.8):
    found = lapse_dates(*of_one(lead, renewal, monthly, length), pace, mass=mass)
    return [int(part[0]) for part in found]


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


def test_a_range_ends_where_nobody_resigns():
    quiet = np.ones(PHASES)
    quiet[-3:] = 1e-6

    _, start, _ = dates(lead=340, renewal=0.02, monthly=0.02, pace=Pace(quiet))
    _, before, _ = dates(lead=340, renewal=0.02, monthly=0.02, pace=Pace(quiet), mass=0.4)

    assert start < before < 340 - 365 * 3 / PHASES


def test_a_larger_mass_never_makes_a_smaller_range():
    found = [dates(lead=150, renewal=0.05, monthly=0.01, mass=mass) for mass in (0.0, 0.3, 0.6, 0.9)]

    assert found[0] == [150, 150, 150]
    assert all(b[1] <= a[1] and a[2] <= b[2] for a, b in pairwise(found))


def test_the_mass_is_what_makes_eight_in_ten_of_all_lapses_not_of_each_members():
    ahead = Ahead(np.array([200, 200]), np.array([365, 365]))
    found = parts(ahead, np.array([0.5, 0.02]), np.array([0.004, 0.004]), EVEN)

    mass = fitting_mass(found)

    held = np.maximum(mass * found.total, found.atom)
    assert held.sum() / found.total.sum() == pytest.approx(max(0.8, found.atom.sum() / found.total.sum()))
    assert fitting_mass(parts(ahead, np.array([0.02, 0.02]), np.full(2, 0.004), EVEN)) == pytest.approx(0.8)
