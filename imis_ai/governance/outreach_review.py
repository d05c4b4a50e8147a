"""What a reviewer sees beside a draft, and what a rule stopped right before it left. Reads only."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.utils.timezone import localtime

from imis_ai.accounts.models import User
from imis_ai.governance import guardrails, kinds, outreach
from imis_ai.governance.messages import drafts, facts, grammar, limits, sms_length, tone
from imis_ai.governance.messages.contact import OUT
from imis_ai.governance.models import (
    WHO,
    Channel,
    ContactEntry,
    OfferVersion,
    OutboxMessage,
    Proposal,
    TemplateVersion,
)
from imis_ai.governance.outbox.states import State
from imis_ai.mirror import contact

__all__ = ["WHO", "Beside", "Stopped", "beside", "stopped", "texts"]
STOPPED = (State.CANCELLED, State.PARKED, State.DEAD)
WAYS = (OutboxMessage.Way.EMAIL, OutboxMessage.Way.SMS)
BY_PEOPLE = ("", "undone")


@dataclass(frozen=True)
class Beside:
    """`against`: what would refuse an approval now. `notes`: what would not. `left_out`: facts not known."""

    version: TemplateVersion | None
    offer: OfferVersion | None
    pieces: list[tuple[str, dict[str, Any] | None]]
    changes: list[tuple[str, str]]
    against: list[str]
    notes: list[str]
    left_out: list[str]
    used: int
    limits: limits.Limits
    length: sms_length.Length | None
    quiet_until: datetime | None
    replaces: Proposal | None


@dataclass(frozen=True)
class Stopped:
    """One approved message that did not leave, and the rule in words."""

    proposal: Proposal
    at: datetime
    sentence: str


def beside(*, proposal: Proposal, now: datetime) -> Beside:
    """Everything around one draft; what it says of the member is read from the mirror at this moment."""
    payload = proposal.payload
    version = (
        TemplateVersion.objects.select_related("template").filter(pk=payload["template_version"]).first()
    )
    offer = OfferVersion.objects.select_related("offer").filter(pk=payload.get("offer_version")).first()
    rule, is_sms = limits.current(), payload["channel"] == Channel.SMS
    sent = ContactEntry.objects.filter(
        imis_id=proposal.imis_id, state__in=OUT, sent_at__gt=now - rule.period, sent_at__lte=now
    )
    is_edited = payload["body"] != payload["made"]["body"]
    zone = ZoneInfo(settings.TIME_ZONE)
    return Beside(
        version=version,
        offer=offer,
        pieces=drafts.marked(payload),
        changes=drafts.changes(payload) if is_edited else [],
        against=outreach.still_true(proposal, now) if proposal.state in OPEN else [],
        notes=_notes(proposal, version, now),
        left_out=_left_out(payload, version),
        used=sent.count(),
        limits=rule,
        length=sms_length.measure(payload["body"]) if is_sms else None,
        quiet_until=limits.quiet_until(now, zone, rule) if is_sms else None,
        replaces=_replaced(proposal),
    )


def texts(pks: Collection[int]) -> dict[int, str]:
    """Names of versions of texts, as staff know them."""
    rows = TemplateVersion.objects.select_related("template").filter(pk__in=pks)
    return {row.pk: f"{row.template.name}, version {row.number}" for row in rows}


def stopped(*, area: str, viewer: User, since: datetime) -> list[Stopped]:
    """Messages of an area that were approved and then stopped, latest first, of members the viewer sees."""
    rows = OutboxMessage.objects.filter(
        proposal__kind=f"{area}.message", way__in=WAYS, state__in=STOPPED, not_before__gt=since
    ).exclude(problem__in=BY_PEOPLE)
    found = list(rows.select_related("proposal").order_by("-not_before", "-pk")[:500])
    seen = contact.visible(viewer, {row.imis_id for row in found})
    return [
        Stopped(row.proposal, localtime(row.claimed_at or row.not_before), row.problem_text)
        for row in found
        if row.imis_id in seen
    ]


OPEN = (Proposal.State.SUGGESTED, Proposal.State.LATER, Proposal.State.HALF)


def _notes(proposal: Proposal, version: TemplateVersion | None, now: datetime) -> list[str]:
    """Warnings of guardrails, then of the check of tone."""
    payload = proposal.payload
    proposal.facts = kinds.find(proposal.kind).facts(proposal)
    found = [objection.sentence for objection in guardrails.check(proposal_like=proposal, now=now)]
    said = f"{payload['subject']}\n{payload['body']}"
    return found + [note.sentence for note in tone.check(said, tone=version.tone if version else "warm")]


def _left_out(payload: dict[str, Any], version: TemplateVersion | None) -> list[str]:
    """Facts of the text that are not known of this member: their sentences were removed, not guessed."""
    if version is None:
        return []
    wanted = grammar.names(grammar.parse(version.subject)) | grammar.names(grammar.parse(version.body))
    known = {fact["name"] for fact in payload["facts"]}
    missing = [facts.SOURCES[name] for name in wanted - known if name in facts.SOURCES]
    return sorted(source.words[0].lower() + source.words[1:] for source in missing if not source.is_gift)


def _replaced(proposal: Proposal) -> Proposal | None:
    """The draft before it that came to nothing."""
    earlier = Proposal.objects.filter(kind=proposal.kind, imis_id=proposal.imis_id, pk__lt=proposal.pk)
    came_to_nothing = (Proposal.State.EXPIRED, Proposal.State.REJECTED, Proposal.State.UNDONE)
    return earlier.filter(state__in=came_to_nothing).order_by("-pk").first()
