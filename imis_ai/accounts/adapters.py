"""Where allauth asks us: nobody signs up, secrets are stored sealed, and only people we know come in."""

import base64
import hashlib
from collections.abc import Iterable
from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.core.exceptions import ImmediateHttpResponse
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from cryptography.fernet import Fernet, MultiFernet
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse

from imis_ai.accounts import second_step, sessions
from imis_ai.accounts.models import User

BACKEND = "django.contrib.auth.backends.ModelBackend"


class AccountAdapter(DefaultAccountAdapter):
    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def login(self, request: HttpRequest, user: User) -> None:
        if not user.is_active:  # disabled between the password and the second step
            raise ImmediateHttpResponse(redirect("login"))
        user.backend = BACKEND
        super().login(request, user)

    def respond_user_inactive(self, request: HttpRequest, user: User) -> HttpResponse:
        return redirect("login")

    def add_message(self, *args: Any, **kwargs: Any) -> None:
        """Pages say it in our words."""

    def is_reauthentication_required(self, *, app: str, **kwargs: Any) -> bool:
        return not sessions.is_confirmed(self.request)

    def get_reauthentication_methods(self, user: User) -> list[dict]:
        return [{"id": "confirm", "description": "Confirm", "url": reverse("account_reauthenticate")}]


class SecondStepAdapter(DefaultMFAAdapter):
    error_messages = DefaultMFAAdapter.error_messages | {
        "incorrect_code": "This code is not right, or was used already. Wait for the next one and enter it.",
        "cannot_delete_authenticator": "Your role needs a second step. Add another one first.",
    }

    def encrypt(self, text: str) -> str:
        return _seal().encrypt(text.encode()).decode()

    def decrypt(self, encrypted_text: str) -> str:
        return _seal().decrypt(encrypted_text.encode()).decode()

    def get_totp_issuer(self) -> str:
        return f"imis_ai {settings.ASSOCIATION}"

    def get_totp_label(self, user: User) -> str:
        return user.username

    def can_delete_authenticator(self, authenticator: Any) -> bool:
        person = authenticator.user
        return not second_step.is_required(person) or len(second_step.methods_of(person)) > 1


class ElsewhereAdapter(DefaultSocialAccountAdapter):
    """Signing in at the association's own identity provider."""

    def is_open_for_signup(self, request: HttpRequest, sociallogin: Any) -> bool:
        return False

    def pre_social_login(self, request: HttpRequest, sociallogin: Any) -> None:
        """Let in whom we know already, by an address that the provider says it has verified."""
        if sociallogin.is_existing:
            known = sociallogin.user if sociallogin.user.is_active else None
        else:
            told = sociallogin.email_addresses
            known = _known(address.email for address in told if address.verified is True)
        if known is None:
            raise ImmediateHttpResponse(_unknown(request, 403))
        if not sociallogin.is_existing:
            sociallogin.connect(request, known)

    def on_authentication_error(self, request: HttpRequest, *args: Any, **kwargs: Any) -> None:
        raise ImmediateHttpResponse(_unknown(request, 502))


def _known(addresses: Iterable[str]) -> User | None:
    for address in addresses:
        if person := User.objects.filter(email__iexact=address, is_active=True).first():
            return person
    return None


def _unknown(request: HttpRequest, status: int) -> HttpResponse:
    return render(request, "accounts/elsewhere.html", {"unknown": status == 403}, status=status)


def _seal() -> MultiFernet:
    keys = [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]
    digests = [hashlib.sha256(b"imis_ai second step " + key.encode()).digest() for key in keys]
    return MultiFernet([Fernet(base64.urlsafe_b64encode(digest)) for digest in digests])
