"""The first page: what waits for this person, the figures of the areas, what happened, what leaves today."""

from datetime import datetime, timedelta

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from imis_ai.accounts import sessions
from imis_ai.accounts.models import User
from imis_ai.accounts.rights import needs
from imis_ai.mirror import access, kept
from imis_ai.ui import navigation
from imis_ai.ui.today import Asked, gather

LONGEST_AWAY = timedelta(days=7)  # older news is in the log


@require_safe
@needs("today.read")
def today(request: HttpRequest) -> HttpResponse:
    now = timezone.localtime()
    request.freshness = navigation.freshness(now)
    asked = _asked(request, now)
    context = {
        "page": gather(asked),
        "since": asked.since,
        "been_here": sessions.here_before(request) is not None,
        "totals_only": asked.seen is None,
        "may_approve": request.user.may("approvals.read"),
    }
    return render(request, "today/today.html", context)


def _asked(request: HttpRequest, now: datetime) -> Asked:
    viewer = request.user
    own = tuple(access.own_chapters(viewer)) if viewer.role == User.Role.CHAPTER else None
    everybody = viewer.role == User.Role.EXECUTIVE
    return Asked(
        viewer=viewer,
        now=now,
        today=now.date(),
        since=_since(request, now),
        seen=None if everybody else access.members(viewer, own),
        chapters=own,
        data=request.freshness.data or kept.current(),
        freshness=request.freshness,
    )


def _since(request: HttpRequest, now: datetime) -> datetime:
    """The last visit; the start of yesterday for who was not here before, or was here today already."""
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
    before = sessions.here_before(request) or midnight
    return max(min(before, midnight - timedelta(days=1)), now - LONGEST_AWAY)
