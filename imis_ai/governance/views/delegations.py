"""Passing decisions on for a while, and taking them back."""

from django.contrib import messages
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST

from imis_ai.accounts.rights import needs
from imis_ai.governance.forms.approvals import DelegationForm
from imis_ai.governance.models import Delegation
from imis_ai.governance.proposals import standing_in
from imis_ai.governance.refusals import Blocked, NotAllowed, Refused

STATUS = {NotAllowed: 403, Blocked: 422}


@needs("approvals.delegate")
def passed_on(request: HttpRequest) -> HttpResponse:
    """Who decides instead of me, for whom I decide, and what was before."""
    now = timezone.now()
    today = timezone.localdate(now)
    form = DelegationForm(request.POST if request.method == "POST" else None, by=request.user, today=today)
    why, status = None, 422 if form.is_bound else 200
    if form.is_bound and form.is_valid():
        try:
            made = standing_in.pass_on(by=request.user, now=now, **form.chosen())
        except Refused as refusal:
            why, status = refusal.why, STATUS[type(refusal)]
        else:
            messages.success(request, f"Passed on. {made.stand_in} decides; each decision names you both.")
            return redirect("delegations")
    rows = standing_in.history(person=request.user)
    context = {
        "form": form,
        "why": why,
        "has_nobody": not form.fields["to"].queryset.exists(),
        "lines": [
            (row, standing_in.in_words(row), row.ended_at is None and row.to_on >= today) for row in rows
        ],
        "crumbs": [("Approvals", reverse("approvals"))],
    }
    return render(request, "governance/approvals/passed_on.html", context, status=status)


@require_POST
@needs("approvals.delegate")
def end(request: HttpRequest, delegation_id: int) -> HttpResponse:
    """Each of the two may end it at once."""
    own = Delegation.objects.filter(Q(person=request.user) | Q(stand_in=request.user))
    if request.user.may("people.change"):
        own = Delegation.objects.all()
    delegation = get_object_or_404(own.select_related("person", "stand_in"), pk=delegation_id)
    standing_in.end(delegation=delegation, by=request.user, now=timezone.now())
    messages.success(request, f"Ended. {delegation.person} decides again.")
    return redirect("delegations")
