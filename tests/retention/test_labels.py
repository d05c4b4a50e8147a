"""The label book against a slow reading of its definitions, day by day."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from imis_ai.features import labels

DAY = np.timedelta64(1, "D")
GRACE = 60


def day(text):
    return np.datetime64(text, "D")


def book(*rows):
    """Rows of (member, start, end[, resigned])."""
    return labels.terms(
        member=[row[0] for row in rows],
        start=np.array([row[1] for row in rows], "datetime64[D]"),
        end=np.array([row[2] for row in rows], "datetime64[D]"),
        resigned=np.array([row[3] if len(row) > 3 else "NaT" for row in rows], "datetime64[D]"),
    )


def lapses(found):
    member, on = labels.lapses(found, grace=GRACE)
    return [(str(found.names[m]), str(d)) for m, d in zip(member, on, strict=True)]


def test_a_term_that_nobody_renews_within_grace_is_a_lapse_on_its_last_day():
    found = book(("a", "2020-01-01", "2020-12-31"), ("a", "2021-03-01", "2022-02-28"))

    assert lapses(found) == [("a", "2022-02-28")]


def test_a_renewal_on_the_last_day_of_grace_counts_and_one_day_later_does_not():
    in_time = book(("a", "2020-01-01", "2020-12-31"), ("a", "2021-03-01", "2021-12-31"))
    too_late = book(("a", "2020-01-01", "2020-12-31"), ("a", "2021-03-02", "2021-12-31"))

    assert lapses(in_time) == [("a", "2021-12-31")]
    assert lapses(too_late) == [("a", "2020-12-31"), ("a", "2021-12-31")]


def test_a_resignation_lapses_on_the_day_it_took_effect():
    found = book(("a", "2020-01-01", "2020-12-31", "2020-05-05"))

    assert lapses(found) == [("a", "2020-05-05")]


def test_a_change_of_term_in_the_middle_is_no_lapse():
    found = book(("a", "2020-01-01", "2020-12-31", "2020-06-30"), ("a", "2020-07-01", "2021-06-30"))

    assert lapses(found) == [("a", "2021-06-30")]


def test_a_resignation_is_not_known_before_its_day():
    found = book(("a", "2020-01-01", "2020-12-31", "2020-05-05"))

    before = labels.standing(found, on=day("2020-05-05"), grace=GRACE)
    after = labels.standing(found, on=day("2020-05-06"), grace=GRACE)

    assert before.end.tolist() == [day("2020-12-31").item()]
    assert len(after.member) == 0


def test_active_means_covered_or_less_than_grace_days_after_the_end():
    found = book(("a", "2020-01-01", "2020-12-31"))

    active = [
        len(labels.standing(found, on=day("2020-12-31") + d * DAY, grace=GRACE).member) for d in (0, 59, 60)
    ]

    assert active == [1, 1, 0]


def test_the_run_starts_again_after_a_gap_and_counts_late_renewals():
    found = book(
        ("a", "2018-01-01", "2018-12-31"),
        ("a", "2020-01-01", "2020-12-31"),
        ("a", "2021-01-20", "2021-12-31"),
    )

    now = labels.standing(found, on=day("2021-06-01"), grace=GRACE)

    assert (now.terms.tolist(), now.run.tolist(), now.late.tolist()) == ([3], [2], [1])
    assert (str(now.joined[0]), str(now.since[0])) == ("2018-01-01", "2020-01-01")


def test_the_outcome_is_final_only_after_grace_has_passed():
    found = book(
        ("a", "2020-01-01", "2020-12-31"),
        ("b", "2020-01-01", "2020-12-31"),
        ("b", "2021-01-01", "2021-12-31"),
    )
    now = labels.standing(found, on=day("2020-11-01"), grace=GRACE)

    result = labels.outcome(found, now, grace=GRACE)

    assert result.lapsed.tolist() == [True, False]
    assert {str(d) for d in result.final} == {"2021-03-02"}


MEMBER = st.lists(st.tuples(st.integers(0, 900), st.integers(1, 400), st.booleans()), min_size=1, max_size=5)


def drawn(members):
    rows = []
    for m, terms in enumerate(members):
        for start, length, leaves in terms:
            begin = day("2020-01-01") + start * DAY
            left = str(begin + (length // 2) * DAY) if leaves else "NaT"
            rows.append((f"m{m}", str(begin), str(begin + length * DAY), left))
    return rows


@given(st.lists(MEMBER, min_size=1, max_size=4), st.integers(0, 1400))
def test_rows_dated_later_change_nobodys_standing(members, when):
    rows, on = drawn(members), day("2020-01-01") + when * DAY
    seen = [(m, s, e, r if r != "NaT" and day(r) < on else "NaT") for m, s, e, r in rows if day(s) < on]

    whole = labels.standing(book(*rows), on=on, grace=GRACE)
    cut = labels.standing(book(*seen), on=on, grace=GRACE) if seen else None

    names = book(*rows).names[whole.member].tolist()
    assert names == (book(*seen).names[cut.member].tolist() if cut else [])
    for field in ("start", "end", "terms", "run", "late", "joined"):
        assert getattr(whole, field).tolist() == (getattr(cut, field).tolist() if cut else [])


@given(st.lists(MEMBER, min_size=1, max_size=4), st.integers(0, 1400))
def test_an_outcome_called_final_is_not_changed_by_anything_later(members, when):
    rows, on = drawn(members), day("2020-01-01") + when * DAY
    found = book(*rows)
    now = labels.standing(found, on=on, grace=GRACE)
    result = labels.outcome(found, now, grace=GRACE)

    for k in range(len(now.member)):
        cut = book(*[(m, s, e, r if r != "NaT" and day(r) < result.final[k] else "NaT")
                     for m, s, e, r in rows if day(s) < result.final[k]])  # fmt: skip
        again = labels.standing(cut, on=on, grace=GRACE)
        same = cut.names[again.member] == found.names[now.member[k]]

        assert labels.outcome(cut, again, grace=GRACE).on[same].tolist() == [result.on[k].item()]


@given(st.lists(MEMBER, min_size=1, max_size=4), st.integers(0, 1400), st.integers(1, 200))
def test_a_lapse_within_a_longer_horizon_contains_the_shorter(members, when, horizon):
    found, on = book(*drawn(members)), day("2020-01-01") + when * DAY
    now = labels.standing(found, on=on, grace=GRACE)

    short = labels.lapses_within(found, now, on=on, horizon=horizon, grace=GRACE)
    long = labels.lapses_within(found, now, on=on, horizon=2 * horizon, grace=GRACE)

    assert (long | ~short).all()


def test_late_renewals_are_measured_in_days():
    found = book(
        ("a", "2020-01-01", "2020-12-31"),
        ("a", "2021-01-01", "2021-12-31"),
        ("a", "2022-01-15", "2022-12-31"),
    )

    assert labels.renewal_delays(found, grace=GRACE).tolist() == [1, 15]
