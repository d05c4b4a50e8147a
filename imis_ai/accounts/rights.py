"""Who may do what: one table, read by views, navigation, the API and the tests."""

import time
from collections.abc import Callable
from functools import wraps
from typing import NamedTuple

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse

ROLE_WORDS = {
    "membership": "Membership managers",
    "finance": "Finance reviewers",
    "admin": "Administrators",
    "chapter": "Chapter managers",
    "executive": "Executives",
}
EVERYBODY = tuple(ROLE_WORDS)


class Right(NamedTuple):
    does: str
    roles: tuple[str, ...]


RIGHTS = {
    "retention.totals": Right("see how many members are at risk", EVERYBODY),
    "retention.members": Right("see members at risk by name", ("membership", "finance", "admin", "chapter")),
    "retention.export": Right("export members at risk", ("membership", "finance", "chapter")),
    "names.reveal": Right("reveal members' names", ("admin",)),
    "data.read": Right("see the state of the data", EVERYBODY),
    "data.run": Right("start or pause a sync", ("admin",)),
    "data.refused": Right("see records that were refused", ("admin",)),
    "data.scope": Right("switch a field on or off", ("admin",)),
    "jobs.read": Right("follow a job", EVERYBODY),
    "jobs.cancel": Right("cancel a job", ("admin",)),
    "messages.write": Right("write templates and offers", ("membership", "admin")),
    "messages.approve": Right("approve templates and offers", ("membership", "admin")),
    "messages.answers": Right("answer members who ask for a person", ("membership", "chapter", "finance")),
    "account.own": Right("change your own settings", EVERYBODY),
    "help.read": Right("read the help pages", EVERYBODY),
    "help.components": Right("see the component catalogue", ("admin",)),
}


REVEALED_FOR = 30 * 60  # seconds


def names_revealed(request: HttpRequest) -> bool:
    """Whether this person revealed members' names within the last half hour."""
    return request.session.get("names_revealed_at", 0) > time.time() - REVEALED_FOR


class Refused(PermissionDenied):
    """A right is missing. `right` names the rule for the page that says so."""

    def __init__(self, right: str) -> None:
        self.right = right
        allowed = ", ".join(ROLE_WORDS[role].lower() for role in RIGHTS[right].roles)
        super().__init__(f"Your role cannot {RIGHTS[right].does}. Those who can: {allowed}.")


def needs(right: str) -> Callable:
    """Decorate a view with the right it asks for; the resolver test finds views without one."""

    def decorate(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
        @wraps(view)
        def guarded(request: HttpRequest, *args, **kwargs) -> HttpResponse:
            if not request.user.may(right):
                raise Refused(right)
            return view(request, *args, **kwargs)

        guarded.right = right
        return guarded

    if right not in RIGHTS:
        raise KeyError(f"{right} is not in accounts.rights.RIGHTS. Add it there with its roles.")
    return decorate
