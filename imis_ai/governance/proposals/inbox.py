"""Which proposals a person sees, and which wait for them."""

from datetime import datetime

from django.db.models import F, Q, QuerySet

from imis_ai.accounts.models import User
from imis_ai.governance import kinds
from imis_ai.governance.models import Decision, Proposal
from imis_ai.governance.proposals.states import OPEN, State
from imis_ai.mirror import access

TABS = {"mine": "For me", "asked": "I asked", "done": "Done"}


def visible(*, viewer: User) -> QuerySet[Proposal]:
    """Proposals of kinds the viewer may read; a chapter manager's own members and chapters only."""
    names = [kind.name for kind in kinds.KINDS.values() if viewer.may(kind.reads)]
    found = Proposal.objects.filter(kind__in=names)
    if viewer.role != User.Role.CHAPTER:
        return found
    chapters = access.chapters_for(viewer).values("code")
    return found.filter(Q(chapter__in=chapters) | Q(imis_id__in=access.numbers(viewer)))


def of_kind(*, kind: str) -> QuerySet[Proposal]:
    """All proposals of one kind, newest first, for the app that carries them out."""
    return Proposal.objects.filter(kind=kind).order_by("-pk")


def waiting_for(*, viewer: User, now: datetime) -> QuerySet[Proposal]:
    """What this person can decide now: the right kind, not their own work, not approved by them already."""
    names = [kind.name for kind in kinds.KINDS.values() if viewer.may(kind.decides)]
    approved = Decision.objects.filter(
        by=viewer, what=Decision.What.APPROVE, version=F("proposal__version"), proposal__state=State.HALF
    )
    due = Q(state__in=(State.SUGGESTED, State.HALF)) | Q(state=State.LATER, later_until__lte=now)
    found = visible(viewer=viewer).filter(due, kind__in=names).exclude(pk__in=approved.values("proposal"))
    return found.exclude(proposed_by=viewer).filter(Q(expires_at=None) | Q(expires_at__gt=now))


def asked_by(*, viewer: User) -> QuerySet[Proposal]:
    return visible(viewer=viewer).filter(Q(proposed_by=viewer) | Q(edited_by=viewer))


def decided(*, viewer: User) -> QuerySet[Proposal]:
    return visible(viewer=viewer).exclude(state__in=OPEN)


def for_person(*, viewer: User, tab: str, now: datetime) -> QuerySet[Proposal]:
    """The list of one tab, most urgent or newest first."""
    if tab == "asked":
        return asked_by(viewer=viewer).order_by("-created_at", "-pk")
    if tab == "done":
        return decided(viewer=viewer).order_by("-decided_at", "-pk")
    return waiting_for(viewer=viewer, now=now).order_by(
        F("due_at").asc(nulls_last=True), F("amount").desc(nulls_last=True), "created_at", "pk"
    )


def listed(*, viewer: User, tab: str, now: datetime, area: str = "", kind: str = "") -> QuerySet[Proposal]:
    found = for_person(viewer=viewer, tab=tab, now=now).select_related("proposed_by", "assigned_to")
    found = found.filter(kind=kind) if kind else found
    return found.filter(area=area) if area else found
