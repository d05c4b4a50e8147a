"""Why something was sent: from the numbers to the reply, in one list. Domains add what only they know."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.timezone import localtime

from imis_ai.accounts.models import User
from imis_ai.governance.audit.search import ROLES, flat
from imis_ai.governance.models import (
    WHO,
    AuditEntry,
    ContactEntry,
    ContactEvent,
    Decision,
    Generation,
    OutboxMessage,
    Proposal,
)


@dataclass(frozen=True)
class Beat:
    """One thing that happened. `stage` orders the tale where times are equal."""

    at: datetime | None
    stage: str
    title: str
    facts: tuple[tuple[str, str], ...] = ()
    before: str = ""
    after: str = ""


Teller = Callable[..., Iterable[Beat]]
TELLERS: dict[str, Teller] = {}
STAGES = ("inputs", "score", "suggested", "draft", "edited", "decided", "sent", "delivered", "answered")
PROPOSAL_TYPES = {"proposal": "pk", "outbox": "messages", "outbox message": "messages", "message": "messages"}


def register_teller(area: str, tell: Teller) -> None:
    """`tell(proposal=…, viewer=…)` gives the inputs, features and scores behind a proposal of that area."""
    TELLERS[area] = tell


def proposal_of(*, entry: AuditEntry) -> Proposal | None:
    """The proposal that an entry is about, directly or through what was sent."""
    way = PROPOSAL_TYPES.get(entry.object_type)
    if way is None or not entry.object_id.isdigit():
        return None
    return Proposal.objects.filter(**{way: int(entry.object_id)}).first()


def story(*, proposal: Proposal, viewer: User, with_names: bool) -> list[Beat]:
    """Everything from the inputs to the answer, in order. Texts need the right to names."""
    tell = TELLERS.get(proposal.area)
    beats = list(tell(proposal=proposal, viewer=viewer)) if tell else []
    beats += [
        *_suggested(proposal, with_names),
        *_decided(proposal, with_names),
        *_sent(proposal, with_names),
    ]
    beats += _answered(proposal)
    return sorted(beats, key=lambda beat: (STAGES.index(beat.stage), beat.at.timestamp() if beat.at else 0))


def _suggested(proposal: Proposal, with_names: bool) -> Iterable[Beat]:
    made = _pairs(proposal.made_from)
    checks = tuple(
        (check.get("name", "Check"), f"{check.get('result', '')}: {check.get('sentence', '')}")
        for check in proposal.evidence.get("checks", ())
    )
    who = str(proposal.proposed_by or "the system")
    yield Beat(proposal.created_at, "suggested", f"Suggested by {who}", (*made, *checks))
    for text in Generation.objects.filter(proposal=proposal).select_related("version").order_by("pk"):
        facts = (
            ("Template", str(text.version or "none")),
            ("Made by", text.maker),
            ("SHA-256 of the text", text.output_hash),
            *(_pairs(text.facts) if with_names else ()),
        )
        yield Beat(text.made_at, "draft", "Draft made", facts)


def _decided(proposal: Proposal, with_names: bool) -> Iterable[Beat]:
    decisions = list(proposal.decisions.select_related(*WHO).order_by("pk"))
    edits = [decision for decision in decisions if decision.what == Decision.What.EDIT]
    for decision in decisions:
        if decision.what == Decision.What.PROPOSE:
            continue
        facts = (
            ("Role", ROLES.get(decision.role, decision.role)),
            ("Version", f"{decision.version}, {decision.digest[:12]}"),
            ("Reason", decision.reason),
            ("Note", decision.note if with_names else ""),
        )
        before = after = ""
        if decision.what == Decision.What.EDIT and with_names:
            later = edits[edits.index(decision) + 1 :]
            before, after = flat(decision.before), flat(later[0].before if later else proposal.payload)
        stage = "edited" if decision.what == Decision.What.EDIT else "decided"
        title = f"{decision.get_what_display().capitalize()} by {decision.who()}"
        yield Beat(decision.at, stage, title, _kept(facts), before, after)


def _sent(proposal: Proposal, with_names: bool) -> Iterable[Beat]:
    for message in proposal.messages.order_by("number"):
        facts = (
            ("Target", message.target),
            ("Reference", message.reference),
            ("State", message.get_state_display()),
            ("Left", f"{localtime(message.sent_at):%-d %b %Y, %H:%M}" if message.sent_at else "not yet"),
            ("Tries", str(message.tries)),
            ("Key in iMIS", message.imis_key if with_names else ""),
            ("Problem", message.problem_text),
        )
        text = _words(message) if with_names else ""
        yield Beat(message.sent_at or message.not_before, "sent", _title(message), _kept(facts), after=text)
        if message.done_at:
            read_back = flat(message.receipt) if with_names else ""
            yield Beat(message.done_at, "delivered", "Confirmed by reading it back", (), after=read_back)


def _answered(proposal: Proposal) -> Iterable[Beat]:
    for contact in ContactEntry.objects.filter(proposal=proposal).order_by("pk"):
        facts = (
            ("Channel", contact.channel),
            ("Reference", contact.reference or ""),
            ("Why", contact.reason),
        )
        yield Beat(
            contact.state_at, "delivered", f"Contact: {contact.get_state_display().lower()}", _kept(facts)
        )
        for event in ContactEvent.objects.filter(entry=contact).order_by("at"):
            yield Beat(event.at, "answered", f"The member answered: {event.get_kind_display().lower()}")


def _title(message: OutboxMessage) -> str:
    return "Sent to the member" if message.way in ("email", "sms") else "Written to iMIS"


def _words(message: OutboxMessage) -> str:
    return "\n".join(
        f"{name.replace('_', ' ').capitalize()}: {flat(value)}" for name, value in message.fields.items()
    )


def _pairs(value: Any) -> tuple[tuple[str, str], ...]:
    if isinstance(value, dict):
        return tuple((name.replace("_", " ").capitalize(), flat(item)) for name, item in value.items())
    return tuple(("", flat(item)) for item in value or ())


def _kept(facts: Iterable[tuple[str, str]]) -> tuple[tuple[str, str], ...]:
    return tuple((name, text) for name, text in facts if text)
