"""Inviting somebody: a login without a password, rights by the usual rules, a link by e-mail."""

from datetime import datetime

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.mail import EmailMessage
from django.db import transaction
from django.template.loader import render_to_string
from django.urls import reverse

from imis_ai.accounts import invitations, second_step
from imis_ai.accounts.duties import Held
from imis_ai.accounts.models import Invitation, User
from imis_ai.governance import audit
from imis_ai.governance.people import changes
from imis_ai.governance.refusals import Blocked, NotAllowed, WhyNot
from imis_ai.jobs import actions as jobs

JOB = "people.invite"


@transaction.atomic
def invite(*, username: str, name: str, email: str, after: Held, by: User, now: datetime) -> User:
    """A new login. The link leaves at once, or once a second administrator has agreed to the rights.

    Raises NotAllowed, Blocked.
    """
    if not by.may("people.change"):
        raise NotAllowed(changes.STRANGER)
    first, _, last = name.strip().partition(" ")
    person = User(username=username, first_name=first, last_name=last, email=email, is_active=False)
    person.set_unusable_password()
    try:
        person.full_clean(exclude=["password"])
    except ValidationError as problem:
        raise Blocked(WhyNot(" ".join(problem.messages), rule="invitation")) from None
    person.save()
    invitations.invite(person=person, by=by, now=now)
    changes.ask_for_new(person=person, after=after, by=by, now=now)
    audit.record(
        action="person.invited",
        by=by,
        now=now,
        about=("person", username),
        detail={"after": after.as_json(), "email": email},
    )
    jobs.request(name=JOB, by=by, now=now)
    person.refresh_from_db()
    return person


@transaction.atomic
def invite_again(*, person: User, by: User, now: datetime) -> Invitation:
    """A new link: the first one ran out, or the password is forgotten. The second step stays as it is."""
    changes.refuse_stranger(person, by)
    if not person.email:
        raise Blocked(
            WhyNot(
                f"{person} has no e-mail address.", rule="invitation", next_step="Remove and invite again."
            )
        )
    sent = invitations.invite(person=person, by=by, now=now)
    audit.record(action="person.invited", by=by, now=now, about=("person", person.username))
    jobs.request(name=JOB, by=by, now=now)
    return sent


@transaction.atomic
def forget_second_step(*, person: User, by: User, now: datetime) -> None:
    """The phone and the codes are lost: the next sign-in sets up a new second step. Every session ends."""
    changes.refuse_stranger(person, by)
    second_step.forget(person=person)
    audit.record(action="person.second_step_forgotten", by=by, now=now, about=("person", person.username))


def send_all(*, now: datetime) -> int:
    """Send what was not sent yet; a link whose mail fails stays unsent and is tried again by the next run."""
    sent = 0
    for invitation in invitations.unsent():
        _message(invitation).send()
        sent += Invitation.objects.filter(pk=invitation.pk, sent_at=None).update(sent_at=now)
    return sent


def link(invitation: Invitation) -> str:
    return settings.SITE_URL.rstrip("/") + reverse("invitation", args=[invitations.token(invitation)])


def _message(invitation: Invitation) -> EmailMessage:
    context = {"invitation": invitation, "link": link(invitation), "association": settings.ASSOCIATION}
    body = render_to_string("governance/people/invitation.txt", context)
    return EmailMessage(
        f"Your access to imis_ai at {settings.ASSOCIATION}", body, to=[invitation.person.email]
    )
