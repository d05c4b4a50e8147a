"""The write-back queue as staff see it: tabs, lines, refusals in plain words, one message, names in iMIS."""

import datetime as dt

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from imis_ai.governance.models import Decision, OutboxFinding, OutboxMessage, WriteName
from imis_ai.governance.outbox.names import keep_standings
from imis_ai.jobs.models import JobRun
from imis_ai.mirror.models import MemberAlias
from tests.factories.accounts import UserFactory
from tests.factories.governance import ApprovedFactory, OutboxMessageFactory
from tests.reading import html_of


@pytest.fixture
def now():
    return timezone.now()


@pytest.fixture
def client(as_role, settings):
    settings.IMIS_URL, settings.IMIS_WRITE_USERNAME = "https://imis.example.org", "w"
    return as_role("membership")


def approved(title="Tag the advocates", **fields):
    proposal = ApprovedFactory(title=title, **fields)
    marta = UserFactory(first_name="Marta", last_name="Silva")
    Decision.objects.create(
        proposal=proposal, what="approve", by=marta, at=proposal.created_at, version=1, digest=proposal.digest
    )
    return proposal


def message(now, **fields):
    fields = {"proposal": None, "not_before": now - dt.timedelta(minutes=1)} | fields
    fields["proposal"] = fields["proposal"] or approved()
    if fields.get("state") == "done":
        fields.setdefault("done_at", now)
    if fields.get("state") == "unknown":
        fields.setdefault("settle_until", now + dt.timedelta(minutes=15))
    return OutboxMessageFactory(**fields)


def test_what_waits_shows_what_where_for_whom_and_when_it_leaves(client, now):
    message(now, not_before=now + dt.timedelta(minutes=9, seconds=50), before={"segment": "Newcomers"})

    page = html_of(client.get("/outbox/"))

    for shown in ("Tag the advocates", "Labels", "Newcomers → Advocates", "Marta Silva", "in 10 minutes"):
        assert shown in page, shown
    assert "data-until" in page
    assert "Undo these" in page


def test_messages_of_one_approval_stand_in_one_line_that_opens(client, now):
    proposal = approved()
    for number in range(4):
        message(now, proposal=proposal, imis_id=str(number))

    page = html_of(client.get("/outbox/"))
    opened = html_of(client.get(f"/outbox/?proposal={proposal.pk}"))

    assert page.count("data-row") == 1
    assert "count </span>4" in page
    assert opened.count("data-row") == 4


def test_tabs_count_what_they_hold(client, now):
    for state in ("queued", "queued", "unknown", "dead", "parked", "done", "cancelled"):
        message(now, state=state, imis_id="", target="group", fields={"group": "G"})
    message(now, state="done", problem="differs")

    response = client.get("/outbox/")

    held = {tab["label"]: tab["number"] for tab in response.context["tabs"]}
    assert held == {"Waiting": 2, "Sending": 1, "Refused": 3, "Sent": 1, "Undone": 1}
    for tab in ("waiting", "sending", "refused", "sent", "undone"):
        assert len(client.get(f"/outbox/?tab={tab}").context["rows"]) == held[tab.capitalize()], tab


def test_refusals_of_one_sort_are_told_together_with_the_raw_answer_folded(client, now):
    for number in range(6):
        message(now, state="dead", problem="locked", imis_id=str(number), answer="409 Conflict: row locked")
    OutboxFinding.objects.create(
        what="doubled", target="task", reference="IAI-ABC", imis_keys=["1", "2"], found_at=now
    )

    page = html_of(client.get("/outbox/?tab=refused"))

    assert "iMIS refused 6 writes because the records were locked. Nothing was lost." in page
    assert "<summary>What iMIS said" in page
    assert "409 Conflict" in page
    assert "Send all 6 again" in page
    assert "stands in iMIS 2 times (1, 2)" in page

    client.post("/outbox/act/", {"tab": "refused", "problem": "locked"})

    assert set(OutboxMessage.objects.values_list("state", flat=True)) == {"queued"}


def test_chosen_lines_are_undone_and_what_left_meanwhile_is_reported(client, now):
    proposal = approved()
    rows = [message(now, proposal=proposal, imis_id=str(n), target="tag") for n in range(3)]
    single = message(now, imis_id="9")

    response = client.post(
        "/outbox/act/",
        {"tab": "waiting", "do": "undo", "pick": [f"{proposal.pk}:tag", single.pk]},
        follow=True,
    )

    states = {m.pk: m.state for m in OutboxMessage.objects.all()}
    assert {states[m.pk] for m in [*rows, single]} == {"cancelled"}
    assert "4 writes undone." in response.content.decode()
    again = client.post("/outbox/act/", {"tab": "waiting", "do": "undo", "pick": [single.pk]}, follow=True)
    assert "have left already stay" in again.content.decode()


def test_one_message_shows_before_sent_read_back_and_receipt(client, now):
    held = message(
        now,
        state="done",
        before={"segment": "Newcomers"},
        receipt={"key": "101", "reference": "IAI-X", "fields": {"segment": "Advocates"}},
        imis_key="101",
    )

    page = html_of(client.get(f"/outbox/{held.pk}/"))

    for shown in ("Confirmed", "Newcomers", "Advocates", held.reference, "Marta Silva", "Key in iMIS"):
        assert shown in page, shown


@pytest.mark.parametrize(
    ("fields", "button"),
    [
        ({"state": "queued"}, "Undo"),
        ({"state": "unknown"}, "Undo when it is done"),
        ({"state": "dead", "problem": "rights"}, "Send again"),
        ({"state": "parked", "problem": "merged"}, "Send to member 202"),
        ({"state": "parked", "problem": "conflict"}, "Keep what iMIS has"),
        (
            {"state": "parked", "problem": "by_hand", "target": "billing", "way": "append"},
            "Confirm the entry",
        ),
        ({"state": "done", "problem": "differs"}, "Write ours again"),
    ],
)
def test_each_state_offers_what_can_be_done(client, as_role, now, fields, button):
    MemberAlias.objects.create(imis_id="101", retained_imis_id="202", merged_at=now)
    held = message(now, **fields)

    assert button in html_of(client.get(f"/outbox/{held.pk}/"))
    assert client.post(f"/outbox/{held.pk}/nonsense/").status_code == 404


@pytest.mark.parametrize(
    ("fields", "what", "data", "state"),
    [
        ({"state": "queued"}, "undo", {}, "cancelled"),
        ({"state": "dead", "problem": "rights"}, "retry", {}, "queued"),
        ({"state": "dead", "problem": "rights"}, "drop", {"reason": "Known"}, "cancelled"),
        ({"state": "parked", "problem": "merged"}, "redirect", {}, "queued"),
        ({"state": "parked", "problem": "by_hand"}, "confirm", {"key": "CM-1"}, "done"),
        ({"state": "parked", "problem": "by_hand"}, "confirm", {"key": " "}, "parked"),
        ({"state": "done", "problem": "differs"}, "ours", {}, "queued"),
        ({"state": "done", "problem": "differs"}, "theirs", {}, "done"),
    ],
)
def test_each_decision_does_what_its_button_says(client, now, fields, what, data, state):
    MemberAlias.objects.create(imis_id="101", retained_imis_id="202", merged_at=now)
    held = message(now, **fields)

    response = client.post(f"/outbox/{held.pk}/{what}/", data)

    assert response.status_code == 302
    assert OutboxMessage.objects.get(pk=held.pk).state == state


def test_words_about_people_are_hidden_from_those_who_do_not_see_names(as_role, now):
    held = message(
        now, target="task", way="append", fields={"title": "Call Dana Whitfield", "status": "open"}
    )

    seen = html_of(as_role("membership").get(f"/outbox/{held.pk}/"))
    hidden = as_role("admin")

    assert "Call Dana Whitfield" in seen
    for address in (f"/outbox/{held.pk}/", "/outbox/"):
        page = html_of(hidden.get(address))
        assert "Dana" not in page
        assert "19 characters" in page


@pytest.mark.row("GOV-08")
def test_without_a_write_account_the_page_says_so_and_nothing_fails(as_role, settings, now):
    settings.IMIS_WRITE_USERNAME = ""
    message(now)

    page = html_of(as_role("membership").get("/outbox/"))
    names = html_of(as_role("admin").get("/outbox/names/"))

    for shown in (page, names):
        assert "Nothing is written to iMIS: it needs a write account." in shown
    assert "Reading and every insight work without it" in page
    assert "Create what is missing" not in names


def test_an_empty_queue_says_when_that_changes(client):
    for tab, words in (("waiting", "Nothing is waiting to leave."), ("refused", "Nothing was refused.")):
        assert words in html_of(client.get(f"/outbox/?tab={tab}"))
    message(timezone.now())
    assert "No line matches these filters." in html_of(client.get("/outbox/?target=note"))


@pytest.mark.row("GOV-42")
def test_names_of_the_guides_are_chosen_and_the_dry_run_s_list_is_shown(as_role, settings, now):
    settings.IMIS_URL, settings.IMIS_WRITE_USERNAME = "https://imis.example.org", "w"
    admin = as_role("admin")

    page = html_of(admin.get("/outbox/names/"))
    for name in ("AI_Member_Risk", "Member_Tier_Score", "IMIS_SentimentLog", "SentimentScore", "AI_Segment"):
        assert f">{name}</option>" in page, name
    admin.post("/outbox/names/AI_MemberInsight/", {"object": "AI_Member_Risk"})
    refused = admin.post("/outbox/names/AI_MemberInsight/", {"object": "Invoice"}, follow=True)
    keep_standings(
        standings=[
            {
                "target": "AI_MemberInsight",
                "object": "AI_Member_Risk",
                "steps": ["Create it."],
                "is_ready": False,
            }
        ],
        now=now,
    )
    after = html_of(admin.get("/outbox/names/"))
    response = admin.post("/outbox/names/try/", {"do": "apply"})

    assert WriteName.objects.get().object == "AI_Member_Risk"
    assert "cannot hold AI_MemberInsight" in refused.content.decode()
    assert "Create it." in after
    job = JobRun.objects.get(name="governance.set_up")
    assert (job.args, response["Location"]) == ({"is_applied": True}, f"/jobs/{job.pk}/")


def test_the_list_asks_the_database_the_same_number_of_times_for_1_and_40_lines(client, now):
    def queries():
        with CaptureQueriesContext(
            connection,
        ) as captured:
            client.get("/outbox/")
        return len(captured)

    message(now)
    one = queries()
    for number in range(40):
        message(now, imis_id=str(number))

    assert queries() == one <= 12
