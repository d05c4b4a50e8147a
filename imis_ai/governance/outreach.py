"""Messages as proposals: one kind per area, from approved texts, decided one by one, sent by the outbox."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal
from functools import partial
from typing import Any

from django.db import transaction

from imis_ai.accounts.models import User
from imis_ai.governance import kinds, proposals
from imis_ai.governance.experiments import enter, words
from imis_ai.governance.kinds import Automatic, Friction, Kind
from imis_ai.governance.messages import contact, drafts, ledger, offers, sms_length
from imis_ai.governance.messages.drafts import Draft
from imis_ai.governance.models import Channel, Generation, OfferVersion, Proposal, TemplateVersion
from imis_ai.governance.outbox import Message
from imis_ai.governance.refusals import Blocked, WhyNot
from imis_ai.mirror import contact as mirror

SENDABLE = (Channel.EMAIL, Channel.SMS)


@dataclass
class Made:
    """Proposals by member, and why there is none for the others."""

    proposals: dict[str, Proposal]
    left_out: dict[str, WhyNot]


@dataclass(frozen=True)
class About:
    """What differs from member to member: why this channel, and what the draft was made from."""

    channel_reason: str = ""
    made_from: dict[str, Any] = field(default_factory=dict)


def message_kind(
    *,
    area: str,
    label: str,
    reads: str,
    decides: str,
    is_service: bool = False,
    automatic: Automatic | None = None,
    queue: str = "",
) -> Kind:
    """The kind for single messages of one area; a domain registers it from its wiring.

    `is_service`: invoices and answers to members, which a control group gets too. `automatic`: how many a day
    the policy of the third phase may approve, and to whom, such as low risk. `queue`: the area's own list.
    """
    return Kind(
        name=f"{area}.message",
        area=area,
        label=label,
        reads=reads,
        decides=decides,
        friction=Friction.SINGLE,
        messages=_messages,
        effect=lambda proposal: "1 message",
        consequence=_consequence,
        template="governance/kinds/_message.html",
        context=_context,
        still_true=still_true,
        facts=_facts,
        clean=drafts.revise,
        is_outreach=True,
        is_service=is_service,
        may_word_own=True,
        queue=queue,
        automatic=automatic and replace(automatic, why_not=partial(_why_not_automatic, automatic.why_not)),
    )


@transaction.atomic
def propose(
    *,
    imis_ids: Collection[str],
    area: str,
    channel: str,
    versions: Sequence[TemplateVersion],
    now: datetime,
    by: User | None = None,
    offer: OfferVersion | None = None,
    reason: str = "",
    is_automatic: bool = False,
    scope: dict[str, Any] | None = None,
    made_from: dict[str, Any] | None = None,
    about: Mapping[str, About] | None = None,
    sender: str = "",
) -> Made:
    """Draft a message for each member who may be contacted, and put it before the people who decide.

    `reason` says why this channel, `about` what differs by member, `sender` in whose name it is written (see
    `messages.mail`). Who is left out is named with the rule. Each draft counts as planned, so that no other
    area plans a message on top of it. Lots are drawn before the first draft, and an arm's own texts and offer
    take the place of those given.
    """
    if channel not in SENDABLE:
        raise Blocked(
            WhyNot(f"{channel} is not sent from here.", rule="channels", next_step="Use e-mail or SMS.")
        )
    left_out = _refused(imis_ids, area, channel, is_automatic=is_automatic, now=now)
    open_ones = [imis_id for imis_id in imis_ids if imis_id not in left_out]
    if not kinds.is_service(f"{area}.message") and enter.before_outreach(
        imis_ids=open_ones, area=area, now=now
    ):
        left_out |= _refused(open_ones, area, channel, is_automatic=is_automatic, now=now)
        open_ones = [imis_id for imis_id in open_ones if imis_id not in left_out]
    made, tried = words.drafted(
        imis_ids=open_ones, area=area, channel=channel, versions=versions, offer=offer, now=now
    )
    people, found = mirror.people(open_ones), {}
    for imis_id in open_ones:
        if imis_id not in made:
            left_out[imis_id] = NO_TEXT
            continue
        own = (about or {}).get(imis_id, About())
        extra = {"is_automatic": is_automatic, "channel_reason": own.channel_reason or reason}
        extra |= {"sender": sender} if sender else {}
        known = (made_from or {}) | own.made_from | tried.get(imis_id, {})
        draft = _proposal(made[imis_id], extra, people[imis_id].chapter, scope or {}, known)
        try:
            found[imis_id] = _put(draft, by, now)
        except Blocked as blocked:
            left_out[imis_id] = blocked.why
    return Made(found, left_out)


def _refused(
    imis_ids: Collection[str], area: str, channel: str, *, is_automatic: bool, now: datetime
) -> dict[str, WhyNot]:
    found = contact.refusals(
        imis_ids=imis_ids,
        channel=channel,
        area=area,
        now=now,
        is_automatic=is_automatic,
        is_service=kinds.is_service(f"{area}.message"),
    )
    return {imis_id: held.why for imis_id, held in found.items() if not held.waits}


NO_TEXT = WhyNot(
    "No approved text fits what is known of this member.",
    rule="templates",
    next_step="Add a text that needs fewer facts.",
)


def still_true(proposal: Proposal, now: datetime) -> list[str]:
    """What changed since it was drafted; asked when somebody opens or approves it."""
    payload, imis_id = proposal.payload, mirror.retained(proposal.imis_id)
    found = drafts.problems_of(payload)
    held = contact.refusals(
        imis_ids=[imis_id],
        channel=payload["channel"],
        area=payload["area"],
        now=now,
        is_automatic=bool(payload.get("is_automatic")),
        counts_planned=False,
        is_service=kinds.is_service(proposal.kind),
    ).get(imis_id)
    if held and not held.waits:
        found.append(str(held.why))
    return found + drafts.stale_facts(payload, imis_id=imis_id, now=now)


def _proposal(
    draft: Draft, extra: dict[str, Any], chapter: str, scope: dict[str, Any], made_from: dict[str, Any]
) -> proposals.Draft:
    label = Channel(draft.version.template.channel).label
    return proposals.Draft(
        kind=f"{draft.area}.message",
        title=f"{label}: {draft.version.template.name}",
        payload=draft.payload() | extra,
        members=1,
        amount=_price_of(draft),
        imis_id=draft.imis_id,
        chapter=chapter,
        scope=scope,
        made_from=made_from | {"template": str(draft.version)},
    )


def _price_of(draft: Draft) -> Decimal | None:
    """What the offer costs, where it takes off the dues or its version asks for a second person."""
    offer = draft.offer
    if offer is None or not (offer.price_effect or offers.needs_second(version=offer, amount=offer.cost)):
        return None
    return offer.cost


def _put(draft: proposals.Draft, by: User | None, now: datetime) -> Proposal:
    proposal = proposals.propose(draft=draft, by=by, now=now)
    payload = draft.payload
    ledger.plan(
        imis_id=draft.imis_id,
        channel=payload["channel"],
        area=payload["area"],
        now=now,
        proposal=proposal,
        version_id=payload["template_version"],
        reason=payload["channel_reason"],
        is_automatic=payload["is_automatic"],
    )
    Generation.objects.filter(imis_id=draft.imis_id, made_at=now, proposal=None).update(proposal=proposal)
    return proposal


def _messages(payload: dict[str, Any]) -> list[Message]:
    return [Message(payload["channel"], payload["channel"], payload["imis_id"], payload)]


def _why_not_automatic(own: Callable[[Proposal, datetime], str], proposal: Proposal, now: datetime) -> str:
    """Only what was drafted as automatic, so that it says so, in the approved text as it was filled in."""
    payload = proposal.payload
    if not payload.get("is_automatic"):
        return "It was not drafted as an automatic message, so it does not say that it is one."
    if (payload["subject"], payload["body"]) != (payload["made"]["subject"], payload["made"]["body"]):
        return "Its text differs from the approved template."
    return own(proposal, now)


def _consequence(proposal: Proposal) -> str:
    label = Channel(proposal.payload["channel"]).label
    minutes = int(kinds.hold(proposal).total_seconds() // 60)
    return f"One {label} leaves in {minutes} minutes, unless you undo it or something changes before."


def _facts(proposal: Proposal) -> dict[str, Any]:
    """What guardrails look at."""
    payload = proposal.payload
    template = TemplateVersion.objects.filter(pk=payload["template_version"]).values_list(
        "template__name", flat=True
    )
    found = {
        "channel": payload["channel"],
        "template": template.first() or "",
        "automatic": bool(payload.get("is_automatic")),
        "texts": (payload["subject"], payload["body"]),
    }
    if offer := OfferVersion.objects.filter(pk=payload.get("offer_version")).first():
        found |= {"discount": offer.price_effect, "incentive": offer.cost}
    return found


def _context(proposal: Proposal, viewer: Any) -> dict[str, Any]:
    """For the partial that shows the draft: facts marked, the difference, the length."""
    payload = proposal.payload
    names = mirror.visible(viewer, [proposal.imis_id])
    return {
        "member_name": names.get(proposal.imis_id, ""),
        "pieces": drafts.marked(payload),
        "changes": drafts.changes(payload) if payload["body"] != payload["made"]["body"] else [],
        "length": sms_length.measure(payload["body"]),
        "channel": Channel(payload["channel"]).label,
        "is_sms": payload["channel"] == Channel.SMS,
        "version": TemplateVersion.objects.select_related("template")
        .filter(pk=payload["template_version"])
        .first(),
    }
