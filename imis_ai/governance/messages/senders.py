"""E-mail and SMS as ways out of the outbox, and what each sent message leaves on the member's record."""

import json
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import datetime
from hashlib import sha256
from typing import Any

from django.utils.timezone import localdate

from imis_ai.governance.messages import mail, sending
from imis_ai.governance.models import WHO, Channel, Decision, OutboxMessage, TemplateVersion
from imis_ai.governance.outbox import Message, Then, enqueue
from imis_ai.governance.outbox.checks import Objection, Stopped
from imis_ai.governance.outbox.senders import Found, Gate, Plan
from imis_ai.imis.errors import Ambiguous, NotApplied, NotFindable, QuietHours

Clock = Callable[[], datetime]
Look = Callable[[str, datetime], None]
Way = OutboxMessage.Way
WAYS = (Way.EMAIL, Way.SMS)
PROBLEMS = {"templates": "template", "facts": "changed", "quiet hours": "waits"}


class MessageSender:
    """`look(imis_id, now)` reads the member in iMIS again; what it raises keeps the message waiting."""

    def __init__(self, *, clock: Clock, look: Look) -> None:
        self._clock, self._look = clock, look

    def look(self, message: OutboxMessage) -> Plan:
        self._look(message.imis_id, self._clock())
        return Plan()

    def send(self, message: OutboxMessage, plan: Plan, gate: Gate) -> str:
        try:
            return sending.send(message=message, now=self._clock(), gate=gate)
        except sending.Held as held:
            if held.until:
                raise QuietHours(str(held.why), until=held.until) from None
            problem = PROBLEMS.get(held.why.rule, held.why.rule)[:40]
            raise Stopped(Objection(held.why, Then.STOP, problem)) from None
        except mail.NotTaken as refusal:
            raise NotApplied(str(refusal), is_final=refusal.is_final) from None
        except mail.Unclear as doubt:
            raise Ambiguous(str(doubt)) from None

    def find(self, message: OutboxMessage) -> Found | None:
        try:
            receipt = sending.find(message=message)
        except sending.Unknown as unknown:
            raise NotFindable(str(unknown)) from None
        return Found(sending.key_of(message), receipt) if receipt else None


@contextmanager
def opened(clock: Clock, look: Callable[[], AbstractContextManager[Look]]) -> Iterator[MessageSender]:
    """A sender for one delivery run."""
    with look() as reader:
        yield MessageSender(clock=clock, look=reader)


def log_on_record(message: OutboxMessage, now: datetime) -> None:
    """Once per message, in the transaction that marks it sent: an activity in iMIS, and how it was made."""
    if message.way not in WAYS:
        return
    entries = [
        Message(Way.APPEND, "activity", message.imis_id, _activity(message)),
        Message(Way.SET, "AI_Interaction", message.imis_id, _interaction(message)),
    ]
    enqueue(proposal=message.proposal, messages=entries, not_before=now, now=now)


def _activity(message: OutboxMessage) -> dict[str, Any]:
    payload, at = message.fields, message.sent_at
    label = Channel(payload["channel"]).label
    said = payload["subject"] or payload["body"]
    return {
        "summary": f"{label} sent: {said}"[:250],
        "at": at,
        "on": localdate(at),
        "area": payload["area"][:15],
        "detail": payload["body"][:2000],
    }


def _interaction(message: OutboxMessage) -> dict[str, Any]:
    payload = message.fields
    version = TemplateVersion.objects.select_related("template").get(pk=payload["template_version"])
    approved = message.proposal.decisions.filter(what=Decision.What.APPROVE).select_related(*WHO).last()
    said = json.dumps([payload["subject"], payload["body"]], ensure_ascii=False)
    return {
        "interaction_key": message.reference,
        "channel": payload["channel"],
        "template": str(version)[:60],
        "facts": "; ".join(f"{fact['words']}: {fact['text']}" for fact in payload["facts"])[:400],
        "output_hash": sha256(said.encode()).hexdigest(),
        "approver": approved.who()[:100] if approved else "",
        "generated_on": message.proposal.created_at,
    }
