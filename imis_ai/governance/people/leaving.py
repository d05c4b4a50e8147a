"""Somebody leaves: who takes over what is open, and the end of their access."""

from datetime import datetime

from django.db import transaction
from django.db.models import Q

from imis_ai.accounts import actions, invitations
from imis_ai.accounts.models import RightsChange, User
from imis_ai.governance import audit
from imis_ai.governance.models import Decision, Delegation, Proposal
from imis_ai.governance.people import changes
from imis_ai.governance.refusals import Blocked, WhyNot

OPEN = (Proposal.State.SUGGESTED, Proposal.State.LATER, Proposal.State.HALF)


def open_items(*, person: User) -> int:
    """Proposals that wait for this person by name."""
    return Proposal.objects.filter(assigned_to=person, state__in=OPEN).count()


def successors(*, person: User) -> list[User]:
    """Who could take over: everybody else who is active and decides on something."""
    others = User.objects.filter(is_active=True, is_auditor=False).exclude(pk=person.pk)
    return list(others.exclude(role="executive").order_by("first_name", "last_name", "username"))


@transaction.atomic
def remove(*, person: User, successor: User | None, by: User, now: datetime) -> int:
    """End the access at once and hand over what is open; returns how many items went over.

    What the person did stays under their name. Raises NotAllowed, Blocked without a successor for open items.
    """
    changes.refuse_stranger(person, by)
    waiting = open_items(person=person)
    if waiting and successor not in successors(person=person):
        raise Blocked(
            WhyNot(
                f"{waiting} open items wait for {person}.",
                rule="leaving",
                next_step="Choose who takes them over.",
            )
        )
    _hand_over(person, successor, by=by, now=now)
    actions.disable(person=person)
    invitations.withdraw(person=person, now=now)
    RightsChange.objects.filter(person=person, state=RightsChange.State.WAITING).update(
        state=RightsChange.State.WITHDRAWN, decided_by=by, decided_at=now
    )
    Delegation.objects.filter(Q(person=person) | Q(stand_in=person), to_on__gte=now.date()).delete()
    audit.record(
        action="person.removed",
        by=by,
        now=now,
        about=("person", person.username),
        detail={"items": waiting, "successor": str(successor) if successor else ""},
    )
    return waiting


def _hand_over(person: User, successor: User | None, *, by: User, now: datetime) -> None:
    items = Proposal.objects.select_for_update().filter(assigned_to=person, state__in=OPEN)
    notes = [
        Decision(
            proposal=item,
            what=Decision.What.ASSIGN,
            by=by,
            role=by.role,
            at=now,
            version=item.version,
            digest=item.digest,
            note=f"{person} has left; {successor} takes over.",
        )
        for item in items
    ]
    Decision.objects.bulk_create(notes)
    items.update(assigned_to=successor)
