"""The daily e-mail: at the chosen hour, once a day however often the job is killed, counts and links only."""

import datetime as dt
import smtplib
import threading

import pytest
from django.core import mail
from django.core.mail.backends.locmem import EmailBackend
from django.db import connection

from imis_ai.governance import kinds, notices, proposals
from imis_ai.governance.models import AuditEntry, Digest
from imis_ai.governance.notices import digest
from tests.factories.accounts import UserFactory
from tests.factories.mirror import MemberFactory
from tests.governance.deciding import assisted, draft, tag_kind

SEVEN = dt.datetime(2026, 11, 24, 13, 5, tzinfo=dt.UTC)  # 07:05 in Chicago
MODULE = __name__


@pytest.fixture(autouse=True)
def chicago(settings, monkeypatch, db):
    settings.TIME_ZONE = "America/Chicago"
    assisted()
    monkeypatch.setattr(kinds, "KINDS", {})
    tag_kind()


def reader(**fields):
    return UserFactory(**({"digest_hour": 7} | fields))


def waits(number=1):
    for n in range(number):
        proposals.propose(draft=draft(n=n), by=None, now=SEVEN)


def addresses():
    return [to for message in mail.outbox for to in message.to]


def test_it_comes_at_the_chosen_hour_of_the_association_and_once_a_day():
    waits()
    reader(email="priya@alder.example", digest_hour=7)
    reader(email="frank@alder.example", digest_hour=9)
    reader(email="marta@alder.example", digest_hour=None)
    hours = [SEVEN + dt.timedelta(hours=n) for n in (-1, 0, 0, 1, 2, 10)]

    for now in hours:
        digest.send_due(now=now)
    assert addresses() == ["priya@alder.example", "frank@alder.example"]

    digest.send_due(now=SEVEN + dt.timedelta(days=1))
    assert addresses().count("priya@alder.example") == 2


def test_it_holds_counts_and_links_and_nothing_about_anybody(settings):
    settings.SITE_URL = "https://ai.alder.example"
    MemberFactory(imis_id="104482", first_name="Dana", last_name="Whitfield", name="Dana Whitfield")
    proposals.propose(draft=draft(members=["104482"], imis_id="104482", due_at=SEVEN), by=None, now=SEVEN)
    reader(email="priya@alder.example")

    digest.send_due(now=SEVEN)

    (message,) = mail.outbox
    assert "1 suggestions due today\nhttps://ai.alder.example/approvals/?due=today" in message.body
    assert "1 suggestions wait for your yes" in message.body
    assert not any(
        word in message.body + message.subject for word in ("Dana", "Whitfield", "104482", "advocates")
    )


def test_that_it_was_sent_stands_in_the_audit_log():
    waits()
    person = reader(email="priya@alder.example")

    digest.send_due(now=SEVEN)

    entry = AuditEntry.objects.get(action="digest.sent")
    assert (entry.object_id, entry.actor) == (person.username, "imis_ai")
    assert '"approvals":1' in entry.kept.detail


def test_when_nothing_waits_no_mail_leaves_and_the_day_is_done():
    reader(email="priya@alder.example")

    found = [digest.send_due(now=SEVEN) for _ in range(2)]

    assert [each.empty for each in found] == [1, 0]
    assert mail.outbox == []


class Killed(BaseException):
    """As if the process ended here."""


class DiesBefore(EmailBackend):
    def send_messages(self, messages):
        raise Killed


class DiesAfter(EmailBackend):
    def send_messages(self, messages):
        super().send_messages(messages)
        raise Killed


class LosesTheAnswer(EmailBackend):
    """The first mail arrives, then the line breaks."""

    def send_messages(self, messages):
        number = super().send_messages(messages)
        if len(mail.outbox) == 1:
            raise smtplib.SMTPServerDisconnected("Connection unexpectedly closed")
        return number


class Refuses(EmailBackend):
    def send_messages(self, messages):
        raise smtplib.SMTPRecipientsRefused({})


@pytest.mark.parametrize("backend", ["DiesBefore", "DiesAfter"])
def test_a_job_killed_while_sending_and_repeated_sends_nobody_a_second_mail(settings, backend):
    waits()
    people = [reader(email=f"p{n}@alder.example") for n in range(4)]
    settings.EMAIL_BACKEND = f"{MODULE}.{backend}"
    with pytest.raises(Killed):
        digest.send_due(now=SEVEN)

    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    for _ in range(3):
        found = digest.send_due(now=SEVEN)

    got = [addresses().count(person.email) for person in people]
    assert got == ([0 if backend == "DiesBefore" else 1, 1, 1, 1])
    assert found.unclear == 1


def test_an_address_that_the_server_refuses_is_tried_again():
    """Certainly not sent, so nothing can arrive twice."""
    from django.test import override_settings

    waits()
    reader(email="priya@alder.example")
    with override_settings(EMAIL_BACKEND=f"{MODULE}.Refuses"):
        assert digest.send_due(now=SEVEN).failed == 1

    assert digest.send_due(now=SEVEN).sent == 1
    assert addresses() == ["priya@alder.example"]


@pytest.mark.django_db(transaction=True)
def test_two_workers_at_once_send_one_mail_each_person():
    waits()
    for n in range(5):
        reader(email=f"p{n}@alder.example")
    start = threading.Barrier(2)

    def work():
        start.wait()
        digest.send_due(now=SEVEN)
        connection.close()

    workers = [threading.Thread(target=work) for _ in range(2)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()

    assert sorted(addresses()) == [f"p{n}@alder.example" for n in range(5)]
    assert Digest.objects.filter(state="sent").count() == 5


def test_the_hour_is_chosen_on_the_account_page(client):
    person = reader(digest_hour=None, email="priya@alder.example")
    client.force_login(person)

    client.post("/account/notifications/", {"kinds": ["assigned", "job"], "digest_hour": "7"})

    person.refresh_from_db()
    assert person.digest_hour == 7
    assert set(person.notices_off) == {"due", "spike", "feed", "notice"}
    assert "refused" not in person.notices_off


def test_an_answer_that_was_lost_is_not_sent_again_and_is_told(settings):
    waits()
    first, second = reader(email="priya@alder.example"), reader(email="frank@alder.example")
    marta = UserFactory(role="admin", digest_hour=None)
    settings.EMAIL_BACKEND = f"{MODULE}.LosesTheAnswer"

    found = [digest.send_due(now=SEVEN) for _ in range(3)]

    assert addresses() == ["priya@alder.example", "frank@alder.example"]  # the next one over a new connection
    assert [(each.sent, each.unclear) for each in found] == [(1, 1), (0, 1), (0, 1)]
    assert AuditEntry.objects.get(action="digest.unknown").object_id == first.username
    told = {item.person_id: item.text for item in notices.missing(now=SEVEN) if item.kind == "mail"}
    assert set(told) == {first.pk, marta.pk}
    assert told[first.pk] == "Your e-mail of 24 Nov may not have arrived. What waits stands on Today."
    assert second.pk not in told


def test_a_killed_run_is_settled_once_it_cannot_be_on_its_way_any_more(settings):
    waits()
    person = reader(email="priya@alder.example")
    settings.EMAIL_BACKEND = f"{MODULE}.DiesAfter"
    with pytest.raises(Killed):
        digest.send_due(now=SEVEN)

    assert digest.settle(now=SEVEN + dt.timedelta(minutes=5)) == 0
    assert digest.settle(now=SEVEN + dt.timedelta(minutes=20)) == 1
    assert Digest.objects.get(person=person).state == "unknown"
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    digest.send_due(now=SEVEN + dt.timedelta(hours=1))
    assert addresses() == ["priya@alder.example"]
