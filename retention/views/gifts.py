"""What outreach may give: offers by reason, seats at coming webinars, members who agree to be introduced."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone

from imis_ai.accounts.rights import needs
from imis_ai.governance.messages import offers
from imis_ai.governance.refusals import Refused
from imis_ai.governance.views.approvals import STATUS
from imis_ai.mirror import access
from imis_ai.ui import words
from retention.actions import promises
from retention.calc import outreach as calc
from retention.forms.outreach import IntroducerForm, SeatsForm
from retention.models import Introducer
from retention.queries import promises as promised
from retention.views import frame


@needs("retention.outreach")
def gifts(request: HttpRequest) -> HttpResponse:
    """One page to look at and three small forms; each says what it changed."""
    if request.method != "POST":
        return frame.page(request, "retention/outreach/gifts.html", _context(request))
    try:
        said = DO.get(request.POST.get("do", ""), _nothing)(request)
    except Refused as refusal:
        context = _context(request) | {"why": refusal.why}
        return frame.page(request, "retention/outreach/gifts.html", context, status=STATUS[type(refusal)])
    messages.success(request, said)
    return redirect("outreach_gifts")


def _seats(request: HttpRequest) -> str:
    form = SeatsForm(request.POST)
    if not form.is_valid():
        return "Nothing was changed: enter a number of seats from 0 to 500."
    kept = promises.set_aside(**form.cleaned_data, by=request.user, now=timezone.now())
    return f"{words.plural(kept.seats, 'seat')} set aside."


def _agree(request: HttpRequest) -> str:
    form = IntroducerForm(request.POST)
    if not form.is_valid():
        return "Nothing was changed: enter a member number."
    made = promises.agree(**form.cleaned_data, by=request.user, now=timezone.now())
    return f"Noted that member {made.member.imis_id} agreed to be introduced."


def _end(request: HttpRequest) -> str:
    number = request.POST.get("introducer", "")
    mine = Introducer.objects.filter(member__in=access.members(request.user))
    found = get_object_or_404(mine, pk=int(number) if number.isdecimal() and len(number) < 10 else 0)
    promises.no_longer(introducer=found, by=request.user, now=timezone.now())
    return f"Member {found.member.imis_id} is not introduced any more. Open drafts that say so are stopped."


def _nothing(request: HttpRequest) -> str:
    return "Nothing was changed."


DO = {"seats": _seats, "agree": _agree, "end": _end}


def _context(request: HttpRequest) -> dict[str, Any]:
    seen = set(access.members(request.user).values_list("pk", flat=True)) if _is_chapter(request) else None
    people = [(row, n) for row, n in promised.introducers() if seen is None or row.member_id in seen]
    catalogue = offers.catalogue()
    return {
        "crumbs": [("Outreach", reverse("outreach"))],
        "offers": [(each, _tokens(each.reasons), offers.left_of_budget(each)) for each in catalogue],
        "by_reason": [
            (label, [each.offer.name for each in catalogue if key in each.reasons])
            for key, label in calc.REASONS.items()
        ],
        "webinars": promised.webinars(now=timezone.now())[:8],
        "introducers": people[:200],
        "most": promised.MOST_INTRODUCTIONS,
        "may_admin": request.user.may("admin.open"),
    }


def _tokens(reasons: list[str]) -> str:
    known = calc.REASONS | {stage: said[0].lower() + said[1:] for stage, said in calc.STAGES.items()}
    return ", ".join(known.get(each, each) for each in reasons) or "any reason, at any time"


def _is_chapter(request: HttpRequest) -> bool:
    return request.user.role == request.user.Role.CHAPTER
