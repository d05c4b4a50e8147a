"""Members like this one: the planted ones come first, with pgvector and without."""

import numpy as np
import pytest

from imis_ai.features import actions, queries
from imis_ai.features.calc.vectors import reduced
from imis_ai.features.models import MemberVector
from imis_ai.features.queries import similar
from tests.factories.features import DAY, NOW, did, people, registered

EACH = 12
HABITS = {
    "reads mail": (("email_sent", 20), ("email_open", 18), ("email_click", 9)),
    "talks": (("community_post", 15), ("community_reply", 25), ("login", 40)),
    "learns": (("course_start", 6), ("course_complete", 5), ("download", 30)),
}


@pytest.fixture
def planted(db):
    """Three groups with habits of their own, and some noise: pseudonym -> group."""
    chance = np.random.default_rng(1)
    members = people(EACH * len(HABITS))
    groups = {}
    for number, member in enumerate(members):
        name = list(HABITS)[number % len(HABITS)]
        for kind, often in HABITS[name]:
            did(
                member,
                kind,
                *(-chance.integers(1, 360, size=max(1, often + chance.integers(-2, 3)))).tolist(),
            )
        did(member, "login", *(-chance.integers(1, 360, size=3)).tolist())
        groups[str(member.pseudonym)] = name
    registered(members[0], -20)
    actions.build(as_of=DAY, now=NOW)
    return groups


@pytest.mark.row("GOV-40")
@pytest.mark.parametrize("switched_off", [False, True], ids=["as it is", "without pgvector"])
def test_neighbours_are_of_the_same_planted_group(planted, switched_off, monkeypatch):
    if switched_off:
        monkeypatch.setattr(similar, "has_pgvector", lambda: False)

    right = 0
    for pseudonym, group in planted.items():
        found = queries.neighbours(pseudonym, 5)
        assert len(found) == 5
        assert [each.distance for each in found] == sorted(each.distance for each in found)
        assert pseudonym not in {each.pseudonym for each in found}
        right += sum(planted[each.pseudonym] == group for each in found)

    assert right / (5 * len(planted)) >= 0.95


@pytest.mark.row("GOV-40")
def test_pgvector_and_memory_agree(planted, monkeypatch):
    if not queries.has_pgvector():
        pytest.skip("this server has no pgvector; the test above covers the way without it")
    one = next(iter(planted))
    in_database = queries.neighbours(one, 8)
    monkeypatch.setattr(similar, "has_pgvector", lambda: False)

    in_memory = queries.neighbours(one, 8)

    assert [each.pseudonym for each in in_database] == [each.pseudonym for each in in_memory]
    assert [each.distance for each in in_database] == pytest.approx(
        [each.distance for each in in_memory], abs=1e-4
    )


@pytest.mark.django_db
def test_a_member_without_a_vector_has_no_neighbours():
    assert queries.neighbours("00000000-0000-5000-8000-000000000000") == []


def test_vectors_follow_the_newest_snapshot(planted):
    actions.build(as_of=DAY.replace(year=2025), now=NOW)

    assert set(MemberVector.objects.values_list("as_of", flat=True)) == {DAY}


def test_missing_and_constant_columns_say_nothing():
    values = np.array([[1.0, np.nan, 5.0], [2.0, np.nan, 5.0], [np.nan, np.nan, 5.0]])

    vectors = reduced(values, 2)

    assert vectors[:, 1].tolist() == [0, 0, 0]
    assert vectors[2].tolist() == [0, 0]
    assert vectors[0, 0] == -vectors[1, 0] != 0
