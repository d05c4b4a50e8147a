"""Search, health, and the pages that say what went wrong."""

from django.contrib.auth import get_user_model
from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import PermissionDenied
from django.db import connection
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from imis_ai.accounts.problems import problem
from imis_ai.accounts.rights import Refused, names_revealed, needs
from imis_ai.mirror import access
from imis_ai.ui import navigation, words

API = "/api/"
FOUND = 8


@require_safe
@needs("account.own")
def search(request: HttpRequest) -> HttpResponse:
    return render(request, "search.html", _found(request))


@require_safe
@needs("account.own")
def palette(request: HttpRequest) -> HttpResponse:
    """Search in the page's dialog: the whole of it, or with HX-Target `found` only what was found."""
    template = "_found.html" if request.htmx.target == "found" else "_palette.html"
    return render(request, template, _found(request))


def _found(request: HttpRequest) -> dict:
    asked = " ".join(request.GET.get("q", "").split())[:100]
    places = [place for place in navigation.PLACES if request.user.may(place.right)]
    if not asked:
        return {"asked": "", "pages": places[:FOUND], "members": []}
    with_names = access.sees_names(request.user) or names_revealed(request)
    members = []
    if request.user.may("members.read"):
        exact = Q(imis_id=asked)
        named = Q()
        for word in asked.split():
            named &= (
                Q(first_name__istartswith=word) | Q(last_name__istartswith=word) | Q(name__icontains=word)
            )
        seen = access.members(request.user).filter(exact | named if with_names else exact)
        members = list(seen.select_related("tier", "chapter").order_by("last_name", "name")[:FOUND])
        members.sort(key=lambda member: member.imis_id != asked)
    return {
        "asked": asked,
        "members": [(member, str(member) if with_names else words.masked(str(member))) for member in members],
        "pages": [place for place in places if asked.lower() in place.label.lower()],
    }


@login_not_required
@require_safe
def alive(request: HttpRequest) -> HttpResponse:
    """The process answers."""
    return HttpResponse("ok\n", content_type="text/plain")


@login_not_required
@require_safe
def ready(request: HttpRequest) -> HttpResponse:
    """The process answers and reaches the database."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    return HttpResponse("ready\n", content_type="text/plain")


@login_not_required
def nothing_in_api(request: HttpRequest, rest: str) -> HttpResponse:
    return problem(404, "not_found", f"There is nothing at {API}{rest}. {API}docs/ lists what there is.")


def denied(request: HttpRequest, exception: PermissionDenied) -> HttpResponse:
    sentence = str(exception) or "You may not do this."
    if request.path.startswith(API):
        return problem(403, "permission_denied", sentence)
    rule = exception.right if isinstance(exception, Refused) else ""
    people = get_user_model().objects.filter(role="admin", is_active=True).order_by("pk")[:2]
    template = "errors/_403.html" if request.htmx else "errors/403.html"
    context = {"sentence": sentence, "rule": rule, "ask": [str(person) for person in people]}
    return render(request, template, context, status=403)


def missing(request: HttpRequest, exception: Exception) -> HttpResponse:
    if request.path.startswith(API):
        return problem(404, "not_found", "There is nothing at this address, or nothing you may see.")
    if not request.user.is_authenticated:
        return render(request, "errors/nothing.html", status=404)
    return render(request, "errors/_404.html" if request.htmx else "errors/404.html", status=404)


def broken(request: HttpRequest) -> HttpResponse:
    if request.path.startswith(API):
        return problem(500, "error", "Something went wrong here. It was logged.")
    return render(request, "errors/500.html", status=500)


@login_not_required
def forged(request: HttpRequest, reason: str = "") -> HttpResponse:
    """A form without the token of this session: an expired page, or another site."""
    if request.path.startswith(API):
        return problem(403, "permission_denied", "The request lacks the CSRF token of this session.")
    return render(request, "errors/csrf.html", status=403)
