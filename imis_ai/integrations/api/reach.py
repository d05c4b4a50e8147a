"""How far a request reaches: the person's rights, and for a client its scopes and chapters. The one place."""

from typing import Any

from django.db.models import Q, QuerySet
from django.utils import timezone
from rest_framework.exceptions import NotFound, PermissionDenied
from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from imis_ai.accounts import actions as people
from imis_ai.accounts import rights
from imis_ai.accounts.models import AccessEntry
from imis_ai.integrations.models import ApiClient
from imis_ai.mirror import access

ABSENT = "There is no such member, or none that you may see."


class Reaches(BasePermission):
    """The view's `right`, and for a client the view's `scope` beside it."""

    def has_permission(self, request: Request, view: Any) -> bool:
        if not request.user.is_authenticated:
            return False
        if not request.user.may(view.right):
            raise PermissionDenied(str(rights.Refused(view.right)))
        client = client_of(request)
        if client and view.scope not in client.scopes:
            raise PermissionDenied(
                f"This client has no scope {view.scope}. An administrator can give it one."
            )
        return True


def client_of(request: Request) -> ApiClient | None:
    return request.auth if isinstance(request.auth, ApiClient) else None


def members(request: Request) -> QuerySet:
    """Members that the person may see, within the chapters of the client."""
    seen = access.members(request.user)
    client = client_of(request)
    return seen.filter(chapter__in=client.chapters) if client and client.chapters else seen


def member(request: Request, imis_id: str) -> Any:
    """One of them, with tier and chapter. Raises NotFound."""
    found = None
    if "\0" not in imis_id:
        found = members(request).filter(imis_id=imis_id).select_related("tier", "chapter").first()
    if found is None:
        raise NotFound(ABSENT)
    return found


def narrowed(request: Request, rows: QuerySet) -> QuerySet:
    """Rows with `imis_id` and `chapter` that a client with chapters may see; others see all of `rows`."""
    client = client_of(request)
    if not client or not client.chapters:
        return rows
    return rows.filter(Q(chapter__in=client.chapters) | Q(imis_id__in=members(request).values("imis_id")))


def names(request: Request) -> bool:
    """Whether names, addresses and texts may be told."""
    if client := client_of(request):
        return "names:read" in client.scopes and access.sees_names(request.user)
    return access.sees_names(request.user) or rights.names_revealed(request)


def log_member(request: Request, imis_id: str) -> None:
    """One line of the access log about one member."""
    _log(request, AccessEntry.What.MEMBER_OPENED, imis_id=imis_id)


def log_list(request: Request, *, rows: int, **detail: Any) -> None:
    """One line of the access log about a list: how many, by which filters."""
    if rows:
        _log(request, AccessEntry.What.LIST_EXPORTED, rows=rows, **detail)


def standing(request: Request) -> str:
    """Everything of the asker that changes an answer, as text."""
    client = client_of(request)
    user = request.user
    own = ",".join(access.chapters_for(user).values_list("code", flat=True)) if user.role == "chapter" else ""
    limits = f"{client.pk} {client.scopes} {client.chapters}" if client else ""
    return f"{user.pk} {user.role} {user.extras} {own} {limits} {names(request)}"


def _log(request: Request, what: str, *, imis_id: str = "", **detail: Any) -> None:
    client = client_of(request)
    named = {"client": client.name} if client else {}
    people.record_access(
        by=request.user,
        what=what,
        now=timezone.now(),
        imis_id=imis_id,
        detail={"where": "api", **named, **detail},
    )
