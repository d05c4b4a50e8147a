"""Writing to a sandbox iMIS: bodies, keys, read-back by reference, the account, the gate, the outcome."""

import datetime as dt
import json
from pathlib import Path

import httpx2
import jsonschema
import pytest

from imis_ai.imis.errors import Ambiguous, AuthFailed, NotApplied, NotFindable, NoWriteAccount, QuietHours
from imis_ai.imis.targets import TARGETS, BadFields, Choice, Names, checked, new_reference
from imis_ai.imis.targets.names import selectable
from imis_ai.imis.targets.values import same
from imis_ai.imis.writes import Writer, setup
from imis_ai.sandbox import server
from tests.imis.fake import Clock, reply
from tests.imis.writing import CHICAGO, PANELS, TODAY, Site, open_gate, opened, writer

SCHEMA = json.loads((Path(__file__).parent / "write_schema.json").read_text())
AT = dt.datetime(2026, 11, 21, 16, 30, tzinfo=dt.UTC)
SAMPLES = {
    "AI_MemberInsight": {
        "run_key": "churn", "score": 66, "low": 52, "high": 78, "band": "high", "lapse_on": "2027-03-14",
        "factor_1": "No portal visit for 92 days", "scored_on": AT, "model": "2026.11.1", "link": "/m/1",
    },
    "AI_TierScore": {"run_key": "t", "tier": "PRO", "direction": "up", "score": 41, "scored_on": AT},
    "AI_SentimentLog": {"source_key": "CASE-9", "sentiment": "negative", "confidence": 81, "topics": "dues"},
    "AI_Interaction": {"interaction_key": "d-17", "template": "renewal 3", "output_hash": "ab" * 32},
    "AI_Segment": {"segment_key": "AIDYNAMIC", "segment_name": "Advocates", "is_member": True, "fit": 90},
    "tag": {"segment": "Advocates", "risk_band": "high", "updated_on": dt.date(2026, 11, 21)},
    "task": {"title": "Call Dana", "assignee": "PN", "due_on": "2026-12-01", "factors": "Quiet\nfor weeks"},
    "activity": {"summary": "Renewal outreach", "at": AT, "on": "2026-11-21", "detail": "Draft 12"},
    "contact_interaction": {"summary": "Renewal outreach", "at": AT, "detail": "Draft 12"},
    "note": {"purpose": "AI", "text": "Hardship noted by the reviewer"},
    "communication": {"subject": "Your renewal", "text": "Dear Dana", "address": "d@example.org", "at": AT},
}  # fmt: skip
SCHEMAS = {
    "activity": "activity", "contact_interaction": "contact_interaction", "note": "party_note",
    "communication": "communication_log",
}  # fmt: skip


@pytest.fixture(scope="module")
def shared():
    with server.start(members=60, seed=2, today=TODAY) as running:
        site = Site(running)
        site.prepare()
        yield site
        site.http.close()


@pytest.fixture
def site():
    """A sandbox of one's own, with nothing prepared."""
    with server.start(members=60, seed=2, today=TODAY) as running:
        made = Site(running)
        yield made
        made.http.close()


@pytest.fixture
def someone(shared):
    return shared.members()[0]


def valid(name: str, body: dict) -> None:
    jsonschema.validate(body, SCHEMA | {"$ref": f"#/$defs/{name}"})


@pytest.mark.row("GOV-42")
@pytest.mark.parametrize("name", SAMPLES)
def test_what_is_written_is_found_again_by_its_reference_and_reads_the_same(shared, someone, name):
    target, reference = TARGETS[name], new_reference()
    fields = checked(target, SAMPLES[name])
    with writer(shared.url) as hand:
        missing = hand.find(name, someone, reference)
        hand.put(name, someone, fields, reference, hand.current(name, someone, fields), open_gate)
        found = hand.find(name, someone, reference)

    assert missing is None
    assert found.reference == reference
    assert {n: v for n, v in fields.items() if not same(target.column(n), v, found.fields[n])} == {}
    valid(SCHEMAS.get(name, "row"), next(e["body"] for e in reversed(shared.log()) if e["method"] == "POST"
          and "Recipient" not in e["path"]))  # fmt: skip


def test_the_communication_log_gets_its_recipient_and_resumes_where_it_broke_off(shared, someone):
    reference, fields = new_reference(), checked(TARGETS["communication"], SAMPLES["communication"])
    shared.faults({"fault": "403", "path": "CommunicationLogRecipient", "method": "POST"})
    with writer(shared.url) as hand:
        with pytest.raises(NotApplied):
            hand.put("communication", someone, fields, reference, None, open_gate)
        half = hand.find("communication", someone, reference)
        hand.put("communication", someone, fields, reference, None, open_gate)
        whole = hand.find("communication", someone, reference)

    logs = shared.rows("CommunicationLog", CommunicationLogMessageId=reference)
    people = shared.rows("CommunicationLogRecipient", CommunicationLogId=logs[0]["CommunicationLogId"])
    valid("communication_recipient", shared.log()[-1]["body"])
    assert (half, whole.fields["address"], len(logs), len(people)) == (None, "d@example.org", 1, 1)


@pytest.mark.row("GOV-42")
def test_a_row_that_exists_is_changed_and_keeps_what_is_not_ours(shared, someone):
    with writer(shared.url) as hand:

        def put(fields):
            fields = checked(TARGETS["tag"], fields)
            row = hand.current("tag", someone, fields)
            hand.put("tag", someone, fields, new_reference(), row, open_gate)
            return row

        put({"segment": "A", "tier_fit": "PRO"})
        before = put({"segment": "B"})
        after = hand.current("tag", someone, {})

    assert (before.fields["segment"], after.fields["segment"], after.fields["tier_fit"]) == ("A", "B", "PRO")
    assert len(shared.rows("AI_Tag", ID=someone)) == 1


def test_rows_of_several_per_member_are_told_apart_by_their_key(shared, someone):
    with writer(shared.url) as hand:
        for run, score in (("a", 10), ("b", 20), ("a", 30)):
            fields = checked(TARGETS["AI_MemberInsight"], {"run_key": run, "score": score})
            row = hand.current("AI_MemberInsight", someone, fields)
            hand.put("AI_MemberInsight", someone, fields, new_reference(), row, open_gate)

    rows = [r for r in shared.rows("AI_MemberInsight", ID=someone) if r["RunKey"] in {"a", "b"}]
    assert {r["RunKey"]: r["ChurnScore"] for r in rows} == {"a": 30, "b": 20}
    assert len(rows) == 2


def test_a_row_of_ours_can_be_taken_back(shared, someone):
    with writer(shared.url) as hand:
        for name in ("AI_TierScore", "task", "activity", "note"):
            fields, reference = checked(TARGETS[name], SAMPLES[name]), new_reference()
            hand.put(name, someone, fields, reference, None, open_gate)
            hand.remove(name, hand.find(name, someone, reference), open_gate)
            assert hand.find(name, someone, reference) is None


def test_a_message_cannot_be_taken_back(shared, someone):
    with writer(shared.url) as hand, pytest.raises(NotFindable, match="correction"):
        hand.keeper("communication").remove(None, open_gate)


@pytest.mark.row("GOV-44")
def test_a_dynamic_group_is_refreshed(shared, someone):
    fields = checked(TARGETS["AI_Segment"], SAMPLES["AI_Segment"])
    with writer(shared.url) as hand:
        hand.put("AI_Segment", someone, fields, new_reference(), None, open_gate)
        group = {"group": "AIDYNAMIC"}
        hand.put("group", "", group, new_reference(), hand.current("group", "", group), open_gate)

    valid("execute", shared.log()[-1]["body"])
    assert someone in {r["Party"]["PartyId"] for r in shared.rows("GroupMember", GroupId="AIDYNAMIC")}


def test_a_task_may_be_kept_as_an_activity_with_a_reminder(shared, someone):
    names = Names({"task": Choice("Activity")})
    fields, reference = (
        checked(names.target("task"), SAMPLES["task"] | {"draft": "Dear Dana"}),
        new_reference(),
    )
    with writer(shared.url, names=names) as hand:
        hand.put("task", someone, fields, reference, None, open_gate)
        found = hand.find("task", someone, reference)

    row = shared.rows("Activity", OTHER_CODE=reference)[0]
    assert (row["TICKLER_DATE"][:10], row["SOLICITOR_ID"]) == ("2026-12-01", "PN")
    assert (found.fields["factors"], found.fields["draft"]) == ("Quiet\nfor weeks", "Dear Dana")


@pytest.mark.row("GOV-07", "GOV-43")
@pytest.mark.parametrize(
    ("target", "fields", "says"),
    [
        ("AI_MemberInsight", {"run_key": "r", "login_recency": 92}, "has no login_recency"),
        ("AI_MemberInsight", {"score": 5}, "needs run_key"),
        ("AI_MemberInsight", {"run_key": "r" * 41}, "41 characters; iMIS keeps 40"),
        ("AI_MemberInsight", {"run_key": "r", "score": 0.66}, "is no whole"),
        ("AI_Segment", {"segment_key": "s", "is_member": 1}, "is no flag"),
        ("activity", {"summary": "x", "at": dt.datetime(2026, 1, 1)}, "is no moment"),
        ("tag", {"updated_on": "soon"}, "is no day"),
    ],
)
def test_only_columns_of_the_list_pass_and_only_values_that_fit(target, fields, says):
    with pytest.raises(BadFields, match=says):
        checked(TARGETS[target], fields)


@pytest.mark.row("GOV-07", "GOV-43")
def test_the_list_holds_no_core_record_and_no_raw_input():
    objects = {target.object for target in TARGETS.values()}
    names = {column.name for panel in PANELS for column in panel.columns}

    assert not objects & {"Party", "Person", "Subscription", "Invoice", "Payment", "MembershipAdjustment"}
    assert not {"text", "body", "comment", "email", "phone", "first_name", "last_name", "birth_year"} & names
    with writer("http://127.0.0.1:9") as hand, pytest.raises(KeyError):
        hand.put("Subscription", "1", {}, "r", None, open_gate)


@pytest.mark.row("GOV-42")
def test_every_name_of_the_guides_can_be_chosen(site):
    chosen = {
        "AI_MemberInsight": ["AI_MemberInsight", "AI_Member_Risk", "MemberRiskScore", "RenewalRiskScore"],
        "AI_TierScore": ["Member_Tier_Score"],
        "AI_SentimentLog": ["Member_Sentiment_Log", "IMIS_SentimentLog", "Sentiment_Log", "SentimentScore"],
        "AI_Interaction": ["AI_Interaction"],
        "AI_Segment": ["AI_Segment"],
    }
    for name, wanted in chosen.items():
        assert set(wanted) <= set(selectable(name))
    names = Names({
        "AI_MemberInsight": Choice("AI_Member_Risk", {"score": "Risk"}),
        "AI_SentimentLog": Choice("Sentiment_Log"),
    })  # fmt: skip
    site.prepare(names)
    someone, reference = site.members()[0], new_reference()
    with writer(site.url, names=names) as hand:
        ready = {each.object: each.is_ready for each in setup.examine(hand)}
        hand.put("AI_MemberInsight", someone, {"run_key": "r", "score": 7}, reference, None, open_gate)

    assert ready["AI_Member_Risk"] is ready["Sentiment_Log"] is True
    assert [row["Risk"] for row in site.rows("AI_Member_Risk", Reference=reference)] == [7]


@pytest.mark.row("GOV-42", "GOV-46")
def test_the_dry_run_says_what_is_missing_and_writes_nothing(site):
    with writer(site.url) as hand:
        found = {each.target: each for each in setup.examine(hand)}
        recipe = setup.queries(hand)

    insight = found["AI_MemberInsight"]
    assert (insight.exists, insight.is_available, insight.is_ready) == (False, False, False)
    assert "Create the panel source AI_MemberInsight under contacts" in insight.steps[0]
    assert "Tick 'Available via the REST API'" in insight.steps[1]
    assert found["activity"].is_ready
    assert found["note"].is_ready
    shown = next(each for each in recipe if each["path"].endswith("MemberInsight"))
    assert all(word in shown["columns"] for word in ("ChurnScore", "LapseOn", "Factor1", "ScoredOn", "Link"))
    assert site.log() == []


@pytest.mark.row("GOV-42")
def test_an_account_that_may_creates_what_is_missing_and_adds_columns(site):
    site.prepare()
    definition = site.http.get("/api/BOEntityDefinition/AI_Segment").json()
    held = [p for p in definition["Properties"]["$values"] if p["Name"] not in {"Fit", "RunKey"}]
    held = [p | {"MaxLength": 5} if p["Name"] == "SegmentName" else p for p in held]
    held.append({"$type": "x", "Name": "Theirs", "PropertyTypeName": "Integer"})
    site.http.put("/api/BOEntityDefinition/AI_Segment",
                  json=definition | {"Properties": {"$values": held}})  # fmt: skip

    with writer(site.url, username="staff") as staff:
        before = next(each for each in setup.examine(staff) if each.target == "AI_Segment")
        made = setup.apply(staff, [before], open_gate)
        after = next(each for each in setup.examine(staff) if each.target == "AI_Segment")
    names = [p["Name"] for p in
             site.http.get("/api/BOEntityDefinition/AI_Segment").json()["Properties"]["$values"]]  # fmt: skip

    assert before.missing == ["Fit", "RunKey"]
    assert before.unfit == ["SegmentName holds 5 characters, 100 needed"]
    assert [each.is_done for each in made] == [True]
    assert after.missing == []
    assert {"Theirs", "Fit", "RunKey", "Reference"} <= set(names)


@pytest.mark.row("GOV-42")
def test_an_account_that_may_not_create_gets_the_check_list(site):
    with writer(site.url) as hand:
        made = setup.apply(hand, setup.examine(hand), open_gate)

    assert {each.is_done for each in made} == {False}
    assert len(made) == len(PANELS)
    assert "system administrator" in made[0].sentence or "right" in made[0].sentence


def test_definitions_have_the_shape_that_imis_takes(site):
    with writer(site.url, username="staff") as staff:
        setup.apply(staff, setup.examine(staff), open_gate)

    bodies = [each["body"] for each in site.log()]
    assert len(bodies) == len(PANELS)
    for body in bodies:
        valid("bo_definition", body)


@pytest.mark.row("GOV-08")
def test_without_a_write_account_nothing_can_be_written_and_the_sentence_says_so(settings):
    settings.IMIS_URL, settings.IMIS_WRITE_USERNAME = "https://imis.example.org", ""

    with pytest.raises(NoWriteAccount, match=r"needs a write account.*only reads works"):
        Writer.from_settings(names=Names())


@pytest.mark.row("GOV-08")
def test_the_write_account_is_another_one_with_its_own_secret(settings):
    settings.IMIS_URL, settings.IMIS_USERNAME, settings.IMIS_PASSWORD = "https://i.example.org", "r", "read"
    settings.IMIS_WRITE_USERNAME, settings.IMIS_WRITE_PASSWORD = "w", "write"
    forms = []

    def handle(request):
        forms.append(request.content)
        return reply({}, 400)

    hand = Writer.from_settings(names=Names(), transport=httpx2.MockTransport(handle))
    with hand, pytest.raises(AuthFailed):
        hand.put("note", "1", {"text": "x"}, "r", None, open_gate)

    assert b"username=w&password=write" in forms[0]
    assert b"read" not in forms[0]


class Fake:
    """Answers /token, then what the test wants."""

    def __init__(self, answer) -> None:
        self.answer, self.seen, self.clock = answer, [], Clock()

    def handle(self, request):
        if request.url.path == "/token":
            return reply({"access_token": "t", "expires_in": 1199, "userName": "w"})
        self.seen.append(request)
        found = self.answer(len(self.seen)) if callable(self.answer) else self.answer
        if isinstance(found, Exception):
            raise found
        return found

    def put(self, gate=open_gate, **changes):
        hand = Writer(
            base_url="https://imis.example.org", username="w", password="p", context=CHICAGO.context,
            clock=self.clock, sleep=self.clock.sleep, transport=httpx2.MockTransport(self.handle), **changes,
        )  # fmt: skip
        with hand:
            return hand.put("note", "101", {"text": "x"}, "IAI-A", None, gate)


@pytest.mark.parametrize("status", [400, 403, 404, 409, 422, 429])
def test_a_refusal_is_certainly_not_applied_and_is_sent_once(status):
    fake = Fake(reply({"Message": "No."}, status))

    with pytest.raises(NotApplied) as caught:
        fake.put()

    assert (len(fake.seen), caught.value.status, caught.value.is_final) == (1, status, status != 429)


@pytest.mark.parametrize(
    "answer",
    [
        *(reply({}, status) for status in (302, 405, 408, 418, 500, 501, 502, 503, 504)),
        reply(b"<html>", 200, Content_Type="text/html"),
        reply(b'{"PartyNoteId": "1', 201),
        reply(b"", 201),
        httpx2.ReadTimeout("slow"),
        httpx2.ReadError("reset"),
        httpx2.WriteError("reset"),
        httpx2.RemoteProtocolError("gone"),
    ],
    ids=str,
)
def test_everything_else_is_ambiguous_and_is_sent_once(answer):
    fake = Fake(answer)

    with pytest.raises(Ambiguous):
        fake.put()

    assert len(fake.seen) == 1


@pytest.mark.parametrize("error", [httpx2.ConnectError("no"), httpx2.ConnectTimeout("no")])
def test_without_a_connection_nothing_was_sent(error):
    with pytest.raises(NotApplied, match="nothing was sent") as caught:
        Fake(error).put()

    assert caught.value.is_final is False


def test_an_expired_token_is_renewed_once_because_a_401_was_not_applied():
    fake = Fake(lambda number: reply({}, 401) if number == 1 else reply({"PartyNoteId": "7"}, 201))
    twice = Fake(reply({}, 401))

    assert fake.put() == "7"
    with pytest.raises(NotApplied):
        twice.put()
    assert len(twice.seen) == 2


def test_a_pause_that_imis_names_is_kept():
    fake = Fake(reply({}, 429, Retry_After="90"))

    with pytest.raises(NotApplied) as caught:
        fake.put()

    assert caught.value.retry_at.timestamp() == fake.clock.now + 90


def test_quiet_hours_hold_for_writing_too():
    with pytest.raises(QuietHours):
        Fake(reply({}, 201)).put(quiet_hours="00:00-23:59")


def test_the_gate_is_asked_last_and_keeps_the_request_here():
    fake = Fake(reply({"PartyNoteId": "7"}, 201))

    def shut():
        raise RuntimeError("read-only")

    with pytest.raises(RuntimeError, match="read-only"):
        fake.put(gate=shut)

    assert fake.seen == []


def test_the_reason_of_a_refusal_is_told_without_the_values(shared, someone):
    bad = {"segment_key": "s", "segment_name": "n" * 120, "is_member": True}
    with writer(shared.url) as hand, pytest.raises(NotApplied) as caught:
        hand.put("AI_Segment", someone, bad, new_reference(), None, open_gate)

    assert "longer than 100" in str(caught.value)
    assert "nnn" not in str(caught.value)
    assert caught.value.answer


def test_a_list_that_ignores_our_filter_is_not_taken_for_an_answer():
    rows = {"Items": {"$values": [{"CommunicationLogId": "1", "CommunicationLogMessageId": "theirs"}]}}
    fake = Fake(reply(rows | {"HasNext": False}))
    hand = Writer(base_url="https://imis.example.org", username="w", password="p", context=CHICAGO.context,
                  transport=httpx2.MockTransport(fake.handle))  # fmt: skip

    with hand, pytest.raises(NotFindable):
        hand.find("communication", "101", "IAI-X")


@pytest.mark.parametrize("text", ["2026-11-21T10:30:00", "2026-11-21T10:30 was the call"])
def test_a_text_that_looks_like_a_time_stays_a_text(shared, someone, text):
    reference = new_reference()
    with writer(shared.url) as hand:
        hand.put("activity", someone, {"summary": text}, reference, None, open_gate)
        found = hand.find("activity", someone, reference)

    assert found.fields["summary"] == text.replace("T", " ", 1)
    assert same(TARGETS["activity"].column("summary"), text, found.fields["summary"])


def test_a_member_is_seen_as_imis_has_it_now(site):
    gone, kept, other = site.members()[:3]
    with writer(site.url) as hand:
        live = hand.party(kept)
        site.edit(op="merge", discarded=gone, retained=kept)
        merged = hand.party(gone)
        site.edit(op="option", name="merged_answer", value="D")
        site.edit(op="merge", discarded=other, retained=kept)
        marked = hand.party(other)

    assert (live.member.key, merged, marked) == (kept, None, None)


def test_references_are_not_repeated():
    made = {new_reference() for _ in range(2000)}

    assert len(made) == 2000
    assert {len(each) for each in made} == {17}
    assert opened({"a": 1}) == {"a": 1}
