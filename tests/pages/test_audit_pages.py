"""The audit log as people meet it: found, opened, exported, and closed where they may not look."""

import datetime as dt
import io
import json
import zipfile

import pytest

from imis_ai.accounts.models import AccessEntry, User
from imis_ai.governance import audit, proposals
from imis_ai.governance.models import (
    AuditDetail,
    AuditEntry,
    ContactEntry,
    ContactEvent,
    Decision,
    Erasure,
    Generation,
    LegalHold,
    OptOut,
    OutboxMessage,
    Period,
    Proposal,
)
from imis_ai.governance.privacy import periods, request
from imis_ai.jobs.models import JobRun
from tests.factories.accounts import UserFactory
from tests.factories.governance import sealed_entry
from tests.factories.messages import VersionFactory
from tests.factories.mirror import MemberFactory
from tests.factories.retention import RiskScoreFactory
from tests.reading import html_of

NOW = dt.datetime(2026, 6, 1, 15, tzinfo=dt.UTC)


def said(**more) -> AuditEntry:
    return audit.record(**({"action": "proposal.approved", "by": None, "now": NOW} | more))


@pytest.fixture
def auditor(signed_in):
    return signed_in(UserFactory(role="executive", is_auditor=True, first_name="Ada"))


def numbers(response) -> list[int]:
    return [line.entry.seq for line in response.context["rows"]]


def test_auditors_and_administrators_see_all_others_only_what_they_did(db, as_role, auditor, signed_in):
    priya = UserFactory()
    mine, other = said(by=priya), said(by=UserFactory(role="finance"))

    assert numbers(auditor.get("/audit/")) == [other.seq, mine.seq]
    assert numbers(as_role("admin").get("/audit/")) == [other.seq, mine.seq]
    assert numbers(signed_in(priya).get("/audit/")) == [mine.seq]
    assert signed_in(priya).get(f"/audit/{other.seq}/").status_code == 404
    assert signed_in(priya).get(f"/audit/{mine.seq}/").status_code == 200


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        ({"who": "nair"}, {1, 2}),
        ({"what": "exported"}, {3}),
        ({"object": "proposal 7"}, {1}),
        ({"object": "offer"}, {2}),
        ({"member": "104482"}, {1}),
        ({"area": "retention"}, {1}),
        ({"since": "2026-06-02", "what": "list"}, {3}),
        ({"until": "2026-06-01"}, {1, 2}),
        ({"version": "2026.11"}, {2}),
        ({"approval": "7"}, {1}),
        ({"who": "nair", "member": "nobody"}, set()),
    ],
)
def test_each_filter_finds_its_entries(db, auditor, filters, expected):
    priya = UserFactory(last_name="Nair")
    ours = [
        said(by=priya, about=("proposal", "7"), imis_id="104482", detail={"area": "retention"}),
        said(by=priya, about=("offer", "2"), versions={"model": "2026.11.2"}),
        said(action="list.exported", now=NOW + dt.timedelta(days=1)),
    ]

    found = numbers(auditor.get("/audit/", filters))

    assert {number for number, entry in enumerate(ours, 1) if entry.seq in found} == expected


def test_searching_is_an_entry_and_turning_the_page_is_none(db, auditor):
    said(imis_id="104482")

    auditor.get("/audit/")
    auditor.get("/audit/", {"member": "104482", "what": "approved"})
    auditor.get("/audit/", {"member": "104482", "what": "approved", "page": "1"})

    [entry] = AuditEntry.objects.filter(action="audit.searched")
    assert entry.actor.startswith("Ada")
    assert entry.kept.imis_id == "104482"
    assert entry.kept.detail == '{"filters":{"what":"approved"},"found":1}'


@pytest.mark.row("GOV-05")
def test_an_entry_shows_who_what_before_after_and_why(db, as_role):
    entry = said(
        by=UserFactory(first_name="Marta", last_name="Silva", role="admin"),
        about=("guardrail", "3"),
        detail={"before": {"limit": "10 %"}, "after": {"limit": "15 %"}, "reason": "board of May"},
        versions={"rule": "4"},
    )

    page = html_of(as_role("admin").get(f"/audit/{entry.seq}/"))

    for words in ("Marta Silva", "guardrail 3", "limit: 10 %", "limit: 15 %", "board of May", entry.mac):
        assert words in page


def test_what_entries_say_about_members_is_closed_until_revealed(db, as_role):
    entry = said(imis_id="104482", detail={"after": "dana@example.org", "reason": "she asked"})
    client = as_role("admin")

    assert "dana@example.org" not in html_of(client.get("/audit/"))
    assert "dana@example.org" not in html_of(client.get(f"/audit/{entry.seq}/"))
    assert "dana@example.org" not in b"".join(client.get("/audit/log.csv").streaming_content).decode()

    client.post("/account/reveal/", {"reason": "audit", "next": "/audit/"})

    assert "dana@example.org" in html_of(client.get(f"/audit/{entry.seq}/"))


def test_an_erased_entry_says_so(db, auditor):
    entry = said(imis_id="1", detail={"after": "gone"})
    audit.remove_details(seqs=[entry.seq], why="erasure", now=NOW)

    assert "What this entry said was erased." in html_of(auditor.get(f"/audit/{entry.seq}/"))


@pytest.mark.parametrize("path", ["/audit/log.csv", "/audit/log.jsonl"])
def test_an_export_is_exactly_the_filtered_entries_and_is_an_entry_itself(db, auditor, path):
    said(about=("offer", "1"), detail={"reason": "=1+1"})
    said(about=("offer", "2"))

    text = b"".join(auditor.get(path, {"object": "offer 1"}).streaming_content).decode()

    assert ("offer 1" in text, "offer 2" in text) == (True, False)
    if path.endswith("csv"):
        assert "'=1+1" in text
    detail = json.loads(AuditDetail.objects.get(entry__action="audit.exported").detail)
    assert (detail["rows"], detail["filters"]) == (1, {"object": "offer 1"})


@pytest.mark.row("U15")
def test_everything_for_checking_without_us_can_be_taken_from_the_page(db, auditor):
    sealed_entry()

    page = html_of(auditor.get("/audit/seals/"))
    chain = b"".join(auditor.get("/audit/chain.jsonl").streaming_content).decode()

    assert "/audit/verifier.py" in page
    assert json.loads(auditor.get("/audit/seals/1.json").content)["seq"] == 1
    assert "argparse" in auditor.get("/audit/verifier.py").content.decode()
    assert json.loads(chain.splitlines()[0])["seq"] == 1
    assert "planted" not in chain


def test_a_broken_log_is_named_in_red_and_a_whole_one_in_words(db, auditor):
    said()
    audit.check(by=None, now=NOW)
    assert "Whole: 1 entry, 1 detail" in html_of(auditor.get("/audit/"))

    detail = {"whole": False, "sentence": "Broken at entry 1: it was changed after it was written."}
    audit.record(action="audit.verified", by=None, now=NOW, detail=detail)

    page = html_of(auditor.get("/audit/"))
    assert 'role="alert"' in page
    assert "Broken at entry 1" in page


def test_checking_now_is_a_job(db, auditor):
    response = auditor.post("/audit/check/")

    assert JobRun.objects.get(name="audit.verify").state == "queued"
    assert response["Location"].startswith("/jobs/")


@pytest.mark.row("GOV-06")
def test_each_view_of_a_member_is_found_by_the_members_number(two_chapters, as_role, auditor):
    as_role("membership").get("/retention/members/104482/")
    as_role("finance").get("/members/104482/data/")
    as_role("membership").get("/retention/members/998811/")

    page = auditor.get("/audit/opened/", {"member": "104482"})

    assert [row.imis_id for row, _ in page.context["rows"]] == ["104482", "104482"]
    assert AccessEntry.objects.filter(imis_id="998811").count() == 1
    assert AuditEntry.objects.filter(action="audit.searched").count() == 1


@pytest.mark.row("GOV-06")
def test_each_job_shows_the_rows_it_read_by_object(db, auditor):
    stages = [
        {"name": name, "done": n, "total": None, "seconds": 1.0}
        for name, n in (("members", 300), ("terms", 812))
    ]
    times = {"created_at": NOW, "started_at": NOW, "finished_at": NOW}
    JobRun.objects.create(name="mirror.sync", state="done", stages=stages, **times)

    page = html_of(auditor.get("/audit/jobs/"))

    assert "members: 300" in page
    assert "terms: 812" in page


@pytest.fixture
def sent(two_chapters, run):
    """A message from score to reply, as the tables hold it."""
    priya, marta = UserFactory(first_name="Priya"), UserFactory(first_name="Marta")
    member = two_chapters.dana
    proposal = Proposal.objects.create(
        kind="test.kind", area="retention", title="Write to a member", payload={"subject": "Your year, Dana"},
        digest="d" * 64, imis_id=member.imis_id, proposed_by=None, created_at=NOW + dt.timedelta(days=1),
        made_from={"run": run.pk, "model": "churn 2026.6.1"}, state="approved", decided_at=NOW,
        hold_until=NOW,
        evidence={"checks": [{"name": "Consent", "result": "ok", "sentence": "Agreed to e-mail."}]},
    )  # fmt: skip
    Generation.objects.create(
        imis_id=member.imis_id, version=VersionFactory(), facts={"events_attended": "4 events"},
        output_hash="a" * 64, made_at=NOW + dt.timedelta(days=1), proposal=proposal,
    )  # fmt: skip
    about = {"proposal": proposal, "digest": "d" * 64, "role": "membership"}
    Decision.objects.create(what="edit", by=priya, at=NOW, version=2, before={"subject": "Hello"}, **about)
    Decision.objects.create(what="approve", by=marta, at=NOW, version=2, note="good", **about)
    OutboxMessage.objects.create(
        proposal=proposal, number=1, way="email", target="email", imis_id=member.imis_id, digest="d" * 64,
        reference="IAI-0000000000009", not_before=NOW, state="done", sent_at=NOW, done_at=NOW,
        fields={"subject": "Your year, Dana"}, receipt={"accepted": True},
    )  # fmt: skip
    contact = ContactEntry.objects.create(
        imis_id=member.imis_id, channel="email", area="retention", proposal=proposal, state="replied",
        reference="IAI-0000000000009", planned_at=NOW, sent_at=NOW, state_at=NOW,
    )  # fmt: skip
    ContactEvent.objects.create(entry=contact, kind="reply", at=NOW + dt.timedelta(days=2), key="m1")
    return said(about=("proposal", str(proposal.pk)), imis_id=member.imis_id)


@pytest.mark.row("GOV-04")
def test_from_a_sent_message_one_page_shows_everything_from_score_to_reply(sent, as_role):
    client = as_role("admin")
    client.post("/account/reveal/", {"reason": "why was this sent", "next": "/"})
    page = client.get(f"/audit/{sent.seq}/")

    titles = [beat.title for beat in page.context["beats"]]
    assert [beat.stage for beat in page.context["beats"]] == [
        "score", "suggested", "draft", "edited", "decided", "sent", "delivered", "delivered", "answered",
    ]  # fmt: skip
    assert "lapse in 90 days" in titles[0]
    text = html_of(page)
    for words in (
        "churn 2026.6.1", "No portal visit for 92 days", "4 events", "Agreed to e-mail.", "Priya",
        "subject: Hello", "Your year, Dana", "Marta", "IAI-0000000000009", "The member answered: reply",
    ):  # fmt: skip
        assert words in text, words


@pytest.mark.row("GOV-04")
def test_the_feature_values_behind_a_score_are_on_the_page(sent, as_role, run):
    from imis_ai.features import actions as features

    features.build(as_of=run.as_of, now=NOW)

    page = as_role("admin").get(f"/audit/{sent.seq}/")

    inputs = page.context["beats"][0]
    assert inputs.stage == "inputs"
    assert len(inputs.facts) > 5


# what is held about a member, and its erasure


@pytest.fixture
def member(run):
    found = MemberFactory(imis_id="104482", name="Dana Whitfield")
    RiskScoreFactory(run=run, member=found)
    return found


def test_the_page_counts_everything_held_and_a_stranger_gets_nothing(member, as_role):
    page = as_role("membership").get("/members/104482/data/")

    counted = {title: rows for title, _, rows in page.context["sections"]}
    assert (counted["Member"], counted["Scores"], counted["Terms"]) == (1, 1, 0)
    assert as_role("chapter").get("/members/104482/data/").status_code == 404
    assert as_role("executive").get("/members/104482/data/").status_code == 403


def test_the_export_is_one_zip_for_administrators(member, as_role):
    response = as_role("admin").post("/members/104482/data/everything.zip")

    with zipfile.ZipFile(io.BytesIO(response.content)) as archive:
        assert archive.namelist() == ["everything.json", "everything.html"]
    assert as_role("membership").post("/members/104482/data/everything.zip").status_code == 403


def ask(client, typed="104482", reason="letter of 1 June"):
    return client.post("/members/104482/data/erase/", {"typed": typed, "reason": reason}, follow=True)


def test_an_erasure_needs_the_number_a_second_person_and_a_day(member, signed_in):
    priya, marta = UserFactory(), UserFactory(role="admin")

    ask(signed_in(priya), typed="104483")
    assert not Proposal.objects.exists()

    ask(signed_in(priya))
    proposal = Proposal.objects.get(kind=request.NAME)
    assert OptOut.objects.filter(imis_id="104482", kind="restricted", ended_at=None).exists()
    seen = proposals.seen(proposal=proposal)
    with pytest.raises(proposals_refusal()):
        proposals.approve(proposal=proposal, as_seen=seen, by=priya, now=NOW)

    now = proposal.created_at + dt.timedelta(hours=1)
    proposals.approve(proposal=proposal, as_seen=seen, by=marta, now=now)
    assert request.start_due(now=now + dt.timedelta(hours=23)) == 0

    assert request.start_due(now=now + dt.timedelta(hours=25)) == 1
    erasure = Erasure.objects.get()
    assert (erasure.asked_by, erasure.agreed_by) == (str(priya), str(marta))
    assert JobRun.objects.get(name="privacy.erase").args == {"erasure": erasure.pk}
    assert request.start_due(now=now + dt.timedelta(hours=26)) == 0


def proposals_refusal():
    from imis_ai.governance.refusals import NotAllowed

    return NotAllowed


def test_a_request_taken_back_within_the_day_never_begins(member, signed_in):
    priya, marta = UserFactory(), UserFactory(role="membership")
    ask(signed_in(priya))
    proposal = Proposal.objects.get(kind=request.NAME)
    now = proposal.created_at + dt.timedelta(hours=1)
    proposals.approve(proposal=proposal, as_seen=proposals.seen(proposal=proposal), by=marta, now=now)

    proposals.undo(proposal=proposal, by=marta, now=now + dt.timedelta(hours=20))

    assert request.start_due(now=now + dt.timedelta(days=3)) == 0


def test_a_legal_hold_keeps_the_request_from_being_made_and_from_beginning(member, as_role, signed_in):
    admin = as_role("admin")
    admin.post("/members/104482/data/hold/", {"do": "place", "reason": "Case 12"})
    assert "legal hold" in html_of(ask(as_role("membership")))
    assert not Proposal.objects.exists()

    admin.post("/members/104482/data/hold/", {"do": "lift"})
    assert LegalHold.objects.get().lifted_at
    ask(as_role("membership"))
    assert Proposal.objects.count() == 1


def test_the_certificate_names_nobody_and_takes_the_word_of_a_person_for_imis(db, as_role, auditor):
    from tests.factories.governance import ErasureFactory

    erasure = ErasureFactory()
    page = html_of(auditor.get(f"/audit/erasures/{erasure.pk}/"))
    assert "gone by 26 December 2026" in page
    assert auditor.post(f"/audit/erasures/{erasure.pk}/confirm/").status_code == 403

    as_role("admin").post(f"/audit/erasures/{erasure.pk}/confirm/")

    erasure.refresh_from_db()
    assert erasure.imis_confirmed_by.role == User.Role.ADMIN
    assert "confirmed on" in html_of(auditor.get(f"/audit/erasures/{erasure.pk}/"))


def test_a_period_is_made_shorter_and_never_longer(db, as_role, auditor):
    admin = as_role("admin")

    admin.post("/audit/periods/mirror.texts/", {"days": "365"})
    admin.post("/audit/periods/mirror.gone/", {"days": "91"})
    admin.post("/audit/periods/mirror.gone/", {"days": "x"})

    assert {row.name: row.days for row in Period.objects.all()} == {"mirror.texts": 365}
    [entry] = AuditEntry.objects.filter(action="period.changed")
    assert entry.kept.detail == '{"after":"365 days","before":"730 days"}'
    assert auditor.post("/audit/periods/mirror.texts/", {"days": "5"}).status_code == 403
    assert "12 months" in html_of(auditor.get("/audit/periods/"))
    assert 'action="/audit/periods/mirror.texts/"' in html_of(admin.get("/audit/periods/"))
    assert 'action="/audit/periods/' not in html_of(auditor.get("/audit/periods/"))
    assert {line.kept.name for line in periods.lines()} >= {"mirror.gone", "features.snapshots", "backups"}
