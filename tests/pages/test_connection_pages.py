"""The connection page, the first run, and the step from sandbox to live."""

import datetime as dt

import pytest
from django.utils import timezone

from imis_ai.governance import connection, kinds, proposals, tasks
from imis_ai.governance.connection import promotion
from imis_ai.governance.models import ConnectionTest
from imis_ai.governance.refusals import Changed
from imis_ai.imis import needs
from imis_ai.jobs.models import JobRun
from imis_ai.jobs.progress import SILENT
from imis_ai.sandbox import server
from tests.factories.accounts import UserFactory
from tests.factories.governance import OutboxMessageFactory
from tests.governance.test_signing import ANSWERS
from tests.reading import html_of

LIVE = "https://members.example.org"
SECRET = "a-password-nobody-may-read"


@pytest.fixture(scope="module")
def running():
    with server.running(members=60) as found:
        yield found


@pytest.fixture
def sandbox(running, settings, db):
    settings.IMIS_URL, settings.IMIS_IS_TEST_SYSTEM = running.url, True
    settings.IMIS_USERNAME, settings.IMIS_PASSWORD = "imis_ai", "sandbox"
    settings.IMIS_WRITE_USERNAME = settings.IMIS_WRITE_PASSWORD = ""
    settings.IMIS_REQUESTS_PER_MINUTE = 0
    settings.TIME_ZONE = "America/Chicago"
    return settings


@pytest.fixture
def live(settings, db):
    settings.DEMO, settings.IMIS_IS_TEST_SYSTEM, settings.IMIS_URL = False, False, LIVE
    settings.IMIS_USERNAME, settings.IMIS_PASSWORD = "imis_ai", SECRET
    settings.IMIS_WRITE_USERNAME, settings.IMIS_WRITE_PASSWORD = "imis_ai_writes", SECRET
    return settings


def kept(address=LIVE, *, is_test_system=False, states=None, **fields):
    """A test as it was kept."""
    found = states or {"members": "readable", "terms": "readable"}
    endpoints = [
        {"resource": name, "path": f"/api/{name}", "state": state, "detail": "x", "rows": 900}
        for name, state in found.items()
    ]
    writing = {"read_account": "imis_ai", "write_account": "imis_ai_writes", "problem": "", "targets": []}
    made = {"at": timezone.now(), "endpoints": endpoints, "writing": writing} | fields
    return ConnectionTest.objects.create(address=address, is_test_system=is_test_system, **made)


@pytest.mark.row("GOV-09")
def test_the_test_lists_each_object_against_what_each_area_needs(sandbox, as_role):
    client = as_role("admin")
    job = client.post("/settings/connection/test/")
    assert JobRun.objects.get(name="connection.test").requested_by is not None
    assert job["Location"].startswith("/jobs/")

    tasks.look_at_connection(SILENT)

    test, text = ConnectionTest.objects.get(), html_of(client.get("/settings/connection/"))
    assert {each["state"] for each in test.endpoints} <= {"readable", "writable", "denied"}
    assert test.token_seconds > 60
    assert "Retention:</b> everything it reads answers." in text
    assert "Writable" in text


@pytest.mark.row("GOV-08", "GOV-09")
def test_a_read_only_account_is_said_to_need_write_scope_and_nothing_fails(sandbox, as_role):
    sandbox.IMIS_USERNAME = "reader"

    tasks.look_at_connection(SILENT)

    text = html_of(as_role("admin").get("/settings/connection/"))
    assert "Needs write scope for" in text
    assert "Writable" not in text
    assert ConnectionTest.objects.get().problem == ""


def test_an_imis_that_does_not_answer_is_said_in_a_sentence(sandbox, as_role):
    sandbox.IMIS_PASSWORD = "wrong"

    tasks.look_at_connection(SILENT)

    assert "password" in html_of(as_role("admin").get("/settings/connection/"))


@pytest.mark.row("GOV-11")
@pytest.mark.parametrize("path", ["/settings/connection/", "/welcome/"])
def test_no_secret_is_shown_only_that_it_is_set_and_where(live, as_role, path, settings):
    settings.IMIS_WEBHOOK_SECRET = SECRET
    kept()

    text = html_of(as_role("admin").get(path))

    assert SECRET not in text
    if "connection" in path:
        assert "IMIS_PASSWORD_FILE or IMIS_PASSWORD" in text
        assert "set" in text


def test_an_area_without_what_it_must_have_shows_nothing_and_says_so():
    states = dict.fromkeys(("members", "terms", "activities"), "readable") | {"payments": "denied"}

    found = {each.area: each for each in needs.standings(states)}

    assert found["Retention"].works
    assert "payments" in found["Retention"].weaker
    assert found["Renewals"].missing == ["invoices", "payments"]
    assert found["Retention"].unwritable == ["insights", "activities", "notes"]


def test_the_pages_ask_little_of_the_database(live, as_role, django_assert_max_num_queries):
    client = as_role("admin")
    kept()

    for path in ("/settings/connection/", "/welcome/"):
        with django_assert_max_num_queries(14 if "connection" in path else 12):
            client.get(path)


@pytest.mark.row("GOV-53")
def test_the_first_run_leads_from_the_test_over_the_checklist_to_the_sync(live, as_role):
    client = as_role("admin")
    before = html_of(client.get("/welcome/"))
    assert "Nothing is read before the checklist is signed." in before
    assert "Begin the first sync" not in before
    kept()

    refused = client.post("/welcome/sign/", ANSWERS)
    assert refused.status_code == 422
    assert "Licence: confirm it, or do not sign yet." in html_of(refused)

    ticks = {f"{each.name}_is_so": "on" for each in connection.QUESTIONS}
    done = html_of(client.post("/welcome/sign/", ANSWERS | ticks, follow=True))

    assert "Legitimate interests, assessment of June" in done
    assert "Begin the first sync" in done
    assert "1,800 rows in 4 requests." in done


def test_the_demo_is_explored_without_signing(settings, as_role):
    settings.DEMO, settings.IMIS_IS_TEST_SYSTEM = True, True
    settings.IMIS_URL = "http://127.0.0.1:8100"

    text = html_of(as_role("admin").get("/welcome/"))

    assert "You are in it" in text
    assert "Not needed here: this is the demo" in text


def test_others_do_not_sign_or_test(live, as_role):
    client = as_role("membership")

    codes = {client.get(path).status_code for path in ("/welcome/", "/settings/connection/")}
    codes |= {client.post(path).status_code for path in ("/welcome/sign/", "/settings/connection/test/")}

    assert codes == {403}


def ask(client):
    return client.post("/settings/connection/promote/", {"reason": "The sandbox has run for a month"})


@pytest.mark.row("GOV-60")
def test_a_second_person_reads_the_difference_before_a_live_imis_is_written_to(live, signed_in):
    marta, priya = UserFactory(role="admin"), UserFactory()
    kept("https://sandbox.example.org", is_test_system=True)
    kept(states={"members": "readable", "terms": "denied"})
    message = OutboxMessageFactory()
    assert "before two people let it" in promotion.gate(message, timezone.now()).sentence

    where = ask(signed_in(marta))["Location"]

    asked = proposals.visible(viewer=priya).get()
    own, text = html_of(signed_in(marta).get(where)), html_of(signed_in(priya).get(where))
    assert "You made this, so someone else approves it." in own
    assert "<del>https://sandbox.example.org</del>" in text
    assert "<ins>https://members.example.org</ins>" in text
    assert "terms at /api/terms" in text
    assert "members at /api/members" not in text  # alike in both

    now = timezone.now()
    seen = proposals.seen(proposal=asked)
    approved = proposals.approve(proposal=asked, as_seen=seen, by=priya, now=now)
    assert promotion.gate(message, now) is not None  # during the hold
    assert promotion.gate(message, approved.hold_until) is None
    live.IMIS_URL = "https://another.example.org"
    assert promotion.gate(message, approved.hold_until) is not None


@pytest.mark.row("GOV-60")
def test_what_was_read_must_still_be_true_when_it_is_approved(live, signed_in):
    kept("https://sandbox.example.org", is_test_system=True)
    kept()
    ask(signed_in(UserFactory(role="admin")))
    priya = UserFactory()
    asked = proposals.visible(viewer=priya).get()
    kept(states={"members": "denied"})

    with pytest.raises(Changed, match="tested again and answers differently"):
        proposals.approve(
            proposal=asked, as_seen=proposals.seen(proposal=asked), by=priya, now=timezone.now()
        )


def test_without_a_test_of_the_live_imis_nothing_is_asked(live, signed_in):
    client = signed_in(UserFactory(role="admin"))

    text = html_of(client.post("/settings/connection/promote/", {}, follow=True))

    assert "The live iMIS was not tested yet" in text


@pytest.mark.row("GOV-60")
def test_a_sandbox_is_always_written_to_and_mail_is_no_matter_of_it(live, settings):
    now = timezone.now()
    mail = OutboxMessageFactory(way="email", target="email")
    assert promotion.gate(mail, now) is None

    settings.IMIS_IS_TEST_SYSTEM = True

    assert promotion.gate(OutboxMessageFactory(), now) is None
    assert kinds.find(promotion.NAME).friction == kinds.Friction.SECOND
    assert dt.timedelta(minutes=60) == kinds.HOLD[kinds.Friction.SECOND]
