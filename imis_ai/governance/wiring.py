"""What governance adds to the frame, and how its parts know each other's values."""

from contextlib import suppress
from copy import copy
from datetime import datetime, timedelta
from functools import partial

from django.utils import timezone

from imis_ai.governance import (
    guardrails,
    kinds,
    member_columns,
    member_told,
    notices,
    owners,
    proposals,
    rollout,
    today,
    waiting,
)
from imis_ai.governance.connection import promotion, signing
from imis_ai.governance.experiments import start, widen
from imis_ai.governance.messages import contact, limits, offers, pauses, senders, shipped, tone
from imis_ai.governance.models import OutboxMessage, Proposal
from imis_ai.governance.notices import sources
from imis_ai.governance.outbox import Then, checks, followers
from imis_ai.governance.outbox.senders import register
from imis_ai.governance.privacy import kept, own, periods, request, said
from imis_ai.governance.refusals import Blocked, WhyNot
from imis_ai.governance.reviewing import proof
from imis_ai.governance.rollout.frame import current_phase
from imis_ai.mirror import member_page, permission
from imis_ai.mirror.members import Extra, Narrowing, add_columns, add_filter
from imis_ai.mirror.tasks import Look
from imis_ai.ui import navigation
from imis_ai.ui import today as first_page
from imis_ai.ui.tables import Column

Place = navigation.Place
PLACES = (
    Place("Approvals", "approvals", "tick", "approvals.read", 20, "", "a", "/approvals/"),
    Place("Waiting for a person", "answers", "person", "messages.answers", 45, prefix="/answers/"),
    Place("Review queue", "review_queues", "help", "review.judge", 46, prefix="/review/"),
    Place("Corrections", "corrections", "pencil", "corrections.read", 47, prefix="/corrections/"),
    Place("Experiments", "experiments", "split", "experiments.read", 58, prefix="/experiments/"),
    Place("Write-back queue", "outbox", "outbox", "outbox.read", 70, "Oversight", "o", "/outbox/"),
    Place("Audit log", "audit_log", "shield", "audit.own", 85, "Oversight", "l", "/audit/"),
    Place("Rollout", "rollout", "up", "rollout.read", 90, "Settings", prefix="/settings/rollout/"),
    Place(
        "Connection",
        "connection",
        "plug",
        "connection.read",
        91,
        "Settings",
        prefix=("/settings/connection/", "/welcome/", "/outbox/names/"),
    ),
    Place("People and rights", "people", "people", "people.read", 92, "Settings", prefix="/settings/people/"),
    Place("Guardrails and texts", "admin:index", "lock", "admin.open", 95, "Settings", prefix="/admin/"),
)
WAITING = {
    "approvals": waiting.decisions,
    "review_queues": waiting.unsure,
    "corrections": waiting.corrected,
    "answers": waiting.members,
    "outbox": waiting.stopped,
    "rollout": waiting.phases,
    "people": waiting.rights,
    "admin:index": waiting.rules_and_texts,
}
COLUMNS = Extra(
    "governance",
    (Column("Last contact", "contact", "c-last", falls=True), Column("Open", "", "c-open num")),
    "governance/_columns.html",
    "approvals.read",
    member_columns.cells,
    {"contact": member_columns.by_last_contact},
    ("last_contact", "open_items"),
    member_columns.line,
    place=90,
)


OWNER = Narrowing(
    "owner",
    "Owner",
    "Looked after by",
    owners.choices,
    lambda values, viewer, today: owners.where(
        values, viewer=viewer, number="imis_id", member="pk", today=today
    ),
)


def connect() -> None:
    """Called once at start."""
    for place in PLACES:
        navigation.add(place)
    for url_name, source in WAITING.items():
        navigation.waits(url_name, source)
    navigation.phase_from(current_phase)
    first_page.add("governance", today.part)
    add_columns(COLUMNS)
    add_filter(OWNER)
    notices.register(owners.given_lately)
    member_page.add("governance", member_told.told)
    for source in sources.OWN:
        notices.register(source)
    kinds.register(proposals.REVERSAL)
    kinds.register(request.KIND)
    kinds.register(promotion.KIND)
    permission.signed_from(signing.is_signed)
    kinds.register(start.KIND)
    kinds.register(widen.KIND)
    own.register()
    kept.register()
    said.register()
    proof.register()
    periods.register_period(
        "governance.notices",
        what="Notifications, and that a daily e-mail was sent",
        days=180,
        then="removed",
        purge=lambda before, now: notices.forget_before(moment=before),
    )
    _connect_messages()
    _connect_outbox()


def _connect_messages() -> None:
    shipped.register()
    offers.register_facts()
    pauses.register_shipped()
    tone.terms_from(guardrails.prohibited_terms)
    limits.from_source(contact_limits)


def _connect_outbox() -> None:
    """What is asked before something leaves, who carries it, and what follows when it has arrived."""
    checks.gate(name="rollout", look=_phase)
    checks.gate(name="promotion", look=promotion.gate)
    checks.register(name="control group", look=control_group, then=Then.STOP, problem="control group")
    checks.register(name="guardrails", look=guardrail_now, then=Then.PARK, problem="guardrail")
    for way in senders.WAYS:
        register(way=way, make=partial(senders.opened, timezone.now, Look))
    followers.on_done(name="revoked", follow=suggest_reversal)
    followers.on_done(name="messages.log", follow=senders.log_on_record)


def control_group(message: OutboxMessage, now: datetime) -> WhyNot | None:
    """Whoever drew up the list, by whatever road: a member who is left alone gets no message and no call."""
    kind = kinds.KINDS.get(message.proposal.kind)
    reaches = message.way in senders.WAYS or message.target == "task"
    if not message.imis_id or not reaches or kind is None or kind.is_service or not kind.is_outreach:
        return None
    held = contact.left_alone(imis_id=message.imis_id, area=message.proposal.area, now=now)
    return held and WhyNot(f"Not sent: {held.sentence}", held.rule)


def _phase(message: OutboxMessage, now: datetime) -> WhyNot | None:
    """The phase and the pilot as they are when it leaves, and the stop for everything."""
    proposal = _about_its_member(message)
    is_automatic = proposals.is_by_policy(proposal=message.proposal)
    action = "automatic" if is_automatic else rollout.action_of(ways=[message.way], amount=proposal.amount)
    return rollout.may_proposal(proposal=proposal, action=action, now=now)


def guardrail_now(message: OutboxMessage, now: datetime) -> WhyNot | None:
    """The guardrails live now, whatever they said when it was approved."""
    is_automatic = proposals.is_by_policy(proposal=message.proposal)
    for objection in guardrails.check(
        proposal_like=_about_its_member(message), now=now, is_automatic=is_automatic
    ):
        if objection.is_block:
            return WhyNot(
                f"Not sent: {objection.sentence}",
                objection.rule,
                objection.owner,
                f"Ask {objection.owner}, or drop it.",
            )
    return None


def _about_its_member(message: OutboxMessage) -> Proposal:
    """The proposal as far as it concerns this message: of many members, the one it is about."""
    proposal = copy(message.proposal)
    proposal.imis_id = message.imis_id or proposal.imis_id
    return proposal


def contact_limits() -> limits.Limits:
    """The live guardrails on contacts; what none of them says keeps its default."""
    live = guardrails.contact_limits()
    said = {
        "most": live.most,
        "period": live.days and timedelta(days=live.days),
        "most_per_area": live.most_per_area,
        "area_period": live.area_days and timedelta(days=live.area_days),
        "people_only_share": live.people_only_percent and live.people_only_percent / 100,
        "owner": live.owner or None,
    }
    return limits.Limits(**{name: value for name, value in said.items() if value is not None})


def suggest_reversal(message: OutboxMessage, now: datetime) -> None:
    """An undo came while it was on its way: once all of it has arrived, its reversal is suggested."""
    if message.revoke_requested_at is None:
        return
    proposal = Proposal.objects.get(pk=message.proposal_id)
    still_flying = proposal.messages.filter(
        state__in=["sending", "unknown"], revoke_requested_at__isnull=False
    )
    if not still_flying.exists():
        with suppress(Blocked):  # a message that went out cannot be taken back
            proposals.reverse(proposal=proposal, by=None, now=now)
