"""The delivery job as the dispatcher asks for it, the commands, and what a whole month leaves in iMIS."""

import datetime as dt
import io
import json
import threading
from contextlib import contextmanager

import pytest
from django.core.management import call_command
from django.db import connection
from django.utils import timezone

from imis_ai.governance.models import OutboxMessage, WriteStanding
from imis_ai.governance.outbox import Message, checks, enqueue
from imis_ai.governance.outbox.imis import ImisSender
from imis_ai.governance.outbox.turn import is_due, turn
from imis_ai.governance.refusals import WhyNot
from imis_ai.imis.targets import TARGETS
from imis_ai.jobs import actions as jobs
from imis_ai.jobs import registry
from imis_ai.jobs.dispatcher import Dispatcher
from imis_ai.jobs.models import JobRun
from imis_ai.jobs.progress import SILENT
from imis_ai.mirror import actions as mirror
from imis_ai.ops.tasks import PARTS
from imis_ai.sandbox import server
from tests.factories.governance import NOW, ApprovedFactory, OutboxMessageFactory
from tests.governance.conftest import Outbox, activity, later, tag
from tests.imis.test_writes import SAMPLES
from tests.imis.writing import TODAY, Site, writer
from tests.mirror.conftest import Site as Reading

READ_ONLY = WhyNot("Retention is read-only until phase 2.", rule="rollout phase")
WRITTEN = {target.object for target in TARGETS.values()} | {"CommunicationLogRecipient"}


@pytest.fixture
def account(settings, site):
    """The write account of the sandbox in the settings."""
    settings.IMIS_URL, settings.IMIS_IS_TEST_SYSTEM = site.url, True
    settings.IMIS_WRITE_USERNAME, settings.IMIS_WRITE_PASSWORD = "imis_ai", "sandbox"
    settings.IMIS_REQUESTS_PER_MINUTE = 0


def wanted() -> int:
    """One round of the dispatcher's question; how many delivery jobs there are."""
    Dispatcher(clock=timezone.now)._ask(timezone.now())
    return JobRun.objects.filter(name="governance.deliver").count()


@pytest.mark.django_db(transaction=True)
def test_the_dispatcher_asks_for_a_delivery_when_something_is_due_and_not_before(account, site, someone):
    now = timezone.now()
    proposal = ApprovedFactory()
    enqueue(proposal=proposal, messages=[tag(someone)], not_before=now + dt.timedelta(hours=1), now=now)
    early = wanted()
    OutboxMessage.objects.update(not_before=now)

    once, twice = wanted(), wanted()
    jobs.run(job_id=JobRun.objects.get().pk, now=timezone.now())

    assert (early, once, twice) == (0, 1, 1)
    assert OutboxMessage.objects.get().state == "done"
    assert JobRun.objects.get().message == "1 taken from the queue, 0 looked for."
    assert wanted() == 1


@pytest.mark.django_db(transaction=True)
def test_two_delivery_jobs_never_send_at_once(account, someone, other_session):
    enqueue(proposal=ApprovedFactory(), messages=[tag(someone)], not_before=NOW, now=NOW)
    with other_session(turn) as is_theirs:
        wanted()
        jobs.run(job_id=JobRun.objects.get().pk, now=timezone.now())

    assert is_theirs is True
    assert JobRun.objects.get().message == "Another worker is sending."
    assert OutboxMessage.objects.get().state == "queued"


@pytest.fixture
def other_session():
    """Holds a context manager open on a database connection of its own."""

    @contextmanager
    def inside(make):
        entered, leave, got = threading.Event(), threading.Event(), []

        def work():
            with make() as value:
                got.append(value)
                entered.set()
                leave.wait(20)
            connection.close()

        thread = threading.Thread(target=work)
        thread.start()
        entered.wait(20)
        yield got[0]
        leave.set()
        thread.join()

    return inside


def test_what_waits_for_an_unclear_one_keeps_nobody_busy(db, account):
    OutboxMessageFactory(state="unknown", settle_until=later(900))
    OutboxMessageFactory()

    assert (is_due(NOW), is_due(later(900))) == (False, True)


@pytest.mark.row("GOV-08")
def test_without_a_write_account_nothing_is_due_and_the_night_goes_on(db, settings):
    settings.IMIS_WRITE_USERNAME = ""
    OutboxMessageFactory()
    assert is_due(NOW) is False
    assert "governance.reconcile" in PARTS
    assert registry.find("governance.reconcile").work(SILENT) == {}


@pytest.mark.row("GOV-08")
def test_everything_is_read_with_an_account_that_may_only_read(db):
    with server.start(members=40, seed=3, today=TODAY) as running:
        reading = Reading(running)
        with reading.client(username="reader") as client:
            result = mirror.sync(client=client, now=NOW, progress=SILENT)
            writable = {p.writable for p in client.probe() if p.resource.startswith("write:")}
        log = reading.ask("log")
        reading.http.close()

    assert (result.problem, result.failed) == ("", [])
    assert True not in writable
    assert log == []


@pytest.mark.row("GOV-02")
def test_in_phase_one_only_the_sign_in_is_no_reading_g28(outbox, site, someone):
    checks.GATES.clear()
    checks.gate(name="rollout", look=lambda message, now: READ_ONLY)
    outbox.queue(tag(someone), activity(someone), Message("set", "group", "", {"group": "AIDYNAMIC"}))
    site.http.delete("/_sandbox/usage")

    outbox.deliver()
    with Reading(site.running).client() as client:
        list(client.ids())
        client.probe()
    usage = site.ask("usage")

    assert usage["methods"].keys() <= {"GET", "POST"}
    assert usage["methods"]["POST"] == usage["streams"]["token"]
    assert site.log() == []
    assert set(OutboxMessage.objects.values_list("state", flat=True)) == {"queued"}


@pytest.fixture
def own_site():
    with server.start(members=60, seed=6, today=TODAY) as running:
        made = Site(running)
        made.prepare()
        yield made
        made.http.close()


@pytest.mark.row("GOV-07", "GOV-43", "GOV-46")
def test_after_a_month_of_writing_the_records_of_imis_are_as_they_were(db, own_site):
    def core():
        return {
            name: own_site.rows(name) for name in ("Party", "Subscription", "Invoice", "Payment", "Event")
        }

    before, who = core(), own_site.members()[:8]
    with writer(own_site.url) as hand:
        outbox = Outbox(ImisSender(hand))
        for day in range(30):
            now = NOW + dt.timedelta(days=day)
            name = [*SAMPLES][day % len(SAMPLES)]
            way = "set" if TARGETS[name].match or name == "tag" else "append"
            outbox.queue(*(Message(way, name, imis_id, SAMPLES[name]) for imis_id in who[:3]), now=now)
            outbox.deliver(now)

    log = own_site.log()
    assert set(OutboxMessage.objects.values_list("state", flat=True)) == {"done"}
    assert len(log) >= 90
    assert {entry["path"].split("/")[2] for entry in log} <= WRITTEN
    assert core() == before
    assert names_written(log) <= names_allowed()
    shown = next(r for r in own_site.rows("AI_MemberInsight"))
    assert (shown["ChurnScore"], shown["Link"]) == (66, "/m/1")
    assert shown["Factor1"] == "No portal visit for 92 days"


def names_written(log) -> set[str]:
    """Names of every property in the bodies of panel sources."""
    rows = [e["body"] for e in log if e["path"].startswith("/api/AI_")]
    return {p["Name"] for row in rows for p in row["Properties"]["$values"]}


def names_allowed() -> set[str]:
    ours = {column.wire for t in TARGETS.values() if t.is_panel for column in t.columns}
    return ours | {"ID", "Ordinal", "Reference"}


@pytest.mark.row("GOV-42", "GOV-46")
def test_the_set_up_command_looks_creates_and_says_what_is_left(db, settings):
    with server.start(members=20, today=TODAY) as running:
        settings.IMIS_URL, settings.IMIS_IS_TEST_SYSTEM = running.url, True
        settings.IMIS_WRITE_USERNAME, settings.IMIS_WRITE_PASSWORD = "staff", "sandbox"
        dry = told("imis_setup", "--json")
        applied = told("imis_setup", "--apply", "--json", "--use", "AI_MemberInsight=AI_Member_Risk")
        out = io.StringIO()
        call_command("imis_setup", stdout=out, stderr=io.StringIO())

    assert dry["made"] == []
    assert {each["object"] for each in applied["made"]} >= {"AI_Member_Risk", "AI_Segment", "AI_Tag"}
    assert all(each["is_done"] for each in applied["made"])
    steps = next(each for each in applied["targets"] if each["target"] == "AI_MemberInsight")["steps"]
    assert len(steps) == 1
    assert "Tick 'Available via the REST API' on AI_Member_Risk" in steps[0]
    assert "$/imis_ai/MemberInsight over AI_Member_Risk" in out.getvalue()
    assert WriteStanding.objects.filter(target="AI_MemberInsight").exists()


def told(*arguments: str) -> dict:
    out = io.StringIO()
    call_command(*arguments, stdout=out, stderr=io.StringIO())
    return json.loads(out.getvalue())


@pytest.mark.row("GOV-08")
@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [((), 2, "needs a write account"), (("--use", "AI_Segment=Invoice"), 2, "cannot hold AI_Segment")],
)
def test_the_set_up_command_refuses_in_one_sentence(db, settings, arguments, code, says):
    settings.IMIS_URL, settings.IMIS_WRITE_USERNAME = "https://imis.example.org", ""
    err = io.StringIO()

    with pytest.raises(SystemExit) as ended:
        call_command("imis_setup", *arguments, stderr=err)

    assert (ended.value.code, says in err.getvalue()) == (code, True)


def test_the_command_after_a_restored_backup_marks_what_waits(db):
    OutboxMessageFactory()

    assert told("outbox_restored", "--json") == {"marked": 1}
    assert OutboxMessage.objects.get().state == "unknown"
