"""Values and text at the border: anything may come, nothing unstorable gets through."""

import datetime as dt
import json
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from imis_ai.imis import mapping, text
from imis_ai.imis.parse import values
from imis_ai.imis.parse.values import Unreadable

CHICAGO = ZoneInfo("America/Chicago")
ANY_TEXT = st.text(alphabet=st.characters(codec=None))
JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.decimals() | ANY_TEXT,
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=3), inner, max_size=2),
    max_leaves=3,
)


def is_storable(value: str) -> bool:
    value.encode()  # a lone surrogate raises
    return "\x00" not in value


@settings(max_examples=2000)
@given(ANY_TEXT, st.integers(20, 400))
def test_clean_text_is_storable_bounded_and_stable_t1(raw, limit):
    once = text.clean_text(raw, limit=limit)

    assert is_storable(once)
    assert len(once) <= limit
    assert text.clean_text(once, limit=limit) == once
    assert is_storable(text.clean_line(raw, limit=limit))
    assert len(text.clean_line(raw, limit=limit)) <= limit
    assert "\n" not in text.clean_line(raw, limit=limit)


def test_clean_text_keeps_what_members_write():
    raw = "Tab\tand\r\nline — “quotes” 日本 \U0001f600 é"

    assert text.clean_text(raw) == "Tab\tand\nline — “quotes” 日本 \U0001f600 é"
    assert text.clean_line("  O\u2019Neil\r\n Ann\u2028 ") == "O\u2019Neil Ann"


def test_clean_text_takes_out_what_no_database_holds():
    assert text.clean_text("a\x00b\x07c\ud800d\x85e") == "abc\N{REPLACEMENT CHARACTER}de"


def test_a_long_text_is_cut_with_a_marker_and_in_bounded_time():
    cut = text.clean_text("x\x00" * 5_000_000)

    assert len(cut) <= text.STORED
    assert cut.endswith(text.CUT)


def test_a_rejected_row_is_kept_as_storable_json():
    kept = text.clean_tree({"a\x00": ["\ud800", {"b": 1}], "n": None})

    assert json.loads(json.dumps(kept)) == {"a": ["\N{REPLACEMENT CHARACTER}", {"b": 1}], "n": None}


@settings(max_examples=1000)
@given(JSON_VALUES)
def test_every_conversion_gives_a_value_or_names_the_field(value):
    for convert in (
        lambda v: values.key(v, "Field"),
        lambda v: values.line(v, 50),
        values.words,
        lambda v: values.maybe_moment(v, "Field", CHICAGO),
        lambda v: values.maybe_day(v, "Field", CHICAGO),
        lambda v: values.maybe_money(v, "Field"),
        lambda v: values.maybe_number(v, "Field"),
        lambda v: values.whole(v, "Field"),
        lambda v: values.flag(v, "Field"),
    ):
        try:
            found = convert(value)
        except Unreadable as refusal:
            assert str(refusal).startswith("Field ")  # noqa: PT017  most values are no refusal
        else:
            assert not isinstance(found, str) or is_storable(found)
            assert not isinstance(found, Decimal) or found.is_finite()


@settings(max_examples=500)
@given(st.decimals(min_value=-(10**9), max_value=10**9, places=4))
def test_amounts_come_through_exactly(amount):
    assert values.money(amount, "Amount") == amount
    assert values.money(str(amount), "Amount") == amount


@pytest.mark.parametrize("value", ["NaN", Decimal("NaN"), Decimal("Infinity"), "", None])
def test_an_amount_that_is_no_number_is_unknown(value):
    assert values.maybe_money(value, "Amount") is None


@pytest.mark.parametrize("value", ["abc", True, [], {}, Decimal("1E+400000"), 10**13, "1,234.50"])
def test_an_amount_that_cannot_be_one_is_refused(value):
    with pytest.raises(Unreadable, match="Amount"):
        values.maybe_money(value, "Amount")


@settings(max_examples=1000)
@given(st.datetimes(dt.datetime(1900, 1, 2), dt.datetime(2200, 1, 1)))
def test_local_times_become_utc_and_go_back(local):
    moment = values.moment(local.isoformat(), "At", CHICAGO)

    assert moment.tzinfo == dt.UTC
    back = moment.astimezone(CHICAGO).replace(tzinfo=None)
    assert back == local or back - local == dt.timedelta(hours=1)  # the hour that spring skips


def test_the_two_hours_at_which_clocks_change():
    at = lambda text: values.moment(text, "At", CHICAGO).isoformat()  # noqa: E731

    assert at("2026-11-01T01:30:00") == "2026-11-01T06:30:00+00:00"  # twice: the first one
    assert at("2026-11-01T02:30:00") == "2026-11-01T08:30:00+00:00"
    assert at("2026-03-08T02:30:00") == "2026-03-08T08:30:00+00:00"  # never: as if the clock had not moved
    assert at("2026-07-01T10:00:00Z") == "2026-07-01T10:00:00+00:00"
    assert at("2026-07-01T10:00:00.1234567") == "2026-07-01T15:00:00.123456+00:00"


@pytest.mark.parametrize("value", ["0001-01-01T00:00:00", "1900-01-01T00:00:00", "", None])
def test_unset_dates_are_unknown(value):
    assert values.maybe_day(value, "JoinDate", CHICAGO) is None


@pytest.mark.parametrize("value", ["yesterday", "2026-13-01", 20260101, "9999-12-31T23:59:59", "0000-00-00"])
def test_impossible_dates_are_refused(value):
    with pytest.raises(Unreadable, match="JoinDate"):
        values.maybe_day(value, "JoinDate", CHICAGO)


@settings(max_examples=1000)
@given(
    st.datetimes(dt.datetime(2026, 10, 31, 12), dt.datetime(2026, 11, 2, 12), timezones=st.just(dt.UTC))
    | st.datetimes(dt.datetime(2026, 3, 7, 12), dt.datetime(2026, 3, 9, 12), timezones=st.just(dt.UTC)),
    st.timedeltas(dt.timedelta(0), dt.timedelta(days=1)),
)
def test_a_change_filter_never_leaves_anything_out_over_a_clock_change_s11(since, after):
    """What iMIS stamps at any later instant, in its naive wall time, must pass the filter."""
    stamp = (since + after).astimezone(CHICAGO).replace(tzinfo=None, microsecond=0).isoformat()

    assert stamp >= mapping.earliest_text(since, CHICAGO)
