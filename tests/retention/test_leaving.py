"""Who resigns mid-term, how often and in which part of a term."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from planted import DAY, GRACE, WINDOWS, association
from test_training import AS_OF, seen

from imis_ai.features import labels
from retention.calc import additive, leaving
from retention.calc.leaving import PHASES, Ahead, Pace

LEAD, LENGTH, DAYS = st.integers(-59, 800), st.integers(28, 1100), st.integers(0, 400)


def ahead(lead, length):
    return Ahead(np.array([lead]), np.array([length]))


@given(LEAD, LENGTH, DAYS)
def test_an_even_pace_is_the_calendar(lead, length, days):
    months, doubt = Pace().months(ahead(lead, length), days)

    assert months[0] == pytest.approx(days / 30)
    assert doubt[0] == 0


@given(LEAD, LENGTH, DAYS, st.lists(st.floats(0.1, 3), min_size=PHASES, max_size=PHASES))
def test_the_day_by_which_months_are_spent_is_found_again(lead, length, days, share):
    pace = Pace(np.array(share))
    months, _ = pace.months(ahead(lead, length), days)

    assert pace.when(ahead(lead, length), months)[0] == pytest.approx(days, abs=1e-6)


def test_the_doubt_of_parts_averages_out_over_a_longer_time():
    pace = Pace(np.ones(PHASES), np.full(PHASES, 0.2))

    doubts = [pace.months(ahead(360, 360), days)[1][0] for days in (15, 60)]

    assert doubts == [pytest.approx(0.2), pytest.approx(0.1)]


@pytest.fixture(scope="module")
def world():
    return association(members=2500, years=4, seed=12, resigns=0.05)


@pytest.fixture(scope="module")
def learned(world):
    rows, book = seen(world), labels.known(world.book, on=AS_OF)
    return leaving.learn(rows, book, additive.grid(rows.x, list(WINDOWS)), by=AS_OF, grace=GRACE, seed=1)


def test_the_parts_of_a_term_in_which_nobody_resigns_are_found(learned):
    share = learned.pace.share

    assert max(share[[0, 1, -2, -1]]) < 0.25
    assert share[2:-3] == pytest.approx(1.2, abs=0.8)
    assert share[2:-3].mean() == pytest.approx(1.2, abs=0.1)


def test_the_rate_is_that_of_the_terms(world, learned):
    whole = Ahead(np.array([365]), np.array([365]))
    in_a_term = leaving.chance(np.array([learned.monthly]), learned.pace.months(whole, 365)[0])[0]

    assert in_a_term == pytest.approx(world.resigns, rel=0.15)


def test_members_are_not_told_apart_where_nothing_tells(world, learned):
    rows = seen(world)
    monthly, _ = learned.rate(rows.take(np.flatnonzero(rows.day == rows.day.max())))

    assert np.std(np.log(monthly)) < 0.2


def test_the_resignation_of_tomorrow_changes_nothing(world, learned):
    rows, book = seen(world), labels.known(world.book, on=AS_OF)
    after = book.resigned >= AS_OF - (GRACE + 1) * DAY
    cut = replace(book, resigned=np.where(after, labels.NEVER, book.resigned))

    again = leaving.learn(rows, cut, additive.grid(rows.x, list(WINDOWS)), by=AS_OF, grace=GRACE, seed=1)

    assert np.array_equal(again.pace.share, learned.pace.share)
    assert again.monthly == learned.monthly
