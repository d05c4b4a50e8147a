"""What members send back is matched by our reference, without the quoted text, and counted once."""

import contextlib
import datetime as dt
import json
import time
from email.message import EmailMessage

import pytest
from django.core.management import call_command

from imis_ai.governance import messages
from imis_ai.governance.messages import addresses, replies
from imis_ai.governance.models import ContactEvent, OptOut, StaffItem
from imis_ai.mirror.models import Member, Text
from tests.factories.messages import NOW, ContactFactory, reachable

pytestmark = pytest.mark.django_db
REFERENCE = "IAI-0123456789ABC"


@pytest.fixture
def member():
    return reachable(email="dana@example.org")


@pytest.fixture
def entry(member):
    return ContactFactory(
        imis_id=member.imis_id,
        reference=REFERENCE,
        area="tiers",
        sent_at=NOW - dt.timedelta(days=1),
        address_digest=addresses.digest(member.email),
    )


def reply(body: str, **headers: str) -> bytes:
    message = EmailMessage()
    known = {
        "From": "Dana <dana@example.org>",
        "To": "membership@alder.example",
        "Subject": "Re: Your year",
        "In-Reply-To": f"<{REFERENCE}@alder.example>",
        "Message-ID": "<abc@example.org>",
        "Date": "Mon, 01 Jun 2026 09:00:00 -0500",
    }
    for name, value in (known | {key.replace("_", "-"): text for key, text in headers.items()}).items():
        message[name] = value
    message.set_content(body)
    return message.as_bytes()


def bounce(status: str = "5.1.1", action: str = "failed", key: str = "b1") -> bytes:
    return (
        f"From: MAILER-DAEMON@example.org\nMessage-ID: <{key}@example.org>\nMIME-Version: 1.0\n"
        'Content-Type: multipart/report; report-type=delivery-status; boundary="x"\n\n'
        "--x\nContent-Type: text/plain\n\nIt could not be delivered.\n"
        "--x\nContent-Type: message/delivery-status\n\nReporting-MTA: dns; mx.example.org\n\n"
        f"Final-Recipient: rfc822; dana@example.org\nAction: {action}\nStatus: {status}\n\n"
        "--x\nContent-Type: text/rfc822-headers\n\n"
        f"Message-ID: <{REFERENCE}@alder.example>\nSubject: Your year\n\n--x--\n"
    ).encode()


def take(*data: bytes) -> replies.Imported:
    count = replies.Imported()
    for each in data:
        replies.take(incoming=replies.read(each, now=NOW), now=NOW, count=count)
    return count


def why_not(member):
    return messages.may_contact(imis_id=member.imis_id, channel="email", area="retention", now=NOW)


@pytest.mark.row("GOV-54")
def test_a_reply_becomes_a_text_of_the_member_and_an_event_of_the_contact(member, entry):
    body = (
        "Thanks, I would like to talk.\n\nOn Sun, 31 May 2026 at 10:00 Alder wrote:\n> Dear Dana\n> You came"
    )
    count = take(reply(body), reply(body))

    text = Text.objects.get()
    assert (text.member, text.source, text.body) == (member, "email", "Thanks, I would like to talk.")
    assert text.at == dt.datetime(2026, 6, 1, 14, tzinfo=dt.UTC)
    assert (count.replies, count.repeated) == (1, 1)
    assert ContactEvent.objects.get().kind == "reply"
    assert StaffItem.objects.get().why == "replied"
    entry.refresh_from_db()
    assert entry.state == "replied"


@pytest.mark.parametrize(
    ("text", "is_stop"),
    [
        ("STOP", True),
        ("Unsubscribe.", True),
        ("please remove me", True),
        ("Please take me off this list, thank you.", True),
        ("I don\u2019t want to receive these.", True),
        ("Stop sending me e-mail", True),
        ("No more emails", True),
        ("Do not stop the good work", False),
        ("I could not stop reading", False),
        ("My bus stop moved. See you at the meeting.", False),
        ("Remove the old address, please: I moved", False),
        ("", False),
    ],
)
def test_a_wish_to_stop_is_told_from_a_sentence_with_such_a_word(text, is_stop):
    assert replies.wants_to_stop(text) is is_stop


@pytest.mark.row("GOV-32")
def test_a_reply_that_says_stop_stops(member, entry):
    count = take(reply("STOP\n\n> Dear Dana, unsubscribe here"))

    assert count.stops == 1
    assert why_not(member).rule == "opt-out"
    assert not StaffItem.objects.exists()


def test_a_quoted_word_stops_nothing(member, entry):
    take(reply("See you there.\n\nOn Sun, 31 May 2026 at 10:00 Alder wrote:\n> To unsubscribe, reply stop"))

    assert not OptOut.objects.exists()


def test_an_absence_note_is_no_answer(member, entry):
    count = take(reply("I am away until Monday. Stop by later.", Auto_Submitted="auto-replied"))

    assert (count.automatic, count.replies) == (1, 0)
    assert not Text.objects.exists()
    assert not OptOut.objects.exists()
    entry.refresh_from_db()
    assert entry.state == "sent"


def test_words_of_somebody_else_are_not_the_members(member, entry):
    take(reply("I am not Dana.", From="mallory@example.net"))

    assert not Text.objects.exists()
    assert StaffItem.objects.get().text == "I am not Dana."


def test_an_address_that_does_not_exist_is_not_used_again_until_it_changes(member, entry):
    count = take(bounce(), bounce())

    assert (count.bounces, count.repeated) == (1, 1)
    entry.refresh_from_db()
    assert entry.state == "bounced"
    assert why_not(member).rule == "addresses"
    assert StaffItem.objects.get().why == "unreachable"
    Member.objects.filter(pk=member.pk).update(email="dana.new@example.org")
    assert why_not(member) is None


def test_a_full_mailbox_and_a_receipt_change_nothing(member, entry):
    take(bounce("4.2.2", "delayed", "b2"), bounce("2.0.0", "delivered", "b3"))

    entry.refresh_from_db()
    assert entry.state == "sent"
    assert why_not(member) is None


def test_without_a_reference_the_address_decides(member):
    count = take(reply("unsubscribe", In_Reply_To="", Message_ID="<1@x>"), reply("Hello?", In_Reply_To=""))

    assert (count.unmatched, count.stops) == (2, 1)
    assert why_not(member).rule == "opt-out"
    assert StaffItem.objects.get().imis_id == member.imis_id


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\xff\xfe\x00",
        b"no headers at all",
        b"From: a\nContent-Type: text/plain; charset=nope\n\n\xff",
        b"Message-ID: 1\nFrom: " + b"(" * 5000 + b"\n\nx",
        b"Content-Type: multipart/mixed; boundary=x\n\n--x",
        b"Date: yesterday\nFrom: <>\nSubject: =?utf-8?b?!!!?=\n\nhello\x00there",
        b"Content-Type: text/html\n\n<style>a{}</style><b>Hi</b><blockquote>old</blockquote>",
    ],
)
def test_what_is_damaged_is_read_or_refused_and_never_breaks_the_run(data):
    with contextlib.suppress(replies.Unreadable):
        assert take(data).unmatched == 1


def test_a_hostile_text_takes_no_time():
    started = time.monotonic()
    for body in (
        "> " * 200_000,
        "On " * 100_000,
        "-" * 300_000,
        "a@" * 100_000,
        "\n" * 300_000,
        "a\n\n" * 9999,
    ):
        replies.read(reply(body), now=NOW)

    assert time.monotonic() - started < 5


def test_the_command_reads_a_folder_and_says_what_it_found(tmp_path, entry, member, capsys):
    (tmp_path / "a.eml").write_bytes(reply("Call me"))
    (tmp_path / "b.eml").write_bytes(bounce())

    call_command("import_replies", str(tmp_path), "--json")

    said = json.loads(capsys.readouterr().out)
    assert (said["read"], said["replies"], said["bounces"], said["unreadable"]) == (2, 1, 1, 0)
    with pytest.raises(SystemExit) as stopped:
        call_command("import_replies", str(tmp_path / "none"))
    assert stopped.value.code == 2
