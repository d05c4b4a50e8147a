"""Worth of a call on planted truth: persuadables, sure things, lost causes and sleeping dogs."""

import datetime as dt
from dataclasses import dataclass

import numpy as np
import pytest

from retention.calc import moves, points
from retention.calc import worth as calc
from retention.calc.worth import Cell

# share of the members, chance to renew left alone, chance to renew when called; by band of risk
PLANTED = {
    "low risk": (0.40, 0.95, 0.95),  # sure things
    "medium risk": (0.35, 0.60, 0.80),  # persuadables
    "high risk": (0.25, 0.35, 0.27),  # lost causes and sleeping dogs
}
NAMES = list(PLANTED)


@dataclass
class World:
    group: np.ndarray
    value: np.ndarray
    alone: np.ndarray
    called: np.ndarray


def world(n, rng):
    group = rng.choice(len(NAMES), n, p=[PLANTED[name][0] for name in NAMES])
    noise = rng.normal(0, 0.04, n)
    alone = np.clip(np.array([PLANTED[name][1] for name in NAMES])[group] + noise, 0.01, 0.99)
    called = np.clip(np.array([PLANTED[name][2] for name in NAMES])[group] + noise, 0.01, 0.99)
    return World(group, rng.gamma(2, 300, n), alone, called)


def cells_of(found, rng):
    """As a comparison by lot would count them: half called, half left alone."""
    drawn = rng.random(len(found.group)) < 0.5
    renewed = rng.random(len(found.group)) < np.where(drawn, found.called, found.alone)

    def count(name, chosen):
        own = (found.group == NAMES.index(name)) & chosen
        return int(renewed[own].sum()), int(own.sum())

    return [Cell(name, *count(name, drawn), *count(name, ~drawn)) for name in NAMES]


def kept(found, order, calls):
    """Money kept because of the calls, by the planted truth."""
    first = order[:calls]
    return float(((found.called - found.alone) * found.value)[first].sum())


@pytest.mark.row("U5")
def test_the_uplift_order_keeps_more_money_than_the_risk_order():
    rng = np.random.default_rng(20_261)
    gains, ours, theirs = [], [], []
    for _ in range(60):
        effects = calc.effects(cells_of(world(2000, rng), rng))
        found = world(1000, rng)
        groups = [NAMES[at] for at in found.group]
        reach = np.ones(1000)
        worth = calc.worth(
            risk=1 - found.alone, value=found.value, reachable=reach, effect=calc.of_groups(effects, groups)
        )
        ours.append(kept(found, np.argsort(-worth), 200))
        theirs.append(kept(found, np.argsort(found.alone), 200))
        gains.append(ours[-1] - theirs[-1])
    low, high = np.quantile(gains, [0.1, 0.9])

    assert low > 0  # in 9 of 10 associations at least
    assert min(gains) > 0
    assert np.mean(theirs) < 0 < np.mean(ours)  # risk order wakes the sleeping dogs
    assert high > low


@pytest.mark.row("U5")
def test_members_whom_contact_drives_away_are_left_alone_and_the_estimate_says_that_it_is_one():
    rng = np.random.default_rng(3)
    cells = cells_of(world(6000, rng), rng)
    effects = calc.effects(cells)

    assert calc.mode(cells) == calc.UPLIFT
    assert calc.mode([Cell("high risk", 20, 40, 20, 40)]) == calc.mode([]) == calc.ESTIMATE
    assert effects["high risk"].high < 0 < effects["medium risk"].low
    assert "Contact cost" in calc.leave_alone(0.5, 0.8, effects["high risk"])
    assert calc.leave_alone(0.5, 0.8, effects["medium risk"]) == ""
    assert "Leaves whatever" in calc.leave_alone(0.96, 0.99, None)
    assert "Stays anyway" in calc.leave_alone(0.0, 0.03, None)


def test_a_small_group_is_drawn_towards_what_all_have_in_common():
    big = [Cell("a", 800, 1000, 700, 1000), Cell("b", 790, 1000, 700, 1000)]
    small = Cell("c", 2, 10, 6, 10)  # four in ten fewer, from twenty people

    found = calc.effects([*big, small])

    assert found["c"].value > -0.1
    assert found["c"].high - found["c"].low < 0.5
    assert found["a"].value == pytest.approx(0.095, abs=0.02)


def test_the_ranges_of_the_effects_hold_the_truth_about_eight_times_in_ten():
    rng = np.random.default_rng(11)
    held = []
    for _ in range(200):
        effects = calc.effects(cells_of(world(1500, rng), rng))
        for name in NAMES:
            truth = PLANTED[name][2] - PLANTED[name][1]
            held.append(effects[name].low <= truth <= effects[name].high)

    assert 0.72 <= np.mean(held) <= 0.92


def test_nobody_is_worth_a_call_who_cannot_be_reached():
    nothing = calc.worth(
        risk=np.array([0.9]), value=np.array([500.0]), reachable=np.zeros(1), effect=np.array([0.2])
    )

    assert nothing[0] == 0


@pytest.mark.row("U12")
@pytest.mark.parametrize(
    ("feature", "expected"),
    [
        ("payments.failed_attempts_120", "plan"),
        ("events.no_show_rate", "event"),
        ("portal.days_since_login", "portal"),
        ("committee.left_days", "committee"),
        ("community.posts_trend", "peer"),
        ("mail.days_since_open", "mail"),
        ("place.state", None),
        ("profile.age_band", None),
        ("value.paid_365", None),
    ],
)
def test_a_planted_driver_finds_its_move_and_what_nobody_can_change_finds_none(feature, expected):
    reason = {"feature": feature, "sentence": "A reason", "direction": "raises"}
    good = {"feature": "events.attended", "sentence": "Comes often", "direction": "lowers"}

    found = moves.suggested([good, reason], tested={"plan"})

    assert [each.move.key for each in found] == ([expected] if expected else [])
    if found:
        assert found[0].known == ("tested here" if expected == "plan" else "association only")
        assert found[0].move.price > 0


@dataclass
class Happened:
    at: dt.datetime
    kind: str
    about: str = ""
    source: str = "iMIS"


@pytest.mark.row("CHURN-27")
def test_talking_points_are_three_to_five_facts_each_with_its_source_and_day():
    now = dt.datetime(2026, 6, 1, 12, tzinfo=dt.UTC)

    def ago(days, kind, about=""):
        return Happened(now - dt.timedelta(days=days), kind, about)

    entries = [
        ago(3, "benefit_use", "Job board"),
        ago(9, "benefit_use", "Job board"),
        ago(20, "attended", "Spring meeting"),
        ago(40, "course_complete", "Ethics"),
        ago(90, "committee", "Standards"),
        ago(120, "case_opened", "Invoice"),
        ago(200, "login"),
    ]
    found = points.points(entries, joined="2019-05-01", tier="Professional", now=now)

    assert 3 <= len(found) <= 5
    assert all(point.text and point.source and point.on for point in found)
    assert found[0].text == "Has an open case: Invoice"
    assert "Used Job board 2 times in a year" in [point.text for point in found]
    few = points.points([], joined="2019-05-01", tier="", now=now)
    assert [point.text for point in few] == ["Member since 2019"]


def test_the_best_hour_is_said_only_where_it_is_known():
    assert points.best_hour([10, 10, 11, 10, 15, 11]).startswith("10:00 to 12:00, from 5 of 6")
    assert points.best_hour([10, 11]) == ""
    assert points.best_hour([2, 3, 4, 5, 6, 7]) == ""
