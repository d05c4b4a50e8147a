"""Whatever happens between draft and delivery stops the message, in every order of events."""

import random
import threading
import time

import pytest
from django.core.mail.backends.locmem import EmailBackend
from django.db import connection

from imis_ai.governance.messages import ledger, limits, pauses
from imis_ai.governance.messages.senders import MessageSender
from imis_ai.governance.models import OutboxMessage
from imis_ai.governance.outbox import deliver_due
from imis_ai.mirror.models import Consent
from tests.factories.accounts import UserFactory
from tests.factories.messages import NOW, ContactFactory, VersionFactory
from tests.factories.mirror import ActivityFactory, PaymentFactory
from tests.governance.posting import BODY, Post, sent


def happen(what: str, post: Post, control: set[str]) -> None:
    """Something that must stop the message, as it comes in from outside."""
    imis_id = post.member.imis_id
    if what == "paid":
        PaymentFactory(member=post.member, received_on=NOW.date())
    elif what == "complaint":
        ActivityFactory(member=post.member, kind="case_opened", at=NOW)
    elif what == "consent":
        Consent.objects.filter(member=post.member).update(granted=False)
    elif what == "held out":
        control.add(imis_id)
    elif what == "limit":
        ContactFactory(imis_id=imis_id, area="retention", sent_at=NOW)
    elif what == "pause":
        ledger.pause(
            imis_id=imis_id, reason="dispute", note="Invoice", by=UserFactory(password=None), now=NOW
        )
    else:
        ledger.opt_out(imis_id=imis_id, kind="no marketing", source="stop page", now=NOW)


EVENTS = ("paid", "complaint", "consent", "held out", "limit", "pause", "opted out")
MOMENTS = ("drafted", "approved", "waiting", "looking at iMIS", "asking the gate")


@pytest.mark.django_db
@pytest.mark.row("U8", "GOV-32")
@pytest.mark.parametrize("seed", [0, *(pytest.param(n, marks=pytest.mark.long) for n in (1, 2, 3))])
def test_whatever_happens_before_it_leaves_stops_it(seed, monkeypatch):
    """4 times 56 random interleavings, 7 of each 63 without an event, which must be sent."""
    rng, control = random.Random(seed), set()
    monkeypatch.setattr(pauses, "SOURCES", dict(pauses.SOURCES))
    held = pauses.Silence("the member is in the control group.")
    pauses.register("control", "control group", lambda ids, area, now: {i: held for i in ids if i in control})
    monkeypatch.setattr(limits, "_providers", [])
    wrong, counted, version = [], 0, VersionFactory(body=BODY)
    for number in range(63):
        what = EVENTS[number % 7] if number < 56 else "nothing"
        moment = rng.choice(MOMENTS)
        before = len(sent())
        message = one_road(what, moment, control, version)
        counted += what != "nothing"
        if (len(sent()) - before, message.state) != ((1, "done") if what == "nothing" else (0, "cancelled")):
            wrong.append((what, moment, message.state, message.problem_text))

    assert counted == 56
    assert wrong == []


def one_road(what: str, moment: str, control: set[str], version) -> OutboxMessage:
    """A message from draft to delivery, with something happening at one moment of it."""

    def come(now: str) -> None:
        if what != "nothing" and now == moment:
            happen(what, post, control)

    post = Post(version=version)
    come("drafted")
    post.approve()
    come("approved")
    come("waiting")
    post.at_look = lambda: come("looking at iMIS")
    sender = MessageSender(clock=lambda: NOW, look=post.look)
    asked = sender.send
    sender.send = lambda message, plan, gate: asked(message, plan, lambda: (gate(), come("asking the gate")))
    deliver_due(now=NOW, senders={"email": sender})
    return OutboxMessage.objects.get(pk=post.message.pk)


class Slow(EmailBackend):
    """Takes its time, and notes when it had the text."""

    handed: dict[str, float] = {}
    rng = random.Random(5)

    def send_messages(self, messages):
        time.sleep(Slow.rng.random() * 0.004)
        Slow.handed[messages[0].extra_headers["X-Reference"]] = time.monotonic()
        return len(messages)


@pytest.mark.django_db(transaction=True)
@pytest.mark.row("U8")
@pytest.mark.parametrize("rounds", [40, pytest.param(400, marks=pytest.mark.long)])
def test_a_stop_that_was_confirmed_is_never_followed_by_a_message(settings, rounds):
    """Two connections at once: the delivery, and a member on the stop page, at random moments."""
    settings.EMAIL_BACKEND = f"{Slow.__module__}.Slow"
    rng, after, both = random.Random(11), [], {"sent": 0, "stopped": 0}
    version = VersionFactory(body=BODY)
    for _ in range(rounds):
        post, wait = Post(version=version), rng.random() * 0.03
        message, confirmed = post.approve(), []

        def member(post=post, wait=wait, confirmed=confirmed):
            time.sleep(wait)
            ledger.opt_out(imis_id=post.member.imis_id, kind="channel", source="stop page", now=NOW)
            confirmed.append(time.monotonic())
            connection.close()

        other = threading.Thread(target=member)
        other.start()
        post.deliver()
        other.join()
        handed = Slow.handed.get(message.reference)
        both["sent" if handed else "stopped"] += 1
        if handed and handed > confirmed[0]:
            after.append((handed, confirmed[0]))

    assert after == []
    assert min(both.values()) > rounds // 20, both
