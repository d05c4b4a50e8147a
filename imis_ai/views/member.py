"""One member's page: who this is, what is next, a timeline, a card per area; also as known on a past day."""

from datetime import date, datetime, time, timedelta

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.dateparse import parse_date
from django.views.decorators.http import require_safe

from imis_ai.accounts import actions as people
from imis_ai.accounts.models import AccessEntry
from imis_ai.accounts.rights import names_revealed, needs
from imis_ai.mirror import access, member_told
from imis_ai.mirror.member_page import PER_PAGE, Looked, gather, name_of

MOST = 1000  # entries that one may page back through
EARLIEST = date(1990, 1, 1)


@require_safe
@needs("members.read")
def member(request: HttpRequest, imis_id: str) -> HttpResponse:
    """Opening it is written to the access log. Another chapter's member is not there."""
    now = timezone.localtime()
    found = member_told.find(access.members(request.user), imis_id=imis_id, today=now.date())
    if found is None:
        raise Http404
    asked = request.GET.get("on", "")
    on = _past_day(asked, now.date())
    _note_opened(request, imis_id, now, on)
    start = _start(request.GET.get("start", ""))
    looked = Looked(
        viewer=request.user,
        member=found,
        now=now,
        today=now.date(),
        on=on,
        until=_end_of(on) if on else now,
        with_names=access.sees_names(request.user) or names_revealed(request),
        entries=start + PER_PAGE,
        group=request.GET.get("kind", "")[:20],
    )
    page = gather(looked, start)
    context = {
        "looked": looked,
        "member": found,
        "name": name_of(looked),
        "page": page,
        "on": on,
        "on_problem": _problem(asked, on, now.date()),
        "start": start,
        "next_start": start + PER_PAGE if page.has_more and start + PER_PAGE < MOST else None,
        "previous_start": max(0, start - PER_PAGE) if start else None,
        "group": looked.group,
        "names_hidden": not looked.with_names,
        **{card.name: card.context for card in page.cards if card.name in ("tier", "reach")},
    }
    template = "members/_timeline.html" if request.htmx.target == "timeline" else "members/member.html"
    return render(request, template, context)


def _note_opened(request: HttpRequest, imis_id: str, now: datetime, on: date | None) -> None:
    """Whoever looks at one member stands in the access log."""
    people.record_access(
        by=request.user,
        what=AccessEntry.What.MEMBER_OPENED,
        now=now,
        imis_id=imis_id,
        detail={"where": "member"} | ({"as_known_on": on.isoformat()} if on else {}),
    )


def _past_day(asked: str, today: date) -> date | None:
    """The day asked for, if it is one that has passed."""
    try:
        day = parse_date(asked)
    except ValueError:
        return None
    return day if day and EARLIEST <= day < today else None


def _problem(asked: str, on: date | None, today: date) -> str:
    if not asked or on:
        return ""
    return f"Enter a date before {today.day} {today:%B %Y}. This is the page of today."


def _end_of(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day + timedelta(days=1), time.min))


def _start(asked: str) -> int:
    return min(int(asked), MOST - PER_PAGE) if asked.isdecimal() and len(asked) < 6 else 0
