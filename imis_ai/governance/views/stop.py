"""/stop/<token>/: a member stops messages or asks for a person. Signed link, no sign-in, no frame, no script.

No form token: the signed link is the authority, and mail programs post to it without ever opening the page.
"""

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from imis_ai.governance.messages import stop as messages

LONGEST = 2000


@csrf_exempt
@login_not_required
@require_http_methods(["GET", "HEAD", "POST"])
def stop(request: HttpRequest, token: str) -> HttpResponse:
    """The page; a POST stops or asks. 404 for a link that is not ours."""
    try:
        entry = messages.entry_of(token)
    except messages.BadLink as problem:
        return _page(request, "governance/stop_unknown.html", {"problem": str(problem)}, status=404)
    if request.method != "POST":
        return _page(request, "governance/stop.html", {"entry": entry, "choices": messages.choices(entry)})
    if "ask" in request.POST:
        text = request.POST.get("text", "").strip()[:LONGEST]
        messages.ask_for_a_person(entry=entry, text=text, now=timezone.now())
        return _page(request, "governance/stop_done.html", {"asked": True, "entry": entry})
    is_one_click = request.POST.get("List-Unsubscribe") == "One-Click"
    choice = messages.CHANNEL if is_one_click else request.POST.get("choice", messages.THIS_KIND)
    messages.stop(entry=entry, choice=choice, now=timezone.now())
    words = dict(messages.choices(entry)).get(choice, "")
    return _page(request, "governance/stop_done.html", {"words": words, "entry": entry})


def _page(request: HttpRequest, template: str, context: dict, status: int = 200) -> HttpResponse:
    answer = render(request, template, context, status=status)
    answer["X-Robots-Tag"] = "noindex"
    answer["Referrer-Policy"] = "no-referrer"
    return answer
