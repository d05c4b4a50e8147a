"""The audit chain: what an entry holds, that writers take turns, that the database refuses changes."""

import datetime as dt
import threading
from contextlib import suppress
from decimal import Decimal

import pytest
from django.db import DatabaseError, connection, transaction
from django.db.models.deletion import ProtectedError

from imis_ai.governance import audit
from imis_ai.governance.audit import chain
from imis_ai.governance.models import AuditDetail, AuditEntry
from tests.factories.accounts import UserFactory
from tests.factories.mirror import MemberFactory

pytestmark = pytest.mark.django_db
NOW = dt.datetime(2026, 11, 24, 15, tzinfo=dt.UTC)


def said(**more) -> AuditEntry:
    return audit.record(**({"action": "test.done", "by": None, "now": NOW} | more))


def link(entry) -> str:
    return chain.link({name: getattr(entry, name) for name in chain.FIELDS})


@pytest.mark.row("GOV-05")
def test_an_entry_keeps_who_did_what_to_which_member_without_naming_the_member_in_the_chain():
    priya = UserFactory(role="finance")
    member = MemberFactory(imis_id="104482")

    entry = said(
        action="proposal.approved",
        by=priya,
        about=("proposal", "7"),
        imis_id="104482",
        detail={"before": {"price": Decimal("12.50")}, "reason": "she asked"},
        versions={"model": "2026.11.2"},
    )

    entry = AuditEntry.objects.get(pk=entry.pk)
    assert (entry.actor_id, entry.actor, entry.role) == (priya.pk, str(priya), "finance")
    assert (entry.object_type, entry.object_id) == ("proposal", "7")
    assert entry.subject == str(member.pseudonym)
    assert entry.versions == {"model": "2026.11.2"}
    assert entry.kept.imis_id == "104482"
    assert entry.kept.detail == '{"before":{"price":"12.50"},"reason":"she asked"}'
    assert "104482" not in "".join(map(str, AuditEntry.objects.values_list().get()))


def test_a_member_as_the_object_is_not_numbered_in_the_chain_either():
    entry = said(about=("member", "104482"))

    assert (entry.object_type, entry.object_id, entry.kept.imis_id) == ("member", "", "104482")


def test_entries_follow_each_other_without_gap_and_each_binds_the_one_before():
    first, second = said(), said()

    assert (first.seq, first.prev) == (1, chain.GENESIS)
    assert (second.seq, second.prev) == (2, link(first))
    assert second.mac != first.mac


@pytest.mark.parametrize(
    "odd", ["a\0b", "\ud800", float("nan"), 1e300, {1, 2}, ("x",), dt.date(2026, 1, 2), {"a": b"\xff"}]
)
def test_odd_values_never_stop_the_act_they_record(odd):
    entry = said(detail={"odd": odd}, about=("a\0", "b\0") if odd == "a\0b" else ("", ""))

    kept = AuditDetail.objects.get(pk=entry.pk)
    assert chain.commitment(nonce=kept.nonce, imis_id="", detail=kept.detail) == entry.commitment


def test_an_act_that_fails_leaves_no_entry():
    with suppress(ZeroDivisionError), transaction.atomic():
        said(detail={"share": 1 / (said().seq - 1)})

    assert not AuditEntry.objects.exists()


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE governance_auditentry SET actor = 'somebody'",
        "DELETE FROM governance_auditentry",
        "TRUNCATE governance_auditentry CASCADE",
        "UPDATE governance_auditdetail SET detail = '{}'",
        "TRUNCATE governance_auditdetail",
    ],
)
def test_the_database_refuses_to_change_the_chain(change):
    said()
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("ALTER TABLE governance_auditentry ENABLE TRIGGER audit_entry_stays")
        cursor.execute("ALTER TABLE governance_auditdetail ENABLE TRIGGER audit_detail_stays")

    with (
        pytest.raises(DatabaseError, match="append-only"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(change)

    assert AuditEntry.objects.count() == 1


def test_an_entry_cannot_be_deleted_through_the_orm_either():
    with pytest.raises(ProtectedError):
        said().delete()


@pytest.mark.django_db(transaction=True)
def test_writers_at_once_take_turns():
    def write():
        for _ in range(10):
            said()
        connection.close()

    threads = [threading.Thread(target=write) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    entries = list(AuditEntry.objects.order_by("seq"))
    assert [entry.seq for entry in entries] == list(range(1, 41))
    assert [entry.prev for entry in entries[1:]] == [link(entry) for entry in entries[:-1]]
