"""Webhooks: the list, one with its messages, a new secret, off and on, sending again."""

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from imis_ai.accounts.rights import needs
from imis_ai.accounts.second_step import confirmed
from imis_ai.governance.refusals import Refused
from imis_ai.integrations.actions import webhooks as actions
from imis_ai.integrations.forms import WebhookForm
from imis_ai.integrations.models import Delivery, Webhook
from imis_ai.integrations.queries import webhooks
from imis_ai.integrations.views.clients import tabs
from imis_ai.integrations.webhooks.secret import secret_of
from imis_ai.ui import tables

COLUMNS = tuple(map(tables.Column, ("Webhook", "State", "Told when", "Waiting", "Last delivered")))
MESSAGES = tuple(map(tables.Column, ("Event", "State", "Made", "Tries", "Last answer", "Action")))
DONE = {
    "on": "It is on again. What happened meanwhile is told as well.",
    "off": "It is off. What waits is kept.",
    "test": "A test is on its way.",
}


@require_safe
@needs("api.read")
def listed(request: HttpRequest) -> HttpResponse:
    context = {
        "lines": webhooks.lines(),
        "heads": tables.heads(COLUMNS, ""),
        "may_change": request.user.may("api.change"),
        "is_paused": webhooks.is_paused(),
        "tabs": tabs("webhooks"),
    }
    return render(request, "integrations/webhooks.html", context)


@needs("api.change")
@require_http_methods(["GET", "POST"])
@confirmed
def register(request: HttpRequest) -> HttpResponse:
    """The secret is shown in the answer to the form, this once."""
    form = WebhookForm(request.POST or None)
    if form.is_bound and form.is_valid():
        given = form.cleaned_data
        try:
            made = actions.register(
                name=given["name"],
                address=given["address"],
                wanted=given["events"],
                by=request.user,
                now=timezone.now(),
            )
        except Refused as refusal:
            form.add_error("address" if refusal.why.rule == "webhook address" else None, str(refusal))
        else:
            return _show_secret(request, made, secret_of(made, made.nonce))
    context = {"form": form, "crumbs": _crumbs()}
    status = 422 if form.is_bound else 200
    return render(request, "integrations/webhook_new.html", context, status=status)


@require_safe
@needs("api.read")
def one(request: HttpRequest, webhook_id: int) -> HttpResponse:
    webhook = get_object_or_404(Webhook, pk=webhook_id)
    found = webhooks.deliveries(webhook=webhook)
    number = request.GET.get("page", "")
    pages = tables.Pages.of(int(number) if number.isascii() and number.isdigit() else 1, found.count())
    context = {
        "line": webhooks.line(webhook),
        "webhook": webhook,
        "rows": webhooks.shown(list(found[pages.start : pages.stop])),
        "pages": pages,
        "heads": tables.heads(MESSAGES, ""),
        "may_change": request.user.may("api.change"),
        "is_paused": webhooks.is_paused(),
        "crumbs": _crumbs(),
    }
    return render(request, "integrations/webhook.html", context)


@require_POST
@needs("api.change")
@confirmed
def change(request: HttpRequest, webhook_id: int, hook: str) -> HttpResponse:
    """`hook`: rotate, on, off or test."""
    webhook = get_object_or_404(Webhook, pk=webhook_id)
    if hook not in actions.STEPS:
        raise Http404
    by, now = request.user, timezone.now()
    if hook == "rotate":
        return _show_secret(request, webhook, actions.rotate(webhook=webhook, by=by, now=now))
    act = {"on": actions.switch_on, "off": actions.switch_off, "test": actions.test}[hook]
    try:
        act(webhook=webhook, by=by, now=now)
    except Refused as refusal:
        messages.warning(request, str(refusal))
    else:
        messages.success(request, DONE[hook])
    return redirect("webhook", webhook_id)


@require_POST
@needs("api.change")
@confirmed
def again(request: HttpRequest, delivery_id: int) -> HttpResponse:
    delivery = get_object_or_404(Delivery.objects.select_related("webhook"), pk=delivery_id)
    try:
        actions.again(delivery=delivery, by=request.user, now=timezone.now())
    except Refused as refusal:
        messages.warning(request, str(refusal))
    else:
        messages.success(request, "It goes again, under the same number.")
    return redirect("webhook", delivery.webhook_id)


def _show_secret(request: HttpRequest, webhook: Webhook, secret: str) -> HttpResponse:
    crumbs = [*_crumbs(), (webhook.name, reverse("webhook", args=[webhook.pk]))]
    context = {"client": webhook, "secret": secret, "is_token": False, "crumbs": crumbs}
    return render(request, "integrations/secret.html", context)


def _crumbs() -> list[tuple[str, str]]:
    return [("API and webhooks", reverse("api_clients")), ("Webhooks", reverse("webhooks"))]
