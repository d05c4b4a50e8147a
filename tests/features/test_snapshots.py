"""Snapshots are stored whole, read back equal, replaced, pruned, and forget people."""

import datetime as dt
import uuid

import pandas as pd  # noqa: TID253  a test may
import pytest

from imis_ai.features import actions, definitions, queries
from imis_ai.features.models import MemberVector, PublishedValue, Snapshot, SnapshotColumn
from imis_ai.mirror.actions.merges import erase
from imis_ai.mirror.actions.save import mark_dirty
from tests.factories.features import DAY, NOW, day, did, people, term

NAME = "retention.risk"
pytestmark = pytest.mark.django_db


@pytest.fixture
def members():
    members = people(7)
    for number, member in enumerate(members):
        did(member, "login", *range(-200, -number, 7))
        did(member, "kiosk_tap", -30 - number, quantity=number)
        term(member, -300, 64)
    return members


def test_a_stored_snapshot_equals_the_computation(members):
    computed = queries.frame(as_of=DAY)
    snapshot = actions.build(as_of=DAY, now=NOW)

    stored = queries.frame(as_of=DAY)

    pd.testing.assert_frame_equal(stored[computed.columns], computed)
    assert snapshot.members == 7
    assert snapshot.version == definitions.version()
    chosen = queries.frame(as_of=DAY, names=["own.kiosk_tap_quantity_last", "portal.logins_30"])
    pd.testing.assert_frame_equal(chosen, computed[chosen.columns])


def test_building_a_day_again_replaces_it(members):
    actions.build(as_of=DAY, now=NOW)
    did(members[0], "login", -1, -1, -1)

    actions.build(as_of=DAY, now=NOW)

    assert Snapshot.objects.count() == 1
    assert queries.frame(as_of=DAY).loc[str(members[0].pseudonym), "portal.logins_30"] == 4 + 3


def test_a_snapshot_of_other_definitions_is_not_used(members):
    actions.build(as_of=DAY, now=NOW)
    Snapshot.objects.update(version="older")
    did(members[0], "login", -1, -1, -1)

    assert queries.frame(as_of=DAY).loc[str(members[0].pseudonym), "portal.logins_30"] == 4 + 3


def test_a_few_members_come_from_the_store_until_their_data_changes(members):
    actions.build(as_of=DAY, now=NOW)
    did(members[2], "login", -1)
    few = {"as_of": DAY, "names": ["portal.logins_30"], "pseudonyms": [str(members[2].pseudonym)]}
    before = queries.frame(**few)
    mark_dirty(members={members[2].pk}, now=NOW)

    after = queries.frame(**few)

    assert list(before.index) == list(after.index) == [str(members[2].pseudonym)]
    assert after.iloc[0, 0] == before.iloc[0, 0] + 1
    evidence = queries.evidence(as_of=DAY, pseudonyms=few["pseudonyms"])
    assert evidence.iloc[0]["portal.logins_30"] == after.iloc[0, 0]


def test_an_empty_mirror_is_refused():
    with pytest.raises(actions.Empty, match=r"There are no members yet. Run `manage.py sync`"):
        actions.build(as_of=DAY, now=NOW)


def test_days_before_the_first_member_are_left_out(members):
    built = actions.build_many(as_ofs=[day(-4000), DAY], now=NOW)

    assert [snapshot.as_of for snapshot in built] == [DAY]


def test_prune_keeps_firsts_of_months_longer(members):
    actions.build_many(as_ofs=[dt.date(2025, 12, 1), dt.date(2025, 12, 5)], now=NOW - dt.timedelta(days=40))
    actions.build(as_of=dt.date(2025, 12, 7), now=NOW)

    removed = actions.prune(now=NOW)

    assert removed == 1
    assert set(Snapshot.objects.values_list("as_of", flat=True)) == {
        dt.date(2025, 12, 1),
        dt.date(2025, 12, 7),
    }
    assert actions.prune(now=NOW + dt.timedelta(days=1200)) == 2


def test_publish_and_read_back(members):
    risk = {str(member.pseudonym): n / 10 for n, member in enumerate(members[:3])}
    risk_nine_days_ago = dict.fromkeys(risk, 0.9)
    for version, as_of, values in (
        ("1", day(-9), risk_nine_days_ago),
        ("2", day(-1), risk),
        ("2", day(-1), risk),
    ):
        written = actions.publish(as_of=as_of, name=NAME, version=version, values=values, now=NOW)

    found = queries.frame(as_of=DAY, names=["portal.logins_30", "retention.risk"])

    assert written == 3
    assert found["retention.risk"].dropna().to_dict() == pytest.approx(risk)
    assert queries.frame(as_of=day(-5), names=["retention.risk"])["retention.risk"].max() == pytest.approx(
        0.9
    )
    assert PublishedValue.objects.get(as_of=day(-1), pseudonym=members[1].pseudonym).published_at == NOW


@pytest.mark.parametrize("name", ["portal.logins_30", "risk"])
def test_a_published_name_is_dotted_and_no_feature(name):
    with pytest.raises(ValueError, match=r"cannot be published\. Use a dotted name of your own"):
        actions.publish(as_of=DAY, name=name, version="1", values={}, now=NOW)


def test_forget_removes_a_person_from_everything(members):
    actions.build(as_of=DAY, now=NOW)
    gone, stays = str(members[0].pseudonym), str(members[1].pseudonym)
    actions.publish(as_of=DAY, name=NAME, version="1", values={gone: 0.5, stays: 0.4}, now=NOW)
    before = queries.frame(as_of=DAY)

    actions.forget(pseudonyms=[gone])

    after = queries.frame(as_of=DAY)
    pd.testing.assert_frame_equal(after, before.drop(index=gone))
    assert not MemberVector.objects.filter(pk=gone).exists()
    assert not PublishedValue.objects.filter(pseudonym=gone).exists()
    raw = bytes(Snapshot.objects.get().pseudonyms)
    assert uuid.UUID(gone).bytes not in raw
    assert SnapshotColumn.objects.get(name="portal.logins_30").covered == 6


def test_the_next_build_forgets_whom_the_mirror_has_erased(members):
    actions.build(as_of=day(-30), now=NOW)
    gone = members[3]
    erase(imis_id=gone.imis_id, now=NOW)

    actions.build(as_of=DAY, now=NOW)

    for snapshot in Snapshot.objects.all():
        assert snapshot.members == 6
        assert gone.pseudonym.bytes not in bytes(snapshot.pseudonyms)
        assert len(queries.frame(as_of=snapshot.as_of)) == 6
