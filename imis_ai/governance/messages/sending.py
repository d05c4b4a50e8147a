"""One approved message leaves, or does not: everything is asked again while the member's lock is held.

It is held from the first question until the text is handed over: an opt-out or pause that was confirmed
before is always seen, and one that comes meanwhile waits until the text is out.
"""

from collections.abc import Callable
from datetime import datetime
from typing import Any, Protocol

from imis_ai.governance import kinds
from imis_ai.governance.messages import addresses, contact, drafts, ledger, locks, mail, sms
from imis_ai.governance.models import Channel, ContactEntry, Proposal, TemplateVersion
from imis_ai.governance.refusals import WhyNot
from imis_ai.mirror import contact as mirror

State = ContactEntry.State
OUT = (State.SENT, State.REPLIED, State.BOUNCED, State.OPTED_OUT)


class Message(Protocol):
    """What the outbox hands over: `fields` is the payload that was approved."""

    reference: str
    imis_id: str
    fields: Any
    proposal: Proposal


class Held(Exception):
    """It does not leave. `until`: nothing is wrong but the hour."""

    def __init__(self, why: WhyNot, until: datetime | None = None) -> None:
        super().__init__(str(why))
        self.why, self.until = why, until


class Unknown(Exception):
    """It was handed over and no answer came; only a person can find out whether it arrived."""


def why_not(*, message: Message, now: datetime) -> Held | None:
    """The first thing that stands against sending, read fresh; None when it may leave."""
    payload = message.fields
    if problems := drafts.problems_of(payload):
        return Held(WhyNot(f"Not sent: {problems[0]}", rule="templates", next_step="It is drafted again."))
    imis_id = mirror.retained(message.imis_id)
    found = contact.refusals(
        imis_ids=[imis_id],
        channel=payload["channel"],
        area=payload["area"],
        now=now,
        is_automatic=is_automatic(message),
        counts_planned=False,
        besides=message.reference,
        is_service=kinds.is_service(message.proposal.kind),
    ).get(imis_id)
    if found:
        return Held(found.why, found.until if found.waits else None)
    if changed := drafts.stale_facts(payload, imis_id=imis_id, now=now):
        return Held(WhyNot(f"Not sent: {changed[0]}", rule="facts", next_step="It is drafted again."))
    return None


def send(*, message: Message, now: datetime, gate: Callable[[], None] = lambda: None) -> str:
    """Hand the text over once; returns its key. Raises Held, mail.NotTaken, mail.Unclear.

    `gate` is asked first, with the member's lock held: is it still approved, may anything leave?
    """
    imis_id = mirror.retained(message.imis_id)
    with locks.held(imis_id):
        gate()
        entry = _entry(message, imis_id, now)
        if entry.state in OUT:
            return key_of(message)
        if held := why_not(message=message, now=now):
            if held.until is None:
                ledger.move(entry=entry, to=State.STOPPED, now=now, reason=str(held.why))
            raise held
        person = mirror.people([imis_id])[imis_id]
        address = addresses.of(person, message.fields["channel"])
        values = {
            "sent_at": now,
            "address_digest": addresses.digest(address),
            "is_automatic": is_automatic(message),
        }
        if not ledger.move(entry=entry, to=State.SENDING, now=now, **values):
            raise Held(WhyNot("Not sent: this contact was stopped before.", rule="contact ledger"))
        try:
            _hand_over(message, address, now)
        except mail.NotTaken as refusal:
            _not_taken(entry, refusal, now)
            raise
        ledger.move(entry=entry, to=State.SENT, now=now)
    return key_of(message)


def find(*, message: Message) -> dict[str, Any] | None:
    """The receipt of what left; None when it certainly did not. Raises Unknown."""
    entry = ContactEntry.objects.filter(reference=message.reference).first()
    if entry is None or entry.state in (State.PLANNED, State.STOPPED):
        return None
    if entry.state == State.SENDING:
        raise Unknown(
            f"It is not known whether this message left. Look for {key_of(message)} in the mail server's log;"
            " then send it again or drop it."
        )
    return {"message_id": key_of(message), "sent_at": entry.sent_at.isoformat() if entry.sent_at else ""}


def key_of(message: Message) -> str:
    if message.fields["channel"] == Channel.EMAIL:
        return mail.message_id(message.reference)
    return message.reference


def is_automatic(message: Message) -> bool:
    """Whether no person pressed the button for it."""
    return bool(message.fields.get("is_automatic"))


def _entry(message: Message, imis_id: str, now: datetime) -> ContactEntry:
    """The contact as it was planned with the approval, or a new one; it takes the message's reference."""
    known = ContactEntry.objects.filter(reference=message.reference).first()
    if known:
        return known
    payload = message.fields
    entry = ledger.plan(
        imis_id=imis_id,
        channel=payload["channel"],
        area=payload["area"],
        now=now,
        proposal=message.proposal,
        version_id=_known_version(payload["template_version"]),
        reason=payload.get("channel_reason", ""),
    )
    ledger.name(entry=entry, reference=message.reference)
    return entry


def _known_version(pk: int) -> int | None:
    return TemplateVersion.objects.filter(pk=pk).values_list("pk", flat=True).first()


def _not_taken(entry: ContactEntry, refusal: mail.NotTaken, now: datetime) -> None:
    """Nothing left. An address that the server refuses is not tried again until it changes."""
    if not refusal.is_final:
        ledger.move(entry=entry, to=State.PLANNED, now=now, sent_at=None)
        return
    ledger.move(entry=entry, to=State.STOPPED, now=now, sent_at=None, reason=str(refusal))
    if refusal.is_address:
        ledger.unusable(entry=entry, source="refused", text=str(refusal), now=now)


def _hand_over(message: Message, address: str, now: datetime) -> None:
    payload, automatic = message.fields, is_automatic(message)
    if payload["channel"] == Channel.SMS:
        text = sms.text_of(body=payload["body"], reference=message.reference, is_automatic=automatic)
        sms.service().send(to=address, text=text, reference=message.reference)
        return
    made = mail.build(
        to=address,
        subject=payload["subject"],
        body=payload["body"],
        reference=message.reference,
        is_automatic=automatic,
        at=now.timestamp(),
        sender=payload.get("sender", ""),
        page=payload.get("page", ""),
    )
    mail.hand_over(made)
