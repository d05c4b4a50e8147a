"""The rules of alerts and the parts of plans, without a database."""

import datetime as dt
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retention.calc import hardship
from retention.calc.hardship import Tried

TODAY = dt.date(2026, 6, 1)


def tries(*said: tuple[int, bool]) -> list[Tried]:
    """(days ago, succeeded), oldest first."""
    return [Tried(TODAY - dt.timedelta(days=ago), ok, "insufficient funds") for ago, ok in said]


@pytest.mark.parametrize(
    ("said", "number"),
    [
        ([(9, False), (2, False)], 2),
        ([(9, False)], 0),
        ([(9, False), (2, False), (1, True)], 0),
        ([(30, False), (20, True), (9, False), (2, False)], 2),
        ([(130, False), (2, False)], 0),
        ([(120, False), (2, False)], 2),
        ([], 0),
    ],
)
def test_two_failures_count_while_nothing_has_gone_through_since(said, number):
    assert len(hardship.failed_payments(tries(*said), today=TODAY)) == number


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Could I have MORE time\nto pay?", "more time to pay"),
        ("I cannot  afford it.", "cannot afford"),
        ("anymore time to payback", ""),
        ("", ""),
    ],
)
def test_a_phrase_is_found_as_whole_words(text, found):
    assert hardship.phrase_in(text, ["more time to pay", "cannot afford", "  "]) == found


@pytest.mark.parametrize(
    ("before", "now", "fell"),
    [(60, 20, True), (60, 46, False), (12, 3, False), (0, 0, False), (40, 30, True)],
)
def test_engagement_falls_by_points_and_by_a_share(before, now, fell):
    assert hardship.has_fallen(before, now) == fell


@given(cents=st.integers(1, 10_000_000), parts=st.integers(1, 12))
def test_parts_add_up_to_the_cent_and_differ_by_one_at_most(cents, parts):
    total = Decimal(cents) / 100

    made = hardship.split(total, parts=parts, first_on=TODAY)

    amounts = [part.amount for part in made]
    assert sum(amounts) == total
    assert max(amounts) - min(amounts) <= hardship.CENT
    assert [part.due_on for part in made] == sorted({part.due_on for part in made})


@pytest.mark.parametrize("total", ["0", "-5", "10.005"])
def test_no_parts_of_nothing(total):
    with pytest.raises(ValueError, match="cannot be paid"):
        hardship.split(Decimal(total), parts=2, first_on=TODAY)


def test_a_postal_code_is_dear_by_its_beginning():
    assert hardship.is_dear("94105", ["941"])
    assert hardship.is_dear("SW1A 1AA", ["sw1a1"])
    assert not hardship.is_dear("60601", ["941"])
