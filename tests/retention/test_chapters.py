"""How members take part in chapters: the score against numbers by hand, and when to call."""

import numpy as np
import pytest

from retention.calc import chapters as calc


def values(**told) -> dict[str, np.ndarray]:
    """Features of one member; what is not told is not known."""
    known = {name.replace(".", "_"): name for name in calc.NAMES}
    return {name: np.array([told.get(short, np.nan)], float) for short, name in known.items()}


@pytest.mark.row("CHURN-16")
@pytest.mark.parametrize(
    ("told", "score"),
    [
        ({"events_chapter_attended_365": 3, "committee_roles_now": 1, "committee_shifts_365": 2}, 100),
        (
            {"events_chapter_attended_365": 1, "committee_roles_now": 0, "committee_shifts_365": 1},
            50 / 3 + 10,
        ),
        ({"events_chapter_attended_365": 9, "committee_roles_now": 0, "committee_shifts_365": 0}, 50),
        # iMIS holds no shifts: the rest is scaled up, never filled in
        ({"events_chapter_attended_365": 3, "committee_roles_now": 0}, 62.5),
    ],
)
def test_the_score_against_numbers_by_hand(told, score):
    found, parts = calc.score(values(**told))

    assert found[0] == pytest.approx(score)
    assert np.nansum(parts) == pytest.approx(score)


def test_nothing_held_is_no_score():
    assert np.isnan(calc.score(values())[0][0])


def left(*, led: int, days: int) -> dict[str, int]:
    return {
        "committee_left_within_180": int(days <= 180),
        "committee_leader_left_within_365": led,
        "committee_days_since_left": days,
    }


def holds(*, login: int) -> dict[str, int]:
    return {"committee_roles_now": 1, "portal_days_since_login": login, "events_days_since_attended": 300}


@pytest.mark.parametrize(
    ("told", "now", "before", "why"),
    [
        (left(led=1, days=20), 0, 30, ["led", "faded"]),
        (left(led=0, days=20), 10, 10, ["served"]),
        (left(led=1, days=300), 10, 10, []),
        (holds(login=200), 30, 30, ["silent"]),
        (holds(login=100), 30, 30, []),
        ({}, 40, 59, []),
        ({}, 40, 60, ["faded"]),
    ],
)
def test_why_a_liaison_should_call(told, now, before, why):
    assert calc.reasons(values(**told), np.array([now]), np.array([before])) == [why]


def test_a_source_that_began_since_is_no_fall():
    _, now = calc.score(values(events_chapter_attended_365=0, committee_roles_now=1))
    before, then = calc.score(values(committee_roles_now=1))

    assert before[0] == 100
    assert np.isnan(calc.comparable(before, now, then)[0])
    assert calc.comparable(before, then, then)[0] == 100
