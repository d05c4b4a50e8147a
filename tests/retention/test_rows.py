"""Rows for training and scoring: which days, which members, and nothing from later."""

import numpy as np
import pytest
from planted import BEGIN, DAY, GRACE, WINDOWS, association

from imis_ai.features import labels
from retention.calc import rows
from retention.calc.rows import LEAD, RUN

AS_OF = BEGIN + 800 * DAY


@pytest.fixture(scope="module")
def world():
    return association(members=200, years=4, seed=1)


def stacked(world, days):
    frames = {day: world.frame(day) for day in days}
    return rows.stack(frames=frames, book=world.book, windows=WINDOWS, grace=GRACE)


def test_snapshots_are_whole_months_back_with_short_months_kept(world):
    days = rows.snapshot_days(world.book, as_of=np.datetime64("2021-03-31"), grace=GRACE)

    assert [str(day) for day in days[-3:]] == ["2021-01-31", "2021-02-28", "2021-03-31"]


def test_where_all_terms_end_on_one_day_old_seasons_are_seen_from_near(world):
    start = np.array([f"{year}-09-01" for year in range(2000, 2020)], "datetime64[D]")
    end = np.array([f"{year}-08-31" for year in range(2001, 2021)], "datetime64[D]")
    book = labels.terms(member=["a"] * 20, start=start, end=end)

    days = rows.snapshot_days(book, as_of=np.datetime64("2020-06-01"), grace=GRACE)

    old = [day for day in days if day < np.datetime64("2016-01-01")]
    assert {str(day)[5:7] for day in old} == {"06", "07", "08"}
    assert len(old) == 3 * 15


def test_a_row_holds_the_distance_to_the_end_and_the_run_from_the_label_book(world):
    found = stacked(world, [AS_OF])
    now = labels.standing(world.book, on=AS_OF, grace=GRACE)

    assert found.member.tolist() == world.book.names[now.member].tolist()
    assert found.x[:, found.names.index(RUN)].tolist() == now.run.tolist()
    lead = np.clip((now.end - AS_OF) / DAY, 0, rows.NEAR)
    assert found.x[:, found.names.index(LEAD)].tolist() == lead.tolist()


def test_snapshots_of_one_decision_weigh_one_together(world):
    found = stacked(world, [AS_OF - 30 * DAY, AS_OF])

    total = np.bincount(found.decision, weights=rows.weights(found))

    assert total == pytest.approx(np.ones(len(total)))


def test_windows_reaching_back_before_their_source_began_are_not_believed(world):
    days = [BEGIN + k * 30 * DAY for k in range(2, 26)]
    frames = {day: world.frame(day) for day in days}
    began = days[8]
    for day in days[:8]:
        frames[day]["portal.logins_90"] = np.nan

    found = rows.stack(frames=frames, book=world.book, windows=WINDOWS, grace=GRACE)

    logins = found.x[:, found.names.index("portal.logins_90")]
    assert np.isnan(logins[found.day < began + 90 * DAY]).all()
    assert not np.isnan(logins[found.day >= began + 90 * DAY]).any()


@pytest.mark.row("CHURN-28")
def test_deleting_the_future_changes_no_row(world):
    day = AS_OF
    seen = np.flatnonzero(world.start < day)
    cut = labels.terms(member=world.name[seen], start=world.start[seen], end=world.end[seen])
    frame = world.frame(day)

    whole = rows.build(frame=frame, book=world.book, day=day, names=list(WINDOWS), grace=GRACE)
    past = rows.build(frame=frame, book=cut, day=day, names=list(WINDOWS), grace=GRACE)

    assert past.member.tolist() == whole.member.tolist()
    assert np.array_equal(past.x, whole.x, equal_nan=True)
    assert past.end.tolist() == whole.end.tolist()
