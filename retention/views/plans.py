"""/plan/<token>/: a member chooses an offered payment plan or not. Signed link, no sign-in, no script.

No form token, as on the stop page: the signed link is the authority. A GET changes nothing.
"""

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from imis_ai.governance.messages.pages import BadLink
from imis_ai.governance.refusals import Refused
from retention import actions
from retention.queries import plans

ANSWERS = {"yes": True, "no": False}


@csrf_exempt
@login_not_required
@require_http_methods(["GET", "HEAD", "POST"])
def choose(request: HttpRequest, token: str) -> HttpResponse:
    """The plan with its parts; a POST with `answer` yes or no is the member's answer."""
    try:
        plan = plans.by_token(token)
    except BadLink as problem:
        return _page(request, "governance/stop_unknown.html", {"problem": str(problem)}, status=404)
    accepts, now = ANSWERS.get(request.POST.get("answer", "")), timezone.now()
    context = {"problem": ""}
    if request.method == "POST" and accepts is not None:
        try:
            plan = actions.plans.answer(proposal=plan.proposal, accepts=accepts, now=now)
        except Refused as refusal:
            context["problem"] = str(refusal)
    return _page(request, "retention/plan/page.html", plans.shown(plan, now=now) | context)


def _page(request: HttpRequest, template: str, context: dict, status: int = 200) -> HttpResponse:
    answer = render(request, template, context, status=status)
    answer["X-Robots-Tag"] = "noindex"
    answer["Referrer-Policy"] = "no-referrer"
    return answer
