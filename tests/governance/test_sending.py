"""A message leaves once, with everything asked again at that moment; or it does not, and says why."""

import datetime as dt
import smtplib
from contextlib import contextmanager

import pytest
from django.core.mail.backends.locmem import EmailBackend

from imis_ai.governance.messages import drafts, mail, sending, stop
from imis_ai.governance.messages.senders import log_on_record, opened
from imis_ai.governance.models import OutboxMessage, StaffItem
from imis_ai.governance.outbox import followers, people
from imis_ai.imis.errors import Unreachable
from imis_ai.mirror.models import Member
from tests.factories.accounts import UserFactory
from tests.factories.messages import NOW, ContactFactory
from tests.factories.mirror import EventFactory, PaymentFactory, RegistrationFactory
from tests.governance.posting import SETTLE, Post, sent


@pytest.mark.django_db
class TestEmail:
    def test_what_was_approved_arrives_with_one_id_and_a_way_out(self):
        post = Post()
        post.approve()

        message = post.deliver()

        [letter] = sent()
        assert message.state == "done"
        assert message.imis_key == f"<{message.reference}@alder.example>"
        assert letter.to == [post.member.email]
        assert letter.body.startswith("Dear Dana,\n\nYou attended 3 events this year.")
        assert letter.extra_headers["Message-ID"] == message.imis_key
        link = letter.extra_headers["List-Unsubscribe"].strip("<>")
        assert link in letter.body
        assert letter.extra_headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
        assert drafts.AUTOMATED not in letter.body
        assert (post.entry.state, post.entry.imis_id) == ("sent", post.member.imis_id)
        assert post.seen == [post.member.imis_id]

    @pytest.mark.row("GOV-32")
    def test_what_nobody_pressed_a_button_for_says_so_and_can_be_stopped(self, client):
        for number in range(25):
            PaymentFactory(amount=1000 + number, received_on=dt.date(2025, 1, 1))
        post = Post(is_automatic=True)
        post.approve()
        post.deliver()

        [letter] = sent()
        link = letter.extra_headers["List-Unsubscribe"].strip("<>")
        path = link.removeprefix("https://alder.example")
        assert f"{drafts.AUTOMATED} Stop these messages or reach a person: {link}" in letter.body
        assert letter.extra_headers["Auto-Submitted"] == "auto-generated"
        assert "Reach a person" in client.get(path).content.decode().replace("Or reach", "Reach")
        client.post(path, {"ask": "1", "text": "Call me"})
        assert StaffItem.objects.get().imis_id == post.member.imis_id

    @pytest.mark.row("GOV-58", "K4")
    def test_the_most_valuable_member_gets_none_even_when_it_was_approved_by_a_rule(self):
        post = Post(is_automatic=True)
        PaymentFactory(member=post.member, amount=9000, received_on=dt.date(2025, 1, 1))
        post.approve()

        message = post.deliver()

        assert (message.state, sent()) == ("cancelled", [])
        assert "most valuable" in message.problem_text

    def test_a_second_delivery_of_the_same_row_sends_nothing(self):
        post = Post()
        post.approve()
        post.deliver()
        OutboxMessage.objects.filter(pk=post.message.pk).update(state="queued", next_try_at=None)

        assert post.deliver().state == "done"
        assert len(sent()) == 1

    @pytest.mark.row("GOV-31")
    @pytest.mark.parametrize(
        ("change", "says"),
        [
            ({"body": "Dear Dana, 20 % off."}, "cannot stand here"),
            ({"body": "Dear Dana, you are at risk."}, "never tells a member"),
            ({"body": " "}, "empty"),
            ({"template_version": 0}, "not approved"),
        ],
    )
    def test_words_that_slipped_into_the_queue_are_stopped_at_the_door(self, change, says):
        post = Post()
        post.payload |= change
        post.approve()

        message = post.deliver()

        assert (message.state, sent()) == ("cancelled", [])
        assert says in message.problem_text

    def test_a_text_retired_meanwhile_does_not_leave(self):
        post = Post()
        post.approve()
        post.version.state = "retired"
        post.version.save()

        assert post.deliver().state == "cancelled"
        assert sent() == []

    @pytest.mark.row("CHURN-25", "REN-16")
    def test_a_fact_that_changed_stops_the_message_and_names_both_values(self):
        post = Post()
        post.approve()
        RegistrationFactory(member=post.member, event=EventFactory(starts_at=NOW - dt.timedelta(days=1)))

        message = post.deliver()

        assert (message.state, sent()) == ("cancelled", [])
        assert "is now 4 events; the draft says 3 events" in message.problem_text
        assert post.entry.state == "stopped"

    def test_while_imis_cannot_be_asked_nothing_leaves(self):
        post = Post()
        post.approve()

        def down():
            raise Unreachable("iMIS did not answer for 30 seconds.")

        post.at_look = down
        assert post.deliver().state == "queued"
        post.at_look = lambda: None
        assert post.deliver(NOW + SETTLE).state == "done"
        assert len(sent()) == 1

    def test_the_limit_holds_between_areas_for_what_was_approved_together(self):
        first = Post(area="retention")
        first.approve()
        first.deliver()
        for number, area in enumerate(("tiers", "segments")):
            ContactFactory(imis_id=first.member.imis_id, area=area, sent_at=NOW - dt.timedelta(days=number))
        second = Post(area="sentiment")
        second.payload["imis_id"] = first.member.imis_id
        second.member = first.member
        second.approve()

        message = second.deliver()

        assert message.state == "cancelled"
        assert "3 of 3 contacts in 30 days" in message.problem_text


class Server(EmailBackend):
    """A mail server that does what a test orders."""

    opens: Exception | None = None
    answers: Exception | None = None
    takes_it = False

    def open(self):
        if Server.opens:
            raise Server.opens

    def send_messages(self, messages):
        if Server.takes_it or not Server.answers:
            super().send_messages(messages)
        if Server.answers:
            raise Server.answers
        return 1


@pytest.fixture
def server(settings):
    settings.EMAIL_BACKEND = f"{Server.__module__}.Server"
    yield Server
    Server.opens, Server.answers, Server.takes_it = None, None, False


@pytest.mark.django_db
class TestMailServer:
    @pytest.mark.parametrize(
        "problem", [ConnectionRefusedError(), TimeoutError(), smtplib.SMTPException("x")]
    )
    def test_one_that_cannot_be_reached_is_tried_again_with_the_same_id(self, server, problem):
        post = Post()
        post.approve()
        server.opens = problem
        waiting = post.deliver()
        server.opens = None
        done = post.deliver(NOW + SETTLE)

        assert (waiting.state, done.state, len(sent())) == ("queued", "done", 1)
        assert sent()[0].extra_headers["Message-ID"] == mail.message_id(post.message.reference)

    def test_one_that_refuses_the_address_is_believed(self, server):
        post = Post()
        post.approve()
        server.answers = smtplib.SMTPRecipientsRefused({"a@b.c": (550, b"no such user")})

        assert post.deliver().state == "dead"
        assert StaffItem.objects.get().why == "unreachable"
        assert (
            sending.contact.may_contact(
                imis_id=post.member.imis_id, channel="email", area="tiers", now=NOW
            ).rule
            == "addresses"
        )

    def test_a_full_one_is_asked_again(self, server):
        post = Post()
        post.approve()
        server.answers = smtplib.SMTPDataError(451, b"later")

        assert post.deliver().state == "queued"
        assert post.entry.state == "planned"

    @pytest.mark.parametrize("took_it", [True, False])
    def test_one_that_goes_away_in_the_middle_leaves_it_to_a_person(self, server, took_it):
        post = Post()
        post.approve()
        server.answers, server.takes_it = smtplib.SMTPServerDisconnected("gone"), took_it
        states = [post.deliver().state, post.deliver(NOW + SETTLE).state]
        later = post.deliver(NOW + 5 * SETTLE)

        assert states == ["unknown", "parked"]
        assert (later.state, len(sent())) == ("parked", int(took_it))
        assert mail.message_id(post.message.reference) in later.problem_text

        server.answers = None
        people.retry(ids=[later.pk], by=UserFactory(), now=NOW)
        assert post.deliver(NOW + 6 * SETTLE).state == "done"
        assert len({letter.extra_headers["Message-ID"] for letter in sent()}) == 1

    def test_a_worker_that_dies_in_the_middle_sends_nothing_twice(self, server, monkeypatch):
        post = Post()
        post.approve()

        def die(message):
            message.send()
            raise SystemExit

        monkeypatch.setattr(mail, "hand_over", die)
        with pytest.raises(SystemExit):
            post.deliver()
        monkeypatch.undo()
        post.deliver(NOW + SETTLE)
        assert post.deliver(NOW + 3 * SETTLE).state == "parked"
        assert len(sent()) == 1


@pytest.mark.django_db
@pytest.mark.row("GOV-33", "GOV-34")
def test_each_message_sent_is_logged_on_the_record_exactly_once(site, outbox, settings):
    followers.on_done(name="messages.log", follow=log_on_record)
    post = Post()
    someone = site.members()[7]
    Member.objects.filter(pk=post.member.pk).update(imis_id=someone, key=someone)
    post.member.refresh_from_db()
    post.payload["imis_id"] = someone
    post.approve()
    post.deliver()
    site.faults({"fault": "cut_after", "path": "/api/Activity", "method": "POST"})
    outbox.deliver(NOW)
    outbox.deliver(NOW + SETTLE)
    outbox.deliver(NOW + 3 * SETTLE)

    rows = OutboxMessage.objects.filter(proposal=post.message.proposal).order_by("number")
    assert [(row.way, row.target, row.state) for row in rows] == [
        ("email", "email", "done"),
        ("append", "activity", "done"),
        ("set", "AI_Interaction", "done"),
    ]
    [entry] = site.rows("Activity", OTHER_CODE=rows[1].reference)
    assert entry["DESCRIPTION"] == "E-mail sent: Your year, Dana"
    [log] = site.rows("AI_Interaction", ID=someone)
    assert log["InteractionKey"] == post.message.reference
    assert "Events attended in 12 months: 3 events" in log["FactsUsed"]
    assert len(sent()) == 1


@pytest.mark.django_db
def test_the_stop_page_of_a_merged_record_stops_the_kept_one():
    from imis_ai.mirror.models import MemberAlias

    post = Post()
    post.approve()
    MemberAlias.objects.create(imis_id="old-9", retained_imis_id=post.member.imis_id, merged_at=NOW)
    entry = ContactFactory(imis_id="old-9", area="tiers", sent_at=NOW - dt.timedelta(days=60))
    stop.stop(entry=entry, choice=stop.THIS_KIND, now=NOW)

    assert post.deliver().state == "cancelled"
    assert sent() == []


def test_a_sender_closes_its_look_at_imis():
    closed = []

    @contextmanager
    def look():
        yield lambda imis_id, now: None
        closed.append(True)

    with opened(lambda: NOW, look):
        pass

    assert closed == [True]
