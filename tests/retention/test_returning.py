"""The chance to return: stated rates scaled by own returns; a regression ships only where it was right."""

import datetime as dt
from decimal import Decimal

import numpy as np
import pytest

from retention.calc import dues, reasons, returning

TODAY = np.datetime64("2026-06-01", "D")


def rows(seed, n, *, rate=1.0, by_tenure=0.0):
    """Looks at lapses of seven years; `rate` scales the stated chances, `by_tenure` lets tenure tell."""
    rng = np.random.default_rng(seed)
    reason = rng.choice(["forgot", "unused", "price"], n).tolist()
    tenure = rng.exponential(5, n)
    made = returning.Rows(
        reason=reason, since=rng.choice([61, 181, 361], n), tenure=tenure, terms=np.ceil(tenure + 0.1),
        resigned=np.zeros(n), came_back=np.zeros(n), day=TODAY - rng.integers(366, 2500, n),
        returned=np.zeros(n),
    )  # fmt: skip
    odds = returning.stated(made) * rate
    chance = 1 / (1 + np.exp(-(np.log(odds / (1 - odds)) + by_tenure * (np.log1p(tenure) - 1.5))))
    return returning.Rows(**vars(made) | {"returned": (rng.random(n) < chance).astype(float)}), chance


@pytest.mark.row("CHURN-18")
def test_nobody_who_returned_leaves_the_stated_rates_and_many_scale_them():
    few, _ = rows(1, 12, rate=0.0001)
    many, chance = rows(2, 4000, rate=2.0)

    small = returning.learn(few, today=TODAY, seed=1)
    large = returning.learn(many, today=TODAY, seed=1)

    assert small.kind == returning.BASELINE
    ratio = small.scaled.chance(few)[0] / returning.stated(few)
    assert 0.5 < ratio.mean() < 1.0
    said, low, high = large.chance(many)
    assert abs(said.mean() - chance.mean()) < 0.01
    assert (low <= said).all()
    assert (said <= high).all()


@pytest.mark.row("CHURN-18")
def test_the_regression_ships_where_it_was_more_right_on_later_years_and_not_otherwise():
    telling = returning.learn(rows(3, 6000, by_tenure=2.0)[0], today=TODAY, seed=1)
    silent = [returning.learn(rows(seed, 6000)[0], today=TODAY, seed=1) for seed in (4, 5, 6)]

    assert telling.kind == returning.REGRESSION
    for found in (telling, *silent):
        both = [found.figures[name]["log_loss"] for name in (returning.BASELINE, returning.REGRESSION)]
        assert found.figures[found.kind]["log_loss"] == min(both)
        assert found.figures["later"] > 1000


def test_dues_to_return_are_by_the_day_to_the_old_date_and_half_up():
    part = dues.prorated(price=Decimal("620.00"), ended_on=dt.date(2025, 9, 12), today=dt.date(2026, 12, 1))

    assert (part.until, part.days, part.of) == (dt.date(2027, 9, 12), 285, 365)
    assert part.amount == Decimal("484.11")
    leap = dues.prorated(price=Decimal("366.00"), ended_on=dt.date(2024, 2, 29), today=dt.date(2024, 3, 1))
    assert (leap.until, leap.amount) == (dt.date(2025, 2, 28), Decimal("364.00"))


def test_every_reason_is_somebodys_and_the_dead_are_never_written_to():
    assert all(
        each.whose in reasons.WHOSE and each.route in reasons.ROUTES for each in reasons.REASONS.values()
    )
    assert reasons.REASONS["died"].route == reasons.NEVER
    assert {reasons.REASONS[key].route for key in ("employer", "retired")} == {reasons.PAYER, reasons.RETIRED}
    assert set(reasons.REASONS) == set(returning.STATED)
