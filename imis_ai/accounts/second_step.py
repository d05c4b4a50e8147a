"""The second step of signing in: who must have one, who has one, and what happens until it is there."""

from collections.abc import Callable
from functools import wraps

from allauth.account.internal.flows.login import get_authentication_records
from allauth.core.exceptions import ReauthenticationRequired
from allauth.mfa.models import Authenticator
from django.conf import settings
from django.http import HttpRequest, HttpResponse

from imis_ai.accounts import actions, sessions
from imis_ai.accounts.models import User

METHODS = (Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN)


def is_required(person: User) -> bool:
    """Wherever personal data is seen or something is approved: every role but executives without extras."""
    return settings.MFA_REQUIRED and (person.role != User.Role.EXECUTIVE or bool(person.extras))


def methods_of(person: User) -> list[Authenticator]:
    return list(Authenticator.objects.filter(user=person, type__in=METHODS).order_by("created_at"))


def has_one(person: User) -> bool:
    return Authenticator.objects.filter(user=person, type__in=METHODS).exists()


def by_person() -> dict[int, str]:
    """How each person takes the second step, in words, by id; for the page on people and rights."""
    words = {Authenticator.Type.TOTP: "App", Authenticator.Type.WEBAUTHN: "Passkey"}
    found: dict[int, set[str]] = {}
    for person, kind in Authenticator.objects.filter(type__in=METHODS).values_list("user_id", "type"):
        found.setdefault(person, set()).add(words[kind])
    return {person: " and ".join(sorted(kinds)) for person, kinds in found.items()}


def is_missing(request: HttpRequest) -> bool:
    """Whether this session must take or set up the second step before anything else."""
    if not request.user.is_authenticated or not is_required(request.user):
        return False
    if request.session.get("second_step"):
        return False
    taken = any(record.get("method") == "mfa" for record in get_authentication_records(request, request.user))
    request.session["second_step"] = taken
    return not taken


def require_confirmed(request: HttpRequest) -> None:
    """Raises what leads to the page that asks who one is, unless that was shown within 15 minutes."""
    if not sessions.is_confirmed(request):
        raise ReauthenticationRequired


def confirmed(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """For what is sensitive: whoever did not show who they are within 15 minutes does so first.

    What was sent is kept in the session and carried out afterwards.
    """

    @wraps(view)
    def guarded(request: HttpRequest, *args, **kwargs) -> HttpResponse:
        if request.method == "POST":
            require_confirmed(request)
        return view(request, *args, **kwargs)

    return guarded


def forget(*, person: User) -> None:
    """Take away every second step and end the person's sessions; who may is decided in governance.people."""
    Authenticator.objects.filter(user=person).delete()
    actions.end_sessions(person=person)
