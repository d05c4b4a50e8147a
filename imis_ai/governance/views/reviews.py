"""The quarterly access review and its report."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from imis_ai.accounts.models import AccessReview, AccessReviewLine
from imis_ai.accounts.rights import needs
from imis_ai.accounts.second_step import confirmed
from imis_ai.governance.people import review
from imis_ai.governance.refusals import Refused
from imis_ai.ui import exports


@require_safe
@needs("people.read")
def reviews(request: HttpRequest) -> HttpResponse:
    """This quarter's review, or the invitation to begin it; earlier ones below."""
    now = timezone.now()
    current = review.current(now=now)
    context = {
        "quarter": review.quarter(now),
        "report": current and review.report(review=current),
        "past": AccessReview.objects.exclude(quarter=review.quarter(now)).order_by("-quarter"),
        "may_judge": request.user.may("people.change"),
        "crumbs": [("People and rights", reverse("people"))],
    }
    return render(request, "governance/people/review.html", context)


@require_safe
@needs("people.read")
def report(request: HttpRequest, quarter: str) -> HttpResponse:
    """One review as a table to print or, with `?as=csv`, to keep."""
    found = review.report(review=get_object_or_404(AccessReview, quarter=quarter))
    if request.GET.get("as") == "csv":
        head = ("person", "held", "last_seen", "verdict", "note", "by", "at")
        lines = (_line(row) for row in found.lines)
        return exports.csv_file(f"access-review-{quarter}.csv", head, lines)
    context = {"report": found, "quarter": quarter, "crumbs": [("Access review", reverse("reviews"))]}
    return render(request, "governance/people/report.html", context)


def _line(row: AccessReviewLine) -> tuple:
    at = row.at.isoformat() if row.at else ""
    return (
        row.held["name"],
        row.held["words"],
        row.held["last_seen"],
        row.verdict,
        row.note,
        row.by or "",
        at,
    )


@require_POST
@needs("people.change")
@confirmed
def start(request: HttpRequest) -> HttpResponse:
    try:
        review.start(by=request.user, now=timezone.now())
    except Refused as refusal:
        messages.warning(request, str(refusal))
    return redirect("reviews")


@require_POST
@needs("people.change")
@confirmed
def judge(request: HttpRequest, line_id: int) -> HttpResponse:
    line = get_object_or_404(AccessReviewLine.objects.select_related("person", "review"), pk=line_id)
    verdict, note = request.POST.get("verdict", ""), request.POST.get("note", "")
    try:
        review.judge(line=line, verdict=verdict, note=note, by=request.user, now=timezone.now())
    except Refused as refusal:
        messages.warning(request, str(refusal))
    return redirect(f"{reverse('reviews')}#line-{line.pk}")
