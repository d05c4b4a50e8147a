"""Tables for a warehouse, asked for and taken by a person."""

from django import forms as django_forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from imis_ai.accounts.rights import needs
from imis_ai.governance.refusals import Refused
from imis_ai.integrations.actions import exports as actions
from imis_ai.integrations.api.exports import as_file
from imis_ai.integrations.forms import ExportForm
from imis_ai.integrations.queries import exports
from imis_ai.integrations.warehouse.catalogue import views
from imis_ai.mirror import access
from imis_ai.ui import tables

COLUMNS = tuple(map(tables.Column, ("Asked for", "State", "Format", "Rows", "Ends", "File")))


@needs("exports.make")
@require_http_methods(["GET", "POST"])
def listed(request: HttpRequest) -> HttpResponse:
    """What this person asked for, and the form for another."""
    form = ExportForm(request.POST or None)
    if form.is_bound and form.is_valid() and _ask(request, form):
        return redirect("exports")
    context = {
        "form": form,
        "rows": list(exports.own(person=request.user)[: tables.PER_PAGE]),
        "heads": tables.heads(COLUMNS, ""),
        "tables": views().values(),
        "with_names": access.sees_names(request.user),
    }
    return render(request, "integrations/exports.html", context, status=422 if form.is_bound else 200)


@require_safe
@needs("exports.make")
def file(request: HttpRequest, export_id: int) -> HttpResponse:
    """The file, for its asker within its day."""
    found = get_object_or_404(exports.own(person=request.user), pk=export_id)
    try:
        content = actions.take(export=found, by=request.user, now=timezone.now())
    except Refused as refusal:
        messages.warning(request, str(refusal))
        return redirect("exports")
    return as_file(found, content)


def _ask(request: HttpRequest, form: django_forms.Form) -> bool:
    given, by = form.cleaned_data, request.user
    with_names = given["with_names"] and access.sees_names(by)
    try:
        actions.ask(
            form=given["form"], with_names=with_names, reason=given["reason"], by=by, now=timezone.now()
        )
    except Refused as refusal:
        form.add_error(None, str(refusal))
        return False
    messages.success(request, "The file is being made. It stands here when it is ready.")
    return True
