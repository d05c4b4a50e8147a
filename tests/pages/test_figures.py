"""Drawings say what their numbers say."""

from collections import Counter
from datetime import date, timedelta

from imis_ai.ui import figures
from imis_ai.ui.exports import inert
from imis_ai.ui.tables import Column, Pages, heads
from imis_ai.ui.words import MINUS


def test_100_dots_are_solid_to_the_low_end_pale_to_the_score_and_rings_to_the_high_end():
    drawn = figures.dots(66, 52, 78)

    assert Counter(dot.kind for dot in drawn) == {"y": 52, "z": 14, "m": 12, "n": 22}


def test_a_score_bar_has_its_whisker_at_the_range():
    bar = figures.score_bar(50, 25, 75)

    assert bar.filled == 46
    assert bar.whisker == "M23.0 7H69.0M23.0 4v6M69.0 4v6"


def test_a_score_without_a_range_has_no_whisker():
    assert figures.score_bar(50, None, None).whisker == ""


def test_the_histogram_counts_by_band_and_says_so():
    made = figures.histogram({30: 3, 55: 2, 60: 1, 95: 4}, [(30, "md", "medium"), (60, "hi", "high")])

    assert (
        made.sentence
        == "Members by risk: 5 at medium risk, 30 to 59 of 100; 5 at high risk, 60 to 100 of 100"
    )
    assert [column.band for column in made.columns] == ["md"] * 6 + ["hi"] * 8
    assert max(column.height for column in made.columns) == 34


def test_a_line_spans_its_first_and_last_day():
    days = [date(2026, 1, 1) + timedelta(days=7 * week) for week in range(3)]

    made = figures.line(days, [0, 50, 100], top=100, limit=60)

    assert made.points == "30.0,64.0 170.0,37.0 310.0,10.0"
    assert made.limit == 31.6


def test_page_numbers_leave_out_the_far_ones():
    assert Pages.of(5, 4120).numbers == [1, None, 4, 5, 6, None, 83]
    assert Pages.of(3, 200).numbers == [1, 2, 3, 4]
    assert Pages.of(99, 120).number == 3
    assert (Pages.of(2, 120).first_shown, Pages.of(3, 120).stop) == (51, 120)
    assert Pages.of(1, 0).numbers == [1]


def test_a_heading_turns_its_sort():
    columns = [Column("Member", "name"), Column("Risk", "risk", falls=True), Column("Why")]

    assert [(h.aria, h.turn) for h in heads(columns, "-risk")] == [
        ("", "name"),
        ("descending", "risk"),
        ("", ""),
    ]
    assert [(h.aria, h.turn) for h in heads(columns, "name")] == [
        ("ascending", "-name"),
        ("", "-risk"),
        ("", ""),
    ]


def test_cells_that_a_spreadsheet_would_run_get_an_apostrophe():
    dangerous = ["=1+1", "+1", "-1", "@SUM(A1)", "\tx", "\rx", "\nx", "\0x", "＝1", "＠x"]  # noqa: RUF001

    assert all(inert(text) == f"'{text}" for text in dangerous)
    assert [inert(cell) for cell in ("Dana", -5, 0.5, None, date(2026, 1, 2))] == [
        "Dana",
        -5,
        "0.5000",
        "",
        "2026-01-02",
    ]


def test_intervals_stand_around_zero_and_early_ranges_do_not_flatten_the_rest():
    drawn = figures.intervals(
        [(10, -90, 95), (8, -2, 18), (7, 1, 13)], ["a", "b", "c"], titles=["1", "2", "3"], height=124
    )

    first, second, last = drawn.dots
    assert [mark.word.replace(MINUS, "-") for mark in drawn.grid] == ["-40", "-20", "0", "+20", "+40"]
    assert drawn.zero == 55.0
    assert (first.low, first.high) == (100.0, 10.0), "cut at the edges of the drawing"
    assert last.high < last.y < last.low < drawn.zero
    assert first.x < second.x < last.x


def test_a_dated_change_is_marked_where_it_lies_and_not_outside_the_days():
    days = [date(2026, 1, 1), date(2026, 7, 1)]
    marks = [
        (date(2025, 12, 31), "Before"),
        (date(2026, 1, 1), "Dues rose"),
        (date(2026, 7, 1), "Portal"),
    ]

    drawn = figures.line(days, [1, 2], width=340, marks=marks)

    assert drawn.marks == [(30.0, "Dues rose"), (310.0, "Portal")]
