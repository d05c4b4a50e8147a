"""Invitations: a link for seven days by which a person chooses a password. Nothing secret is stored."""

import secrets
from datetime import datetime, timedelta

from django.core import signing
from django.db import transaction

from imis_ai.accounts.models import Invitation, User

LASTS = timedelta(days=7)
SALT = "imis_ai.accounts.invitation"


@transaction.atomic
def invite(*, person: User, by: User | None, now: datetime) -> Invitation:
    """A new link; an earlier one stops working. The mail leaves by a job (`governance.tasks`)."""
    withdraw(person=person, now=now)
    return Invitation.objects.create(
        person=person, nonce=secrets.token_urlsafe(32), invited_by=by, at=now, expires_at=now + LASTS
    )


def withdraw(*, person: User, now: datetime) -> None:
    Invitation.objects.filter(person=person, accepted_at=None, withdrawn_at=None).update(withdrawn_at=now)


def token(invitation: Invitation) -> str:
    """What stands in the link; made from the row each time it is needed."""
    return signing.dumps([invitation.pk, invitation.nonce], salt=SALT)


def open_one(*, token: str, now: datetime) -> Invitation | None:
    """The invitation of a link, while it can be used."""
    try:
        number, nonce = signing.loads(token, salt=SALT)
    except (signing.BadSignature, ValueError):
        return None
    found = Invitation.objects.filter(
        pk=number,
        nonce=nonce,
        accepted_at=None,
        withdrawn_at=None,
        expires_at__gt=now,
        person__is_active=True,
    )
    return found.select_related("person").first()


@transaction.atomic
def accept(*, invitation: Invitation, password: str, now: datetime) -> bool:
    """Set the password, once: the link is used up. Every session of the person ends."""
    used = Invitation.objects.filter(pk=invitation.pk, accepted_at=None, withdrawn_at=None)
    if not used.update(accepted_at=now):
        return False
    person = invitation.person
    person.set_password(password)
    person.session_version += 1
    person.save(update_fields=["password", "session_version"])
    return True


def unsent() -> list[Invitation]:
    waiting = Invitation.objects.filter(sent_at=None, accepted_at=None, withdrawn_at=None)
    return list(waiting.filter(person__is_active=True).select_related("person", "invited_by"))
