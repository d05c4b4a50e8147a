"""Measures against their definitions, and calibration on chances that are wrong in a known way."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from retention.calc import calibrate, evaluate
from retention.calc.evaluate import Measured, auc, group_coverage, measures

CASES = st.lists(st.tuples(st.integers(0, 5), st.booleans()), min_size=2, max_size=40).filter(
    lambda rows: 0 < sum(y for _, y in rows) < len(rows)
)


def arrays(rows):
    return np.array([p / 5 for p, _ in rows]), np.array([float(y) for _, y in rows])


@settings(deadline=None)  # the first call loads scikit-learn
@given(CASES)
def test_auc_is_the_share_of_pairs_ranked_right_with_ties_by_half(rows):
    p, y = arrays(rows)

    pairs = [(a > b) + 0.5 * (a == b) for a in p[y == 1] for b in p[y == 0]]

    assert auc(p, y) == pytest.approx(np.mean(pairs))


@settings(deadline=None)  # the first call loads scikit-learn
@given(CASES)
def test_measures_do_not_depend_on_the_order_of_the_rows(rows):
    p, y = arrays(rows)
    back = slice(None, None, -1)

    first, second = measures(Measured(p, y), seed=1), measures(Measured(p[back], y[back]), seed=1)

    assert first["lift_10"] == pytest.approx(second["lift_10"])
    assert first["average_precision"] == pytest.approx(second["average_precision"])


def test_without_a_lapse_there_are_no_figures_but_the_count():
    found = measures(Measured(np.array([0.1, 0.2]), np.zeros(2)), seed=1)

    assert (found["members"], found["lapsed"], found["auc"]) == (2, 0, None)


def test_every_figure_comes_with_its_range_and_the_number_of_members():
    rng = np.random.default_rng(1)
    p = rng.uniform(0.05, 0.6, 2000)

    found = measures(Measured(p, (rng.random(2000) < p).astype(float)), seed=1)

    assert found["members"] == 2000
    for name in ("auc", "average_precision", "brier", "lift_10"):
        low, high = found[f"{name}_range"]
        assert low <= found[name] <= high
    assert found["calibration_error"] < 0.03


def planted(spread, claimed, seed=3, members=20_000):
    """Chances known up to `spread` log-odds, with ranges that claim `claimed`."""
    rng = np.random.default_rng(seed)
    score = rng.normal(-1.5, 1.0, members)
    y = (rng.random(members) < calibrate.chance(score + rng.normal(0, spread))).astype(float)
    low, high = calibrate.bounds(score, np.full(members, claimed**2), z=1.2816)
    return Measured(calibrate.chance(score), y, low, high)


@pytest.mark.row("CHURN-31")
def test_groups_of_neighbours_hold_their_rate_eight_times_in_ten_when_only_luck_is_left():
    assert group_coverage(planted(spread=0.0, claimed=0.0))["range_coverage"] == pytest.approx(0.8, abs=0.05)


def test_a_chance_that_is_off_for_everybody_is_seen_in_the_coverage():
    assert group_coverage(planted(spread=0.0, claimed=0.0, seed=3))["range_coverage"] > 0.7
    shifted = planted(spread=0.0, claimed=0.0)
    wrong = Measured(calibrate.chance(calibrate.logit(shifted.p) + 1), shifted.y, shifted.low, shifted.high)

    assert evaluate.calibration_error(wrong.p, wrong.y) > 0.1
    assert group_coverage(Measured(wrong.p, wrong.y, wrong.p, wrong.p))["range_coverage"] < 0.4


def test_groups_are_formed_within_a_day():
    found = planted(spread=0.0, claimed=0.0, members=120)
    block = np.repeat([0, 1], 60)

    assert group_coverage(Measured(found.p, found.y, found.low, found.high, block))["groups"] == 2


def test_the_stretch_is_found_and_the_level_of_the_time_is_left_alone():
    rng = np.random.default_rng(5)
    score = rng.normal(0, 1, 20_000)
    y = (rng.random(20_000) < calibrate.chance(1.5 * score - 2)).astype(float)

    assert calibrate.slope([score], [y]) == pytest.approx(1.5, abs=0.07)
    assert calibrate.slope([], []) == 1.0


def test_a_stretch_is_not_believed_from_few_decisions():
    score, y = np.linspace(-2, 2, 12), np.array([0.0] * 6 + [1.0] * 6)

    assert 0.9 < calibrate.slope([score], [y]) < 1.15


def test_a_shift_of_all_log_odds_does_not_change_the_levelled_loss():
    found = planted(spread=0.0, claimed=0.0)
    moved = calibrate.chance(calibrate.logit(found.p) + 0.8)

    assert evaluate.levelled_log_loss(moved, found.y) == pytest.approx(
        evaluate.levelled_log_loss(found.p, found.y), abs=1e-4
    )
    assert evaluate.log_loss(moved, found.y) > evaluate.log_loss(found.p, found.y) + 0.02
