"""Everything about one member goes, nothing about the others, and the audit chain stays whole."""

import datetime as dt
import io
import json
import zipfile

import pytest
from django.core.management import call_command
from django.db import connection

from imis_ai.accounts import actions as people
from imis_ai.accounts.models import AccessEntry
from imis_ai.features import actions as features
from imis_ai.features.models import PublishedValue, Snapshot
from imis_ai.governance import audit, privacy
from imis_ai.governance.messages import ledger
from imis_ai.governance.models import AuditDetail, Decision, Erasure, OutboxMessage, Proposal
from imis_ai.governance.privacy import export, holders, legal, own
from imis_ai.governance.refusals import Blocked
from imis_ai.imis import records
from imis_ai.jobs.progress import SILENT
from imis_ai.mirror import actions as mirror
from imis_ai.mirror.models import Member, Payment
from tests.factories import mirror as made
from tests.factories.accounts import UserFactory
from tests.factories.retention import RiskScoreFactory

pytestmark = pytest.mark.django_db
NOW = dt.datetime(2026, 6, 2, 12, tzinfo=dt.UTC)
TODAY = NOW.date()
PSEUDONYM = "5f0c7e4e-0c3f-5d0a-9d0e-6f6f0d7c2b11"
CANARY = {"name": "Quisella Vandertromp", "email": "quisella@canary.example", "phone": "+1 512 555 0199"}


@pytest.fixture(autouse=True)
def _folders(settings, tmp_path):
    settings.AUDIT_CHECKPOINT_DIR = tmp_path / "seals"
    settings.ERASURES_FILE = tmp_path / "seals" / "erasures.jsonl"
    settings.VAR_DIR = tmp_path / "var"


@pytest.fixture
def member():
    """A member with something in every table that holds members, quoted by staff and in a batch."""
    found = made.MemberFactory(
        imis_id="104482", first_name="Quisella", last_name="Vandertromp", pseudonym=PSEUDONYM, **CANARY
    )
    other = made.MemberFactory(imis_id="104483")
    for factory in (made.TermFactory, made.ActivityFactory, made.RegistrationFactory, made.InvoiceFactory):
        factory(member=found)
        factory(member=other)
    made.TextFactory(member=found, body=f"I am {CANARY['name']}, call me on {CANARY['phone']}.")
    made.ConsentFactory(member=found)
    made.CommitteeRoleFactory(member=found)
    made.PaymentFactory(member=found, payer_name=CANARY["name"], reference="IAI-PAYMENT")
    RiskScoreFactory(member=found)
    features.build(as_of=TODAY, now=NOW)
    features.publish(as_of=TODAY, name="retention.risk", version="1", values={found.pseudonym: 0.6}, now=NOW)
    _decide(found, UserFactory())
    return found


def _decide(member, person):
    """Suggestions, writes, notes and log entries about the member and about others, as staff make them."""
    about = {"kind": "test.kind", "area": "retention", "created_at": NOW, "proposed_by": person}
    own_payload = {"imis_id": member.imis_id, "email": member.email, "amount": "12.00"}
    one = Proposal.objects.create(
        title=f"Write to {member.name}",
        payload=own_payload,
        imis_id=member.imis_id,
        digest="d" * 64,
        **about,
    )
    two = [{"imis_id": "104482", "name": member.name}, {"imis_id": "104483", "name": "Ben"}]
    batch = Proposal.objects.create(
        title="Tag 2 members", digest="e" * 64, members=2, payload={"members": two}, **about
    )
    Decision.objects.create(
        proposal=batch, what="note", by=person, at=NOW, version=1, digest="e" * 64,
        note=f"{CANARY['name']} rang me about 104482",
    )  # fmt: skip
    OutboxMessage.objects.create(
        proposal=one, number=1, way="email", target="email", imis_id=member.imis_id, digest="d" * 64,
        reference="IAI-0000000000001", not_before=NOW, fields={"to": member.email, "amount": "12.00"},
    )  # fmt: skip
    people.record_access(by=person, what=AccessEntry.What.MEMBER_OPENED, now=NOW, imis_id=member.imis_id)
    ledger.call_a_person(
        imis_id=member.imis_id, why="asked", key="k", now=NOW, text=f"From {CANARY['email']}"
    )
    audit.record(
        action="member.corrected", by=person, now=NOW, imis_id=member.imis_id, detail={"after": member.email}
    )
    audit.record(action="note.written", by=person, now=NOW, detail={"note": f"spoke with {CANARY['name']}"})
    audit.record(action="other.done", by=person, now=NOW, imis_id="104483", detail={"after": "kept"})


def erase(member) -> Erasure:
    erasure = privacy.begin(imis_id=member.imis_id, reason=f"asked by {CANARY['email']}", now=NOW)
    return privacy.run(erasure=erasure, now=NOW, progress=SILENT)


def tables_with(*texts) -> dict:
    found, patterns = {}, [f"%{text}%" for text in texts]
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f'SELECT count(*) FROM "{table}" t WHERE t::text ILIKE ANY(%s)', [patterns])
            if rows := cursor.fetchone()[0]:
                found[table] = rows
    return found


@pytest.mark.row("GOV-13")
def test_nothing_in_any_table_leads_to_the_erased_person_and_the_chain_is_whole(member):
    words = (*CANARY.values(), "Vandertromp", "104482", str(member.pseudonym))
    before = tables_with(*words)
    assert len(before) > 10

    erasure = erase(member)

    left = tables_with(*words)
    # the chain keeps the pseudonym, which means nothing any more: its salt is gone and no other table has it
    assert left == {"governance_auditentry": 2}
    assert not tables_with(*words[:-1])
    assert erasure.remains == []
    verdict = audit.verify()
    assert verdict.is_whole, verdict.sentence
    assert verdict.removed >= 2


def test_the_others_keep_everything(member):
    erase(member)

    other = Member.objects.get(imis_id="104483")
    assert other.term_set.count() == other.activity_set.count() == other.invoice_set.count() == 1
    batch = Proposal.objects.get(title="Tag 2 members")
    assert batch.payload["members"] == [{"imis_id": "(erased)"}, {"imis_id": "104483", "name": "Ben"}]
    assert Decision.objects.get(proposal=batch).note == "(erased) rang me about (erased)"
    assert AuditDetail.objects.get(imis_id="104483").detail == '{"after":"kept"}'
    assert Snapshot.objects.get().members == 1


def test_money_keeps_amount_and_reference_without_a_name(member):
    erase(member)

    payment = Payment.objects.get(reference="IAI-PAYMENT")
    assert (payment.member, payment.payer_name, str(payment.amount)) == (None, "", "250.00")
    message = OutboxMessage.objects.get()
    assert message.fields == {"erased": True, "amount": "12.00"}
    assert (message.state, message.reference) == ("cancelled", "IAI-0000000000001")
    assert Proposal.objects.get(pk=message.proposal_id).payload == {"erased": True, "amount": "12.00"}


def test_the_next_reading_brings_nobody_back(member):
    erase(member)

    mirror.save(
        records=[
            records.Member(key="104482", first_name="Quisella", email=CANARY["email"]),
            records.Term(key="t9", member="104482", start_on=TODAY, end_on=TODAY),
        ],
        feed="members",
        now=NOW,
    )

    assert not Member.objects.filter(imis_id="104482").exists()
    assert not tables_with(CANARY["email"])


def test_every_step_has_its_receipt_and_its_entry_and_the_certificate_names_nobody(member):
    erasure = erase(member)

    assert [step["number"] for step in erasure.steps] == list(holders.STEPS)
    entries = AuditDetail.objects.filter(entry__action="erasure.step").order_by("pk")
    assert [json.loads(entry.detail)["step"] for entry in entries] == list(holders.STEPS)
    assert (erasure.imis_id, erasure.subject, erasure.reason) == ("", {}, "asked by (erased)")
    assert erasure.physical_until - erasure.done_at == dt.timedelta(days=35)


@pytest.mark.parametrize("cut_at", range(1, 11))
def test_an_erasure_that_was_cut_off_goes_on_where_it_stopped(member, cut_at, monkeypatch):
    def lost(subject, now):
        raise ConnectionError("cut off")

    with monkeypatch.context() as broken:
        broken.setitem(holders.HOLDERS, "cut", holders.Holder("cut", cut_at, lambda subject: [], lost))
        with pytest.raises(ConnectionError):
            erase(member)
    steps = Erasure.objects.get().steps

    done = erase(member)

    assert Erasure.objects.count() == 1
    assert [step["number"] for step in steps] == list(range(1, cut_at))
    assert [step["number"] for step in done.steps] == list(holders.STEPS)
    assert done.remains == []


def test_a_legal_hold_stands_against_it_also_in_the_middle(member, monkeypatch):
    marta = UserFactory(first_name="Marta", last_name="Silva")
    hold = legal.place(imis_id="104482", reason="Case 12/2026", by=marta, now=NOW)

    with pytest.raises(Blocked, match=r"under a legal hold: Case 12/2026 Ask Marta Silva to lift it first\."):
        erase(member)
    assert tables_with(CANARY["email"])

    legal.lift(hold=hold, by=marta, now=NOW)
    erasure = privacy.begin(imis_id="104482", reason="asked", now=NOW)
    legal.place(imis_id="104482", reason="Case 13/2026", by=marta, now=NOW)
    with pytest.raises(Blocked, match="Case 13/2026"):
        privacy.run(erasure=erasure, now=NOW, progress=SILENT)
    assert erasure.steps == []


def test_a_write_without_a_clear_answer_is_settled_before_anything_is_deleted(member):
    OutboxMessage.objects.update(state="unknown", settle_until=NOW)

    with pytest.raises(Blocked, match="has no clear answer yet"):
        erase(member)
    assert Member.objects.filter(imis_id="104482").exists()
    assert OutboxMessage.objects.get().revoke_requested_at

    OutboxMessage.objects.update(state="done", done_at=NOW, imis_key="104482|7")
    assert erase(member).remains == []


def test_what_remains_is_said(member):
    made.MemberFactory(imis_id="7", name=f"Estate of {CANARY['name']}")

    erasure = erase(member)

    assert erasure.remains == [["mirror_member", 1]]


@pytest.mark.django_db(transaction=True)
def test_a_restored_backup_forgets_again(member, capsys):
    erase(member)
    made.MemberFactory(imis_id="104482", **CANARY)  # the backup brings the row back

    call_command("erase_member", "--replay", "--json")

    found = json.loads(capsys.readouterr().out)
    assert len(found["erased"]) == 1
    assert not Member.objects.filter(imis_id="104482").exists()
    assert not tables_with(CANARY["email"])


@pytest.mark.django_db(transaction=True)
def test_the_command_says_what_it_did_and_when_the_bytes_are_gone(member, capsys):
    call_command("erase_member", "104482", "--json")

    said = json.loads(capsys.readouterr().out)
    assert len(said["steps"]) == len(holders.STEPS)
    assert said["remains"] == {}
    assert said["physical_until"]

    call_command("erase_member", "104482", "--json")
    assert json.loads(capsys.readouterr().out) == {"certificate": None, "erased_before": True}


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("number", "code", "said"), [("1", 2, "There is no member 1."), ("104482", 3, "legal hold")]
)
def test_the_command_refuses_with_a_reason(member, number, code, said, capsys):
    legal.place(imis_id="104482", reason="Case 12", by=UserFactory(), now=NOW)

    with pytest.raises(SystemExit) as stop:
        call_command("erase_member", number)

    assert stop.value.code == code
    assert said in capsys.readouterr().err
    assert Member.objects.filter(imis_id="104482").exists()


def test_the_export_holds_everything_in_words_and_for_machines(member):
    packed = export.subject_export(imis_id="104482", by=UserFactory(), now=NOW)

    with zipfile.ZipFile(io.BytesIO(packed)) as archive:
        everything = json.loads(archive.read("everything.json"))
        page = archive.read("everything.html").decode()
    by_title = {section["title"]: section["rows"] for section in everything["sections"]}
    assert by_title["Member"][0]["email"] == CANARY["email"]
    assert "call me on" in by_title["Texts"][0]["body"]
    assert by_title["Scores"][0]["model"] == "churn 2026.6.1"
    assert "No portal visit" in by_title["Scores"][0]["reason 1"]
    assert {"as of", "what", "value", "unit", "from"} == set(by_title["Features"][0])
    assert len(by_title["Suggestions about you"]) == len(by_title["What was written to iMIS or sent"]) == 1
    assert by_title["Who opened your data"]
    assert by_title["What was decided and changed"]
    assert by_title["Who received data"]
    assert CANARY["name"] in page
    assert "No portal visit" in page
    assert audit.verify().is_whole
    assert AuditDetail.objects.filter(entry__action="member data.exported", imis_id="104482").exists()


def test_the_export_of_an_unknown_number_is_nothing():
    assert export.subject_export(imis_id="nobody", by=None, now=NOW) is None


def test_no_holder_was_forgotten(member):
    """A table that names a member and that no holder exports or erases would show here after an erasure."""
    assert {"mirror", "messages", "proposals", "access", "audit", "features", "models", "retention"} <= set(
        holders.HOLDERS
    )
    erase(member)
    assert own.tables_that_still_hold(subject=privacy.Subject("104482", words=tuple(CANARY.values()))) == []
    assert not PublishedValue.objects.exists()


@pytest.mark.row("GOV-13")
def test_fifty_people_leave_no_word_in_chain_features_jobs_models_or_logs(caplog, capfd):
    """Canaries before any erasure: what may never hold a name does not, whatever is decided about people."""
    caplog.set_level("DEBUG")
    person = UserFactory()
    for number in range(50):
        found = made.MemberFactory(
            imis_id=f"9{number:05}", name=f"Zyx{number} Canary", email=f"zyx{number}@canary.example"
        )
        audit.record(
            action="member.corrected", by=person, now=NOW, about=("member", found.imis_id),
            detail={"before": {"email": found.email}, "after": {"name": found.name}},
        )  # fmt: skip
    features.build(as_of=TODAY, now=NOW)
    erasure = privacy.begin(imis_id="900007", reason="asked by letter", now=NOW)
    privacy.run(erasure=erasure, now=NOW, progress=SILENT)

    closed = {"governance_auditentry", "jobs_jobrun", "registry_trainedmodel", "governance_erasure"}
    hits = tables_with("canary", "Zyx", "900007")

    assert not {table for table in hits if table in closed or table.startswith("features_")}
    said = capfd.readouterr()
    assert "canary" not in (caplog.text + said.out + said.err).lower()
    assert audit.verify().is_whole
