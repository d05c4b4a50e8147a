"""The wording rules of the interface, on the numbers that the specification gives."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from imis_ai.ui import words

TODAY = date(2026, 11, 24)


@pytest.mark.parametrize(
    ("share", "said"),
    [
        (0.07, "1 in 15"),
        (0.12, "1 in 8"),
        (0.333, "1 in 3"),
        (0.41, "2 in 5"),
        (0.66, "2 in 3"),
        (0.88, "9 in 10"),
        (0.0, "fewer than 1 in 50"),
        (0.0149, "fewer than 1 in 50"),
        (0.015, "1 in 50"),
        (0.97, "19 in 20"),
        (0.971, "more than 19 in 20"),
        (1.0, "more than 19 in 20"),
    ],
)
def test_a_chance_is_said_as_the_nearest_known_fraction(share, said):
    assert words.chance(share) == said


def test_a_sentence_begins_with_about_or_with_the_bound():
    assert words.about_chance(0.66) == "About 2 in 3"
    assert words.about_chance(0.001) == "Fewer than 1 in 50"


@pytest.mark.parametrize(
    ("amount", "cents", "said"),
    [
        (Decimal("1140"), True, "$1,140.00"),
        (Decimal("-45"), True, "−$45.00"),  # noqa: RUF001  a minus sign, not a hyphen
        (86300.4, False, "$86,300"),
    ],
)
def test_money(amount, cents, said):
    assert words.money(amount, "USD", cents=cents) == said


def test_a_currency_without_a_known_sign_is_named():
    assert words.money(Decimal(5), "CHF") == "CHF\N{NO-BREAK SPACE}5.00"


@pytest.mark.parametrize(
    ("day", "said"),
    [(date(2026, 12, 14), "14 Dec"), (date(2027, 6, 14), "14 Jun 2027"), (date(2025, 12, 1), "1 Dec 2025")],
)
def test_a_date_has_its_year_beyond_six_months(day, said):
    assert words.short_date(day, TODAY) == said


def test_moments_and_spans():
    now = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)

    assert words.moment(now.replace(hour=5, minute=58), now) == "05:58 today"
    assert words.moment(now - timedelta(days=1), now) == "09:00 yesterday"
    assert words.moment(now - timedelta(days=10), now) == "09:00 on 14 Nov"
    assert words.ahead(now + timedelta(hours=17), now) == "at 02:00 tomorrow"
    assert words.ago(timedelta(minutes=40)) == "40 minutes ago"
    assert words.ago(timedelta(hours=25)) == "1 day ago"
    assert words.duration(44) == "40 seconds"
    assert words.duration(12) == "12 seconds"
    assert words.duration(360) == "6 minutes"


@pytest.mark.parametrize(
    ("name", "said"),
    [("Dana Whitfield", "D. W."), ("Łukasz Żak", "Ł. Ż."), ("", "Name hidden"), ("Ada", "A.")],
)
def test_a_masked_name_keeps_initials_only(name, said):
    assert words.masked(name) == said


def test_halves_go_up():
    assert [words.of_100(share) for share in (0.595, 0.5949, 0.005, 0)] == [60, 59, 1, 0]


@pytest.mark.parametrize(("share", "said"), [(0.125, "+13"), (-0.125, "-13"), (0.004, "0"), (-0.07, "-7")])
def test_a_difference_is_said_in_whole_points_with_its_sign(share, said):
    assert words.points(share).replace(words.MINUS, "-") == said
