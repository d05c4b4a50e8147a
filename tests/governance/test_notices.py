"""What people are told: each thing once, never what they switched off, and no one about anybody."""

import datetime as dt

import pytest

from imis_ai.governance import kinds, notices, proposals
from imis_ai.governance.models import Notification
from imis_ai.governance.notices import sources, telling
from imis_ai.governance.proposals import standing_in
from imis_ai.jobs import registry
from imis_ai.jobs.models import JobRun
from imis_ai.mirror.models import Notice
from tests.factories.accounts import UserFactory
from tests.factories.governance import ApprovedFactory, OutboxMessageFactory
from tests.factories.mirror import FeedFactory
from tests.governance.deciding import NOW, assisted, draft, tag_kind

HOUR = dt.timedelta(hours=1)


@pytest.fixture(autouse=True)
def kinds_of_the_test(monkeypatch, db):
    assisted()
    monkeypatch.setattr(kinds, "KINDS", {})
    tag_kind()


@pytest.fixture
def priya(db):
    return UserFactory(first_name="Priya", last_name="Raman")


@pytest.fixture
def admin(db):
    return UserFactory(role="admin")


def told(person, kind=None):
    found = Notification.objects.filter(person=person)
    return list((found.filter(kind=kind) if kind else found).values_list("text", flat=True))


def test_who_is_asked_by_name_is_told_once(priya):
    proposal = proposals.propose(draft=draft(), by=None, now=NOW)
    proposals.assign(proposal=proposal, to=priya, by=UserFactory(), now=NOW)

    first, second = notices.tell(now=NOW), notices.tell(now=NOW + HOUR)

    assert (first, second) == (1, 0)
    assert told(priya) == ["Asked of you: Tag the advocates"]
    assert Notification.objects.get().address == f"/approvals/?panel={proposal.pk}"


def test_who_stands_in_is_told(priya):
    marta = UserFactory()
    day = NOW.date()
    standing_in.pass_on(to=marta, area="", kind="", from_on=day, to_on=day, reason="", by=priya, now=NOW)

    notices.tell(now=NOW)

    assert told(marta, "assigned")[0].startswith("Priya Raman passes decisions on to you until")


def test_what_is_due_today_is_counted_once_a_day_for_those_who_decide(priya, admin):
    for n in range(3):
        proposals.propose(draft=draft(n=n, due_at=NOW + HOUR), by=None, now=NOW)
    proposals.propose(draft=draft(n=9, due_at=NOW + 48 * HOUR), by=None, now=NOW)

    notices.tell(now=NOW)
    notices.tell(now=NOW + HOUR)
    notices.tell(now=NOW + 24 * HOUR)

    assert told(priya, "due") == ["3 suggestions are due today"] * 2
    assert told(admin, "due") == []


def test_what_imis_refused_is_told_to_who_approved_it_and_to_administrators(priya, admin):
    other = UserFactory()
    made = ApprovedFactory(title="Tag 12 advocates")
    made.decisions.create(what="approve", by=priya, at=NOW, version=1, digest=made.digest)
    for number in range(2):
        OutboxMessageFactory(
            proposal=made, number=number, state="dead", problem="locked", imis_id=str(number)
        )
    priya.notices_off = ["refused"]
    priya.save()

    notices.tell(now=NOW)

    assert told(priya) == told(admin) == ["Not in iMIS: 2 entries of “Tag 12 advocates”"]
    assert told(other) == []


def job_run(**fields):
    return JobRun.objects.create(**({"created_at": NOW, "finished_at": NOW, "state": "done"} | fields))


def test_a_job_is_told_to_who_started_it_and_a_failed_night_to_administrators(priya, admin):
    job_run(name="mirror.sync", requested_by=priya)
    job_run(name="ops.nightly", state="failed")
    job_run(name="ops.nightly", state="done")
    job_run(name="governance.deliver", state="failed")

    notices.tell(now=NOW)

    assert told(priya) == ["Read iMIS: done"]
    assert told(admin) == ["Nightly run: failed"]


def test_late_data_and_changes_nobody_followed_up_are_told_to_administrators(priya, admin):
    FeedFactory(name="members", last_success_at=NOW - dt.timedelta(days=2), last_try_at=NOW)
    Notice.objects.create(event_id="1", event_type="x", subject="x", received_at=NOW - 2 * HOUR)

    notices.tell(now=NOW)

    assert "members was last read 48 hours ago." in told(admin, "feed")
    assert told(admin, "notice") == ["1 change told by iMIS not followed up, the first since 07:00 today"]
    assert told(priya) == []


def test_what_is_switched_off_is_not_told(priya):
    priya.notices_off = ["job"]
    priya.save()
    job_run(name="mirror.sync", requested_by=priya)

    assert notices.missing(now=NOW) == []


def test_a_domain_adds_a_kind_of_its_own(priya, monkeypatch):
    monkeypatch.setattr(sources, "_sources", [])
    item = notices.Item(priya.pk, "spike", "spike:fees", "Fees: 31 comments, a usual day has 4 to 9", "/")

    notices.register(lambda now: [item])

    assert notices.tell(now=NOW) == 1


def test_the_dispatcher_looks_twice_a_minute_and_asks_only_for_news(priya, monkeypatch):
    monkeypatch.setitem(telling._looked, "at", -1000.0)
    assert not registry.find("governance.tell").due(NOW)
    job_run(name="mirror.sync", requested_by=priya)

    assert not registry.find("governance.tell").due(NOW)  # it has just looked
    monkeypatch.setitem(telling._looked, "at", -1000.0)
    assert registry.find("governance.tell").due(NOW)


def test_ones_own_are_marked_read_and_nobody_elses(priya, admin):
    job_run(name="mirror.sync", requested_by=priya)
    notices.tell(now=NOW)
    row = Notification.objects.get()

    assert notices.mark_read(person=admin, numbers=[row.pk], now=NOW) == 0
    assert notices.unread(person=priya) == 1
    assert notices.mark_read(person=priya, numbers=[row.pk], now=NOW) == 1
    assert notices.unread(person=priya) == 0
