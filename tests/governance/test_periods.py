"""Nothing is kept longer than its period, and the log says what went."""

import datetime as dt
import json

import pytest

from imis_ai.accounts.models import AccessEntry
from imis_ai.governance import audit
from imis_ai.governance.models import AuditDetail, AuditEntry, Generation, OutboxMessage
from imis_ai.governance.privacy import periods
from imis_ai.mirror.models import Member, Payment, Text
from retention.models import ScoreRun
from tests.factories import mirror as made
from tests.factories.accounts import UserFactory
from tests.factories.governance import ProposalFactory
from tests.factories.retention import ScoreRunFactory

pytestmark = pytest.mark.django_db
NOW = dt.datetime(2026, 6, 1, 15, tzinfo=dt.UTC)


def ago(days: int) -> dt.datetime:
    return NOW - dt.timedelta(days=days)


@pytest.fixture(autouse=True)
def _folder(settings, tmp_path):
    settings.AUDIT_CHECKPOINT_DIR = tmp_path / "seals"


def both(days: int):
    """A little younger and a little older than a period."""
    return ago(days - 1), ago(days + 1)


def test_each_period_is_kept_to_the_day_and_what_is_younger_stays():
    young, old = both(90)
    stays = made.MemberFactory(gone_at=young)
    made.PaymentFactory(member=made.MemberFactory(gone_at=old), payer_name="Dana")
    for at in both(730):
        made.TextFactory(member=stays, at=at)
    for at in both(365):
        Generation.objects.create(imis_id="1", facts={}, output_hash="a" * 64, made_at=at)
    for at in both(7 * 365):
        audit.record(action="test.done", by=None, now=at, detail={"after": "x"})
        AccessEntry.objects.create(at=at, username="priya", what="member opened")
    for at in both(1096):
        ScoreRunFactory(created_at=at)

    found = periods.purge(now=NOW)

    assert found == {
        "mirror.gone": 1, "mirror.texts": 1, "messages.generated": 1, "audit.details": 1,
        "accounts.access": 1, "retention.scores": 1,
    }  # fmt: skip
    assert list(Member.objects.all()) == [stays]
    assert Payment.objects.get().payer_name == ""
    assert Text.objects.count() == Generation.objects.count() == ScoreRun.objects.count() == 1
    assert audit.verify().is_whole
    assert AuditEntry.objects.filter(action="period.purged").count() == len(found)


def test_running_it_again_removes_nothing_more():
    made.TextFactory(at=ago(800))
    periods.purge(now=NOW)

    assert periods.purge(now=NOW) == {}


def test_a_shorter_period_holds_from_the_next_night():
    made.TextFactory(at=ago(100))
    assert periods.purge(now=NOW) == {}

    periods.shorten(name="mirror.texts", days=90, by=UserFactory(role="admin"), now=NOW)

    assert periods.purge(now=NOW) == {"mirror.texts": 1}


def test_old_decisions_about_money_keep_amount_and_reference():
    payload = {"imis_id": "104482", "amount": "620.00", "note": "Dana"}
    old = ProposalFactory(
        payload=payload, imis_id="104482", amount="620.00", state="approved", decided_at=ago(2600),
        hold_until=ago(2600),
    )  # fmt: skip
    OutboxMessage.objects.create(
        proposal=old, number=1, way="append", target="credit", imis_id="104482", digest="d" * 64,
        state="done", reference="IAI-0000000000003", not_before=ago(2600), done_at=ago(2600), fields=payload,
    )  # fmt: skip

    assert periods.purge(now=NOW) == {"money.proposals": 1}

    old.refresh_from_db()
    assert old.payload == {"erased": True, "amount": "620.00"}
    message = OutboxMessage.objects.get()
    assert (message.fields, message.reference) == ({"erased": True, "amount": "620.00"}, "IAI-0000000000003")
    assert periods.purge(now=NOW) == {}


def test_what_an_earlier_removal_says_is_never_removed():
    audit.record(action="test.done", by=None, now=ago(6000), detail={"after": "x"})
    audit.remove_details(seqs=[1], why="erasure", now=ago(6000))

    periods.purge(now=NOW)

    kept = AuditDetail.objects.get(entry__action=audit.REMOVED)
    assert json.loads(kept.detail)["removed"] == [[1, 1]]
    assert audit.verify().is_whole
