"""People of each role for tests."""

import hashlib
from datetime import datetime

import factory
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from cryptography.hazmat.primitives.asymmetric import ec
from factory.django import DjangoModelFactory
from fido2.cose import ES256
from fido2.utils import websafe_encode
from fido2.webauthn import AttestationObject, AttestedCredentialData, AuthenticatorData, CollectedClientData
from guardian.shortcuts import assign_perm

from imis_ai.accounts.models import AccessReview, AccessReviewLine, RightsChange, User

PLANTED = 900_001
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
    """An app, a passkey with a known number whose key nobody has, and recovery codes."""
    TOTP.activate(person, generate_totp_secret())
    data = {"name": "Key", "credential": _credential()}
    Authenticator.objects.create(pk=PLANTED, user=person, type=Authenticator.Type.WEBAUTHN, data=data)
    RecoveryCodes.activate(person)


def _credential() -> dict:
    """What a browser sends for a new passkey."""
    key = ES256.from_cryptography_key(ec.generate_private_key(ec.SECP256R1()).public_key())
    known = AttestedCredentialData.create(bytes(16), b"planted key", key)
    flags = AuthenticatorData.FLAG.UP | AuthenticatorData.FLAG.AT
    seal = AuthenticatorData.create(hashlib.sha256(b"testserver").digest(), flags, 0, known)
    client = CollectedClientData.create("webauthn.create", b"challenge", "https://testserver")
    response = {
        "clientDataJSON": websafe_encode(client),
        "attestationObject": websafe_encode(AttestationObject.create("none", seal, {})),
    }
    name = websafe_encode(b"planted key")
    return {"id": name, "rawId": name, "type": "public-key", "response": response}


def people_page(now: datetime) -> User:
    """Somebody with a waiting change of rights and a line in an access review, under known numbers."""
    person = UserFactory(pk=PLANTED, username="planted", role=User.Role.MEMBERSHIP)
    asked_by = UserFactory(username="asker", role=User.Role.EXECUTIVE)
    held = {"role": "membership", "chapters": [], "approval_limit": "0", "extras": []}
    RightsChange.objects.create(
        pk=PLANTED, person=person, before=held, after=held | {"role": "finance"}, needs_second=True,
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
    AccessReviewLine.objects.create(pk=PLANTED, review=review, person=person, held=held | words)
    return person
