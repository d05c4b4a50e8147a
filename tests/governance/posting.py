"""One approved message on its road from draft to delivery, for tests of sending."""

import datetime as dt

from django.core import mail as outbox_of_django

from imis_ai.governance.messages import drafts
from imis_ai.governance.messages.senders import MessageSender
from imis_ai.governance.models import ContactEntry, OutboxMessage, TemplateVersion
from imis_ai.governance.outbox import Message, deliver_due, enqueue
from tests.factories.governance import ApprovedFactory
from tests.factories.messages import NOW, VersionFactory, reachable
from tests.factories.mirror import EventFactory, RegistrationFactory

SETTLE = dt.timedelta(seconds=1200)
BODY = "Dear {{ first_name }},\n\nYou attended {{ events_attended }} this year. Reply if we can help."


class Post:
    """One approved message for one member, and the worker that would send it."""

    def __init__(
        self,
        channel: str = "email",
        *,
        is_automatic: bool = False,
        area: str = "retention",
        version: TemplateVersion | None = None,
    ) -> None:
        self.member = reachable(first_name="Dana")
        for number in range(3):
            event = EventFactory(starts_at=NOW - dt.timedelta(days=20 + number))
            RegistrationFactory(member=self.member, event=event)
        self.version = version or VersionFactory(body=BODY, template__area=area, template__channel=channel)
        made = drafts.make(imis_ids=[self.member.imis_id], area=area, versions=[self.version], now=NOW)
        self.payload = made[self.member.imis_id].payload() | {"is_automatic": is_automatic}
        self.seen: list[str] = []
        self.at_look = lambda: None

    def approve(self) -> OutboxMessage:
        channel = self.payload["channel"]
        proposal = ApprovedFactory(payload=self.payload, area=self.payload["area"])
        message = Message(channel, channel, self.member.imis_id, self.payload)
        [self.message] = enqueue(proposal=proposal, messages=[message], not_before=NOW, now=NOW)
        return self.message

    def look(self, imis_id: str, now: dt.datetime) -> None:
        self.seen.append(imis_id)
        self.at_look()

    def deliver(self, now: dt.datetime = NOW, clock=None) -> OutboxMessage:
        sender = MessageSender(clock=clock or (lambda: now), look=self.look)
        deliver_due(now=now, senders={"email": sender, "sms": sender})
        return OutboxMessage.objects.get(pk=self.message.pk)

    @property
    def entry(self) -> ContactEntry:
        return ContactEntry.objects.get(reference=self.message.reference)


def sent() -> list:
    return outbox_of_django.outbox
