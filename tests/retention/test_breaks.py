"""A planted change is found as a break with its size; without one luck seldom finds any."""

import numpy as np
import pytest

from retention.calc import breaks

MONTHS = 36


def series(seed, *, step=0.0, at=20, season=2.0, trend=0.05, noise=1.0):
    """Three years of a monthly figure around 20, in units of its noise."""
    rng, t = np.random.default_rng(seed), np.arange(MONTHS)
    usual = 20 + trend * t + season * np.sin(t / 6 * np.pi)
    return breaks.Series(usual + step * (t >= at) + rng.normal(0, noise, MONTHS))


@pytest.mark.row("CHURN-38")
def test_a_planted_change_is_found_in_its_month_with_its_size_and_range():
    found = [breaks.search(series(seed, step=-5.0), seed=seed) for seed in range(30)]
    near = [[step for step in steps if abs(step.place - 20) <= 1] for steps in found]

    assert sum(bool(steps) for steps in near) >= 28
    sizes = [steps[0].size for steps in near if steps]
    assert abs(np.mean(sizes) + 5.0) < 0.8
    inside = [steps[0].low <= -5.0 <= steps[0].high for steps in near if steps]
    assert 0.6 <= np.mean(inside) <= 0.97


@pytest.mark.row("CHURN-38")
def test_without_a_change_luck_finds_one_no_more_often_than_it_may():
    alarms = sum(bool(breaks.search(series(seed), seed=seed)) for seed in range(100, 160))

    assert alarms <= 8  # 5 of 100 series, give or take the luck of 60


def test_a_dated_change_is_measured_from_the_months_around_it():
    sizes = [breaks.at(series(seed, step=4.0, season=0.0), 20) for seed in range(20)]

    assert abs(np.mean([step.size for step in sizes]) - 4.0) < 0.5
    assert all(step.low < step.size < step.high for step in sizes)
    assert breaks.at(series(1), 1) is None


def test_of_many_findings_only_those_stand_that_luck_does_not_explain():
    assert breaks.holm([0.001, 0.04, 0.03]) == [True, False, False]
