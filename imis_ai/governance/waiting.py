"""What waits for one person, queue by queue: counted beside the places of the frame and told on Today."""

from collections.abc import Iterator
from datetime import datetime

from django.db.models import QuerySet

from imis_ai.accounts.models import RightsChange, User
from imis_ai.governance import corrections, proposals
from imis_ai.governance.messages import answers
from imis_ai.governance.models import (
    Correction,
    GuardrailVersion,
    OfferVersion,
    OutboxMessage,
    Proposal,
    ReviewItem,
    RolloutChange,
    StaffItem,
    TemplateVersion,
)
from imis_ai.governance.outbox.people import refused
from imis_ai.governance.reviewing import read as reviewing
from imis_ai.governance.reviewing.queues import QUEUES
from imis_ai.governance.rollout.areas import AREAS


def decisions(viewer: User, now: datetime) -> QuerySet[Proposal] | None:
    return proposals.waiting_for(viewer=viewer, now=now) if viewer.may("approvals.read") else None


def members(viewer: User, now: datetime) -> QuerySet[StaffItem] | None:
    """Who asked for a person."""
    return answers.waiting_rows(viewer) if viewer.may("messages.answers") else None


def unsure(viewer: User, now: datetime) -> QuerySet[ReviewItem] | None:
    """What a model is not sure of, in the queues of this person."""
    own = [queue.name for queue in QUEUES.values() if viewer.may(queue.right)]
    return reviewing.opened(queues=own, viewer=viewer) if own else None


def corrected(viewer: User, now: datetime) -> QuerySet[Correction] | None:
    """What teaches nothing before a second person agrees."""
    return corrections.to_agree(viewer=viewer) if viewer.may("members.correct") else None


def stopped(viewer: User, now: datetime) -> QuerySet[OutboxMessage] | None:
    """For those who can send it again or drop it."""
    return refused() if viewer.may("outbox.act") else None


def phases(viewer: User, now: datetime) -> QuerySet[RolloutChange] | None:
    if not viewer.may("rollout.agree"):
        return None
    areas = [area.name for area in AREAS.values() if viewer.role in area.owners]
    asked = RolloutChange.objects.filter(state=RolloutChange.State.WAITING, area__in=areas)
    return asked.exclude(asked_by=viewer)


def rights(viewer: User, now: datetime) -> QuerySet[RightsChange] | None:
    """For a second administrator."""
    if not viewer.may("people.change"):
        return None
    changes = RightsChange.objects.filter(state=RightsChange.State.WAITING, needs_second=True)
    return changes.exclude(asked_by=viewer).exclude(person=viewer)


def guardrails(viewer: User) -> QuerySet[GuardrailVersion] | None:
    if not viewer.may("guardrails.agree"):
        return None
    coming = GuardrailVersion.objects.filter(state="waiting").exclude(proposed_by=viewer)
    return coming.exclude(pk__in=coming.filter(signatures__by=viewer).values("pk"))


def texts(viewer: User) -> dict[str, QuerySet]:
    """Templates and offers that somebody else wrote."""
    if not viewer.may("messages.approve"):
        return {}
    kinds = (("template", TemplateVersion), ("offer", OfferVersion))
    return {what: of.objects.filter(state="waiting").exclude(written_by=viewer) for what, of in kinds}


def rules_and_texts(viewer: User, now: datetime) -> QuerySet | None:
    """All that waits behind the place for rules and texts."""
    parts = list(_rules_and_texts(viewer))
    return parts[0].union(*parts[1:], all=True) if parts[1:] else (parts[0] if parts else None)


def _rules_and_texts(viewer: User) -> Iterator[QuerySet]:
    rules = guardrails(viewer)
    if rules is not None:
        yield rules.values("pk")
    for each in texts(viewer).values():
        yield each.values("pk")
