"""API clients: the administrator's list, registering, ending; and for owners, taking the token."""

from datetime import timedelta
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from imis_ai.accounts.rights import needs
from imis_ai.accounts.second_step import confirmed
from imis_ai.governance.refusals import Refused
from imis_ai.integrations.actions import clients as actions
from imis_ai.integrations.forms import ClientForm
from imis_ai.integrations.queries import clients
from imis_ai.ui import tables

DAY = timedelta(days=1)
COLUMNS = tuple(map(tables.Column, ("Client", "State", "Owner", "Reads", "Last use", "Ends", "Action")))


@require_safe
@needs("api.read")
def listed(request: HttpRequest) -> HttpResponse:
    now = timezone.now()
    context = {
        "lines": clients.lines(clients.all_clients(), now=now),
        "heads": tables.heads(COLUMNS, ""),
        "may_change": request.user.may("api.change"),
        "tabs": tabs("clients"),
    }
    return render(request, "integrations/clients.html", context)


@needs("api.change")
@require_http_methods(["GET", "POST"])
@confirmed
def register(request: HttpRequest) -> HttpResponse:
    now = timezone.now()
    ends = timezone.localdate(now) + actions.LONGEST - DAY
    form = ClientForm(request.POST or None, initial={"expires_on": ends.isoformat()})
    if form.is_bound and form.is_valid():
        try:
            made = actions.register(**form.given(), by=request.user, now=now)
        except Refused as refusal:
            form.add_error(None, str(refusal))
        else:
            where = "under Your account, API clients"
            messages.success(request, f"{made} is registered. {made.owner} takes its token {where}.")
            return redirect("api_clients")
    context = {"form": form, "crumbs": [("API and webhooks", reverse("api_clients"))]}
    status = 422 if form.is_bound else 200
    return render(request, "integrations/register.html", context, status=status)


@require_POST
@needs("api.change")
@confirmed
def revoke(request: HttpRequest, client_id: int) -> HttpResponse:
    """The administrator's end of any client."""
    _revoke(request, get_object_or_404(clients.all_clients(), pk=client_id))
    return redirect("api_clients")


@require_safe
@needs("account.own")
def own(request: HttpRequest) -> HttpResponse:
    """The clients that read with this person's rights."""
    now = timezone.now()
    context = {
        "lines": clients.lines(clients.own(person=request.user), now=now),
        "crumbs": [("Your account", reverse("account"))],
    }
    return render(request, "integrations/own.html", context)


@require_POST
@needs("account.own")
@confirmed
def take_token(request: HttpRequest, client_id: int) -> HttpResponse:
    """Make the token and show it, this once; no redirect, so that it is kept nowhere."""
    client = get_object_or_404(clients.own(person=request.user), pk=client_id)
    try:
        token = actions.make_token(client=client, by=request.user, now=timezone.now())
    except Refused as refusal:
        messages.warning(request, str(refusal))
        return redirect("own_clients")
    crumbs = [("Your account", reverse("account")), ("API clients", reverse("own_clients"))]
    context = {"client": client, "secret": token, "is_token": True, "crumbs": crumbs}
    return render(request, "integrations/secret.html", context)


@require_POST
@needs("account.own")
@confirmed
def end_own(request: HttpRequest, client_id: int) -> HttpResponse:
    _revoke(request, get_object_or_404(clients.own(person=request.user), pk=client_id))
    return redirect("own_clients")


def tabs(current: str) -> list[dict[str, Any]]:
    """The pages on other systems."""
    named = (("clients", "Clients", "api_clients"), ("webhooks", "Webhooks", "webhooks"))
    return [
        {"label": label, "address": reverse(url), "is_current": key == current, "number": None}
        for key, label, url in named
    ]


def _revoke(request: HttpRequest, client: Any) -> None:
    if actions.revoke(client=client, by=request.user, now=timezone.now()):
        messages.success(request, f"{client} reads nothing any more.")
    else:
        messages.warning(request, f"{client} had ended before.")
