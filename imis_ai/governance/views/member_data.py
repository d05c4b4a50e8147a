"""What is held about one member: counted, exported, kept by law, or erased with a second person."""

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from imis_ai.accounts import actions as people
from imis_ai.accounts.models import AccessEntry
from imis_ai.accounts.rights import names_revealed, needs
from imis_ai.governance.privacy import erase, export, holders, legal  # fmt: skip
from imis_ai.governance.privacy import request as asking
from imis_ai.governance.refusals import Blocked
from imis_ai.mirror import access


@require_safe
@needs("privacy.read")
def held(request: HttpRequest, imis_id: str) -> HttpResponse:
    """Every table with its number of rows; opening it is in the access log."""
    member = _member(request, imis_id)
    subject = erase.find(imis_id=imis_id)
    now = timezone.now()
    people.record_access(
        by=request.user,
        what=AccessEntry.What.MEMBER_OPENED,
        now=now,
        imis_id=imis_id,
        detail={"page": "data"},
    )
    with_names = access.sees_names(request.user) or names_revealed(request)
    context = {
        "imis_id": imis_id,
        "name": str(member) if with_names else f"Member {imis_id}",
        "sections": [(each.title, each.about, len(each.rows)) for each in holders.sections(subject)],
        "hold": legal.open_hold(imis_id=imis_id),
        "asked": asking.open_request(imis_id=imis_id),
        "may_export": request.user.may("privacy.export"),
        "may_hold": request.user.may("privacy.hold"),
        "may_ask": request.user.may("privacy.ask"),
        "log_address": f"{reverse('audit_opened')}?member={imis_id}",
    }
    return render(request, "governance/member_data.html", context)


@require_POST
@needs("privacy.export")
def export_zip(request: HttpRequest, imis_id: str) -> HttpResponse:
    """One ZIP for the member. That it was made is in the audit log."""
    _member(request, imis_id)
    packed = export.subject_export(imis_id=imis_id, by=request.user, now=timezone.now())
    headers = {"Content-Disposition": f'attachment; filename="member-{imis_id}.zip"'}
    return HttpResponse(packed, content_type="application/zip", headers=headers)


@require_POST
@needs("privacy.ask")
def ask(request: HttpRequest, imis_id: str) -> HttpResponse:
    """Suggest the erasure; somebody else agrees to it under Approvals."""
    _member(request, imis_id)
    typed, reason = request.POST.get("typed", ""), request.POST.get("reason", "")
    try:
        asking.ask(imis_id=imis_id, typed=typed, reason=reason, by=request.user, now=timezone.now())
    except Blocked as refusal:
        messages.warning(request, str(refusal))
    else:
        messages.success(request, "Asked. A second person agrees to it under Approvals. Contact stops now.")
    return redirect("member_data", imis_id)


@require_POST
@needs("privacy.hold")
def hold(request: HttpRequest, imis_id: str) -> HttpResponse:
    """Place a legal hold, or lift the one that stands."""
    _member(request, imis_id)
    now, standing = timezone.now(), legal.open_hold(imis_id=imis_id)
    try:
        if standing and request.POST.get("do") == "lift":
            legal.lift(hold=standing, by=request.user, now=now)
            messages.success(request, "The legal hold is lifted.")
        elif request.POST.get("do") == "place":
            legal.place(imis_id=imis_id, reason=request.POST.get("reason", ""), by=request.user, now=now)
            messages.success(request, "Nothing of this member is erased until the hold is lifted.")
    except Blocked as refusal:
        messages.warning(request, str(refusal))
    return redirect("member_data", imis_id)


def _member(request: HttpRequest, imis_id: str) -> object:
    member = access.members(request.user).filter(imis_id=imis_id).first()
    if member is None:
        raise Http404
    return member
