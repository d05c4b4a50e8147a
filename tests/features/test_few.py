"""A few members by themselves have the features that they have among all others."""

import datetime as dt
from decimal import Decimal

import pytest
from django.db import transaction
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from imis_ai.features import queries
from imis_ai.features.actions import build
from imis_ai.features.definitions import FEATURES, own_features
from imis_ai.imis import records
from imis_ai.mirror import actions as mirror
from imis_ai.mirror import columns
from tests.factories.features import DAY, MAKERS, NOW, day, did, people, plant

DAYS = [day(-600), day(-90), day(-1), DAY]
OWN = [name for name, each in (FEATURES | own_features(["kiosk_tap"])).items() if not each.of_all]
row = st.tuples(
    st.sampled_from(sorted(MAKERS)),
    st.integers(0, 11),
    st.integers(-800, 60),
    st.integers(-800, 400),
    st.integers(0, 60),
)


def assert_same_by_themselves(members):
    import pandas as pd

    pseudonyms = [str(member.pseudonym) for member in members]
    among_all = queries.frames(as_ofs=DAYS, names=OWN)
    alone = queries.frames(as_ofs=DAYS, names=OWN, pseudonyms=pseudonyms)
    for each in DAYS:
        expected = among_all[each][among_all[each].index.isin(pseudonyms)].sort_index()
        pd.testing.assert_frame_equal(alone[each].sort_index(), expected, obj=str(each))
    return among_all[DAY]


@pytest.mark.django_db
@given(st.lists(row, min_size=5, max_size=120))
@settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck), phases=[Phase.generate])
def test_two_of_twelve_members_by_themselves(drawn):
    example = transaction.savepoint()
    members = people(12)
    plant(members, drawn)

    try:
        assert_same_by_themselves(members[:2])
    finally:
        transaction.savepoint_rollback(example)


@pytest.mark.django_db
def test_a_rich_association_is_covered():
    """So that the test above does not pass for want of data."""
    members = people(8, birth_year=1980)
    plant(
        members,
        [
            (table, number % 8, -700 + number * 23 % 760, -700 + number * 37 % 800, number)
            for table in MAKERS
            for number in range(160)
        ],
    )

    found = assert_same_by_themselves([members[0], members[7]])

    assert found.notna().any().mean() > 0.85


@pytest.fixture
def built(db):
    """Six members in two cities with a snapshot of DAY; the last has done nothing."""
    members = [*people(5, city="Alton"), *people(1, city="Alton")]
    for member in members[:5]:
        did(member, "login", -40)
    build(as_of=DAY, now=NOW)
    return members


def value(found, member, name):
    return found.loc[str(member.pseudonym), name]


@pytest.mark.parametrize("as_of", [DAY, day(1)])
def test_what_compares_members_comes_from_the_last_snapshot(built, as_of):
    late = built[-1]
    login = records.Activity(key="new", member=late.imis_id, kind="login", at=NOW - dt.timedelta(days=3))
    mirror.save(records=[login], feed="web_visits", now=NOW)

    found = queries.frame(as_of=as_of, pseudonyms=[str(late.pseudonym)])

    assert list(found.index) == [str(late.pseudonym)]
    assert value(found, late, "portal.logins_30") == 1
    assert value(found, late, "place.city_members") == 6
    assert list(found.columns) == list(queries.frame(as_of=as_of).columns)


def test_a_witness_that_is_gone_is_looked_for_again(built):
    first, second = built[:2]
    for number, (member, ago) in enumerate(((first, 200), (second, 100))):
        paid = records.Payment(
            key=f"p{number}", member=member.imis_id, received_on=day(-ago), amount=Decimal(10), status="2"
        )
        mirror.save(records=[paid], feed="payments", now=NOW)
    assert first.pk in columns.of_tables()

    mirror.erase(imis_id=first.imis_id, now=NOW)

    assert columns.of_tables() & {first.pk, second.pk} == {second.pk}
