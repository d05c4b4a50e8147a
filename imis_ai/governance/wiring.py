"""What governance adds to the frame, and how its parts know each other's values."""

from contextlib import suppress
from datetime import datetime, timedelta

from imis_ai.governance import guardrails, kinds, proposals
from imis_ai.governance.messages import limits, offers, pauses, shipped, tone
from imis_ai.governance.models import OutboxMessage, Proposal
from imis_ai.governance.outbox import checks, followers
from imis_ai.governance.privacy import own
from imis_ai.governance.refusals import Blocked, WhyNot
from imis_ai.ui import navigation


def connect() -> None:
    """Called once at start."""
    kinds.register(proposals.REVERSAL)
    navigation.add(
        navigation.Place(
            "Approvals",
            "approvals",
            "tick",
            "approvals.read",
            order=20,
            group="",
            key="a",
            prefix="/approvals/",
        )
    )
    navigation.add(
        navigation.Place(
            "Write-back queue",
            "outbox",
            "outbox",
            "outbox.read",
            order=70,
            group="Oversight",
            key="o",
            prefix="/outbox/",
        )
    )
    shipped.register()
    offers.register_facts()
    pauses.register_shipped()
    own.register()
    checks.register(name="guardrails", look=guardrail_now, then=checks.Then.PARK, problem="guardrail")
    followers.on_done(name="revoked", follow=suggest_reversal)
    tone.terms_from(guardrails.prohibited_terms)
    limits.from_source(contact_limits)


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


def guardrail_now(message: OutboxMessage, now: datetime) -> WhyNot | None:
    """What a guardrail, as it stands at this moment, holds against something that was approved before."""
    for found in guardrails.check(proposal_like=message.proposal, now=now):
        if found.is_block:
            return WhyNot(f"Not sent: {found.sentence}", rule=found.rule, owner=found.owner)
    return None


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
