"""Campaigns: what was sent and followed, what was caused, minutes spent; files for audit and board."""

from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from imis_ai.accounts import actions as people
from imis_ai.accounts.models import AccessEntry
from imis_ai.accounts.rights import names_revealed, needs
from imis_ai.governance.experiments import results
from imis_ai.mirror import access
from imis_ai.ui import exports
from retention.queries import campaigns as found_in
from retention.queries import report
from retention.queries.campaigns import FEW
from retention.views import frame

LIST_HEADER = [
    "campaign",
    "state",
    "drafted",
    "approved",
    "sent",
    "opened",
    "replied",
    "asked_to_stop",
    "staff_minutes",
    "influenced",
    "verdict",
    "caused_members",
    "money_kept",
    "money_low",
    "money_high",
]


@require_safe
@needs("retention.campaigns")
def campaigns(request: HttpRequest) -> HttpResponse:
    """All of them: figures over all, a line for each, and how well what was said of members held."""
    now = timezone.now()
    found = found_in.listed(now=now)
    every, influenced, caused = found_in.totals(found)
    context = {
        "found": [(each, _is_few(request, each)) for each in found],
        "every": every,
        "influenced": influenced,
        "caused": caused,
        "held": [each for each in found_in.said_and_happened(now=now) if each.members >= FEW],
        "since": found_in.since_words(now),
        "few": FEW,
        "may_plan": request.user.may("experiments.plan"),
        "may_export": request.user.may("retention.campaigns"),
    }
    return frame.page(request, "retention/campaigns/list.html", context)


@require_safe
@needs("retention.campaigns")
def campaign(request: HttpRequest, campaign_id: int) -> HttpResponse:
    """One: the comparison in words, its messages, each text, each purpose."""
    found = found_in.one(number=campaign_id, now=timezone.now())
    if found is None:
        raise Http404
    one, ones = found
    hides = _hides_few(request)
    context = {
        "campaign": one,
        "words": results.WORDS,
        "by_text": [row for row in found_in.by_text(ones) if not hides or row[1].drafted >= FEW],
        "by_purpose": [row for row in found_in.by_purpose(ones) if not hides or row[1].drafted >= FEW],
        "is_small": _is_few(request, one),
        "few": FEW,
        "crumbs": [("Campaigns", reverse("campaigns"))],
        "may_export": request.user.may("retention.export"),
        "may_experiments": request.user.may("experiments.read"),
    }
    return frame.page(request, "retention/campaigns/item.html", context)


@require_safe
@needs("retention.campaigns")
def export(request: HttpRequest) -> HttpResponse:
    """The list as a file: no names in it."""
    now = timezone.now()
    lines = [_line(each) for each in found_in.listed(now=now) if not _is_few(request, each)]
    _note(request, list="campaigns", rows=len(lines))
    return exports.csv_file(f"campaigns-{timezone.localdate(now)}.csv", LIST_HEADER, lines)


@require_safe
@needs("retention.export")
def export_one(request: HttpRequest, campaign_id: int) -> HttpResponse:
    """Draft by draft: score, action, approver, what followed; of members whom the person may see."""
    now = timezone.now()
    drafts = found_in.drafts(viewer=request.user, number=campaign_id)
    lines = report.lines(found=drafts, viewer=request.user, with_names=_names(request), now=now)
    _note(request, list="campaign", campaign=campaign_id, rows=len(lines))
    return exports.csv_file(f"campaign-{campaign_id}.csv", report.HEADER, lines)


@require_safe
@needs("retention.export")
def export_member(request: HttpRequest, imis_id: str) -> HttpResponse:
    """The same for one member: every draft there was. 404 for members out of sight."""
    now = timezone.now()
    if not access.members(request.user).filter(imis_id=imis_id).exists():
        raise Http404
    drafts = found_in.drafts_of(viewer=request.user, imis_id=imis_id)
    lines = report.lines(found=drafts, viewer=request.user, with_names=_names(request), now=now)
    _note(request, imis_id=imis_id, list="outreach of a member", rows=len(lines))
    return exports.csv_file(f"outreach-{imis_id}.csv", report.HEADER, lines)


def _line(each: found_in.Campaign) -> list:
    sums, kept = each.sums, each.kept
    return [
        each.name,
        each.experiment.state if each.experiment else "",
        *(sums.drafted, sums.approved, sums.sent, sums.opened, sums.replied, sums.stopped, sums.minutes),
        each.influenced,
        each.verdict,
        "" if each.caused is None else f"{each.caused:.1f}",
        *((f"{end:.2f}" for end in (kept.value, kept.low, kept.high)) if kept else ("", "", "")),
    ]


def _hides_few(request: HttpRequest) -> bool:
    """Who sees totals only sees no group under ten."""
    return not request.user.may("retention.members")


def _is_few(request: HttpRequest, each: found_in.Campaign) -> bool:
    return _hides_few(request) and each.is_few


def _names(request: HttpRequest) -> bool:
    return access.sees_names(request.user) or names_revealed(request)


def _note(request: HttpRequest, imis_id: str = "", **detail: object) -> None:
    people.record_access(
        by=request.user,
        what=AccessEntry.What.LIST_EXPORTED,
        now=timezone.now(),
        imis_id=imis_id,
        detail=detail,
    )
