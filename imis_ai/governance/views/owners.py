"""Giving members to somebody: chosen in a list, or one from the member's page."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_http_methods

from imis_ai.accounts.rights import names_revealed, needs
from imis_ai.governance import owners
from imis_ai.governance.forms.owners import OwnerForm
from imis_ai.governance.refusals import NotAllowed
from imis_ai.mirror import access
from imis_ai.ui import words

MOST = 500


@require_http_methods(["GET", "HEAD", "POST"])
@needs("owners.assign")
def assign(request: HttpRequest) -> HttpResponse:
    """Who looks after the members that were chosen; the answer says how many changed hands."""
    sent = request.POST if request.method == "POST" else request.GET
    chosen = sent.getlist("pick")[:MOST]
    form = OwnerForm(request.POST if request.method == "POST" else None, initial={"person": request.user.pk})
    back = _back(request, sent.get("back", ""))
    if request.method == "POST" and chosen and form.is_valid():
        try:
            given = owners.assign(imis_ids=chosen, person=form.chosen(), by=request.user, now=timezone.now())
        except NotAllowed as refusal:
            form.add_error("person", str(refusal))
        else:
            messages.success(request, _said(given, form))
            return redirect(back)
    seen = list(access.members(request.user).filter(imis_id__in=chosen)[:MOST])
    with_names = access.sees_names(request.user) or names_revealed(request)
    shown = sorted((member.imis_id, str(member)) for member in seen)
    context = {
        "form": form,
        "members": [(number, name if with_names else words.masked(name)) for number, name in shown],
        "history": owners.history(imis_id=shown[0][0]) if len(shown) == 1 else [],
        "back": back,
        "crumbs": [("Members", reverse("members"))],
    }
    status = 422 if form.errors else 200
    return render(request, "governance/owners/assign.html", context, status=status)


def _said(given: owners.Given, form: OwnerForm) -> str:
    whom = str(form.chosen() or "whom iMIS names")
    parts = [f"{words.plural(given.assigned, 'member')} given to {whom}."]
    if given.same:
        parts.append(f"{words.count(given.same)} were theirs already.")
    if given.left_out:
        parts.append(given.why or f"{words.count(given.left_out)} are not among those you may see.")
    return " ".join(parts)


def _back(request: HttpRequest, asked: str) -> str:
    """The list it came from; never another site."""
    is_ours = url_has_allowed_host_and_scheme(asked, {request.get_host()}) and asked.startswith("/")
    return asked if is_ours else reverse("members")
