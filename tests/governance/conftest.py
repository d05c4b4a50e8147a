"""A sandbox iMIS to write to, and an outbox whose gate is open."""

import datetime as dt
import itertools

import pytest

from imis_ai.governance.models import OutboxMessage
from imis_ai.governance.outbox import checks, deliver_due, enqueue, followers, senders
from imis_ai.governance.outbox.imis import ImisSender
from imis_ai.governance.outbox.message import IMIS, Message
from imis_ai.sandbox import server
from tests.factories.governance import NOW, ApprovedFactory
from tests.imis.writing import TODAY, Site, writer

SETTLE = dt.timedelta(seconds=900)


@pytest.fixture(scope="session")
def _site():
    with server.start(members=120, seed=4, today=TODAY) as running:
        made = Site(running)
        made.prepare()
        yield made, itertools.cycle(made.members())
        made.http.close()


@pytest.fixture
def site(_site):
    """A prepared sandbox, shared; its log starts anew."""
    made, _ = _site
    made.faults()
    made.http.delete("/_sandbox/log")
    return made


@pytest.fixture
def someone(_site):
    """A member whom no other test has used of late."""
    return next(_site[1])


@pytest.fixture
def someone_else(_site):
    return next(_site[1])


@pytest.fixture(autouse=True)
def registries():
    """What the product registered is put back; tests begin with an open gate and nothing else."""
    before = checks.clear()
    kept = dict(followers.DONE), dict(followers.COMPLETED), dict(senders.SENDERS)
    for held in (followers.DONE, followers.COMPLETED, senders.SENDERS):
        held.clear()
    checks.gate(name="open", look=lambda message, now: None)
    yield
    checks.clear()
    checks.CHECKS.update(before["checks"])
    checks.GATES.update(before["gates"])
    checks.INVARIANTS.update(before["invariants"])
    for held, was in zip((followers.DONE, followers.COMPLETED, senders.SENDERS), kept, strict=True):
        held.clear()
        held.update(was)


@pytest.fixture
def hand(site):
    with writer(site.url) as found:
        yield ImisSender(found)


class Outbox:
    """Queues and delivers at times of our choosing."""

    def __init__(self, hand: ImisSender) -> None:
        self.hand = hand
        self.senders = dict.fromkeys(IMIS, hand)

    def queue(self, *messages: Message, now: dt.datetime = NOW, hold: float = 0, **proposal):
        made = ApprovedFactory(**proposal)
        return enqueue(proposal=made, messages=messages, not_before=now + dt.timedelta(seconds=hold), now=now)

    def deliver(self, now: dt.datetime = NOW, **more):
        return deliver_due(now=now, senders=self.senders, **more)

    def again(self, message: OutboxMessage) -> OutboxMessage:
        return OutboxMessage.objects.get(pk=message.pk)


@pytest.fixture
def outbox(db, hand):
    return Outbox(hand)


def tag(imis_id: str, **fields) -> Message:
    return Message("set", "tag", imis_id, fields or {"segment": "Advocates"})


def activity(imis_id: str, summary: str = "Renewal outreach") -> Message:
    return Message("append", "activity", imis_id, {"summary": summary})


def later(seconds: float) -> dt.datetime:
    return NOW + dt.timedelta(seconds=seconds)


@pytest.fixture(autouse=True)
def post_office(settings):
    """E-mail stays in memory, under addresses that nobody has."""
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    settings.MAIL_FROM = "Alder <membership@alder.example>"
    settings.SITE_URL = "https://alder.example"
