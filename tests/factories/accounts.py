"""People of each role for tests."""

from datetime import datetime

import factory
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from factory.django import DjangoModelFactory
from guardian.shortcuts import assign_perm

from imis_ai.accounts.models import AccessReview, AccessReviewLine, RightsChange, User

PASSWORD = "correct horse battery staple"


class UserFactory(DjangoModelFactory):
    class Meta:
        model = User
        skip_postgeneration_save = True

    username = factory.Sequence(lambda n: f"user{n}")
    first_name = "Priya"
    last_name = factory.Sequence(lambda n: f"Nair{n}")
    role = User.Role.MEMBERSHIP
    password = factory.django.Password(PASSWORD)


def chapter_manager(*chapters, **fields) -> User:
    """A chapter manager of these chapters."""
    user = UserFactory(role=User.Role.CHAPTER, **fields)
    for chapter in chapters:
        for right in ("view_chapter_members", "draft_chapter_work", "approve_chapter_work"):
            assign_perm(f"mirror.{right}", user, chapter)
    return user


def second_step(person: User) -> None:
    """An app, a passkey with the number 1 and recovery codes; the passkey cannot really answer."""
    TOTP.activate(person, generate_totp_secret())
    credential = {"id": "", "rawId": "", "response": {}, "type": "public-key"}
    data = {"name": "Key", "credential": credential}
    Authenticator.objects.create(pk=1, user=person, type=Authenticator.Type.WEBAUTHN, data=data)
    RecoveryCodes.activate(person)


def people_page(now: datetime) -> User:
    """Somebody with a waiting change of rights and a line in an access review, under known numbers."""
    person = UserFactory(pk=900_001, username="planted", role=User.Role.MEMBERSHIP)
    asked_by = UserFactory(username="asker", role=User.Role.ADMIN)
    held = {"role": "membership", "chapters": [], "approval_limit": "0", "extras": []}
    RightsChange.objects.create(
        pk=1, person=person, before=held, after=held | {"role": "finance"}, needs_second=True,
        asked_by=asked_by, asked_at=now,
    )  # fmt: skip
    review = AccessReview.objects.create(quarter="2020-Q1", started_at=now, started_by=asked_by)
    words = {
        "name": "Planted",
        "words": "Membership manager",
        "last_seen": "",
        "last_seen_words": "",
        "is_dormant": False,
    }
    AccessReviewLine.objects.create(pk=1, review=review, person=person, held=held | words)
    return person
