"""The risk policy: where the lines are, what others would have meant, and asking for a change."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from imis_ai.accounts.rights import needs
from imis_ai.governance.refusals import Refused
from imis_ai.mirror import access
from imis_ai.ui import exports
from retention import actions
from retention.calc import cuts
from retention.calc.bands import NAMES
from retention.forms.policy import PolicyForm, entered
from retention.queries import policy as policies
from retention.queries import policy_page
from retention.views import frame

PAGE = "retention/policy/page.html"
HEADER = ["line_of_100", "calls", "calls_a_week", "lapses_caught", "lapses_missed", "wasted_calls"]


@require_safe
@needs("retention.policy")
def policy(request: HttpRequest) -> HttpResponse:
    """The lines in force; with values in the address, what these would do."""
    return frame.page(request, PAGE, _context(request, _form(request)))


@require_POST
@needs("retention.policy.change")
def ask(request: HttpRequest) -> HttpResponse:
    """Put a change before a second person."""
    form = PolicyForm(request.POST)
    if not form.is_valid():
        return frame.page(request, PAGE, _context(request, form), status=422)
    context = _context(request, form)
    try:
        made = actions.propose_policy(
            wanted=form.policy(), effect=context["shown"].moves or [], by=request.user, now=timezone.now()
        )
    except Refused as refusal:
        return frame.page(request, PAGE, context | {"why": refusal.why}, status=422)
    messages.success(request, "Asked. Another person decides; the next scores after the hold apply it.")
    return redirect(reverse("approval", args=[made.pk]))


@require_safe
@needs("retention.policy")
def table(request: HttpRequest) -> HttpResponse:
    """Every line from 1 to 100 with what it would have meant, as CSV."""
    past = policies.counts()
    lines = cuts.table(past, range(1, 101)) if past else []
    rows = (
        [each.at, each.calls, round(each.calls_a_week, 2), each.caught, each.missed, each.wasted]
        for each in lines
    )
    return exports.csv_file("risk-policy-lines.csv", HEADER, rows)


def _form(request: HttpRequest) -> PolicyForm:
    now = policies.current()
    chosen = policy_page.preset(request.GET.get("preset", ""), now)
    if chosen:
        return PolicyForm(entered(chosen))
    return PolicyForm(request.GET if "mode" in request.GET else None, initial=entered(now))


def _context(request: HttpRequest, form: PolicyForm) -> dict:
    wanted = form.policy() if form.is_bound and form.is_valid() else None
    return {
        "form": form,
        "shown": policy_page.shown(seen=access.members(request.user), wanted=wanted),
        "presets": policies.PRESETS,
        "band_names": NAMES,
        "may_change": request.user.may("retention.policy.change"),
    }
