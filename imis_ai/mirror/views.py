"""Data and sync: how fresh each feed is, what was refused, what is read and why."""

import json
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe
from django_celery_beat.models import PeriodicTask

from imis_ai.accounts.rights import needs
from imis_ai.imis.resources import RESOURCES
from imis_ai.jobs import actions as jobs
from imis_ai.jobs import queries as job_queries
from imis_ai.jobs.models import JobRun
from imis_ai.mirror import actions, queries
from imis_ai.mirror.models import Feed
from imis_ai.ui import words
from imis_ai.ui.tables import Column, Pages, heads

SYNC = "mirror.sync"
NIGHT = "ops.nightly"
TITLES = {
    "chapters": "Chapters",
    "tiers": "Tiers",
    "tier_prices": "Tier prices",
    "benefits": "Benefits",
    "tier_benefits": "Benefits of tiers",
    "members": "Members",
    "terms": "Membership terms",
    "activities": "Activities",
    "web_visits": "Portal visits",
    "email_events": "E-mail events",
    "events": "Events",
    "registrations": "Registrations",
    "invoices": "Invoices",
    "invoice_lines": "Invoice lines",
    "payments": "Payments",
    "payment_attempts": "Card payments tried",
    "committees": "Committees",
    "texts": "Surveys, posts and cases",
    "relationships": "Relationships",
    "deletions": "Deletions and merges",
}
COLUMNS = [
    Column("Feed", "feed"),
    Column("Last success", "success", falls=True),
    Column("Age"),
    Column("Rows", "rows", "num", falls=True),
    Column("Changed", "", "num"),
    Column("Refused", "", "num"),
]


ACTIONS = Column("Actions", "", "num")
URGENCY = {"held": 0, "failed": 0, "late": 1}
REFUSED_COLUMNS = ["Record", "Feed", "Why it was refused", "First seen", "Last seen"]


@dataclass(frozen=True)
class Line:
    """One feed as shown; `state` is fresh, late, failed, held, paused or never."""

    feed: Feed
    title: str
    state: str
    refused: int


@require_safe
@needs("data.read")
def data(request: HttpRequest) -> HttpResponse:
    now = timezone.now()
    sort = request.GET.get("sort", "")
    refused = queries.refused_by_feed()
    lines = [_line(feed, refused.get(feed.name, 0), now) for feed in queries.feeds()]
    running = job_queries.open_run(SYNC)
    may_run = request.user.may("data.run")
    context = {
        "lines": _sorted(lines, sort),
        "heads": heads(COLUMNS + ([ACTIONS] if may_run else []), sort),
        "running": running,
        "running_title": running and job_queries.title(running.name),
        "cost": _cost(job_queries.last_done(SYNC), lines),
        "next_run": _next_run(now),
        "runs": [(run, job_queries.title(run.name)) for run in job_queries.recent(8)],
        "source": settings.IMIS_URL,
        "may_run": may_run,
        "may_see_refused": request.user.may("data.refused"),
    }
    return render(request, "data/data.html", context)


@require_POST
@needs("data.run")
def run(request: HttpRequest) -> HttpResponse:
    """Queue a sync; the page of the job shows how far it is."""
    if not settings.IMIS_URL:
        messages.warning(request, "No iMIS is connected. Set IMIS_URL and its account, or import an archive.")
        return redirect("data")
    args = {"full": True} if request.POST.get("full") else {}
    if request.POST.get("feed") in RESOURCES:
        args["resource"] = request.POST["feed"]
    job = jobs.request(name=SYNC, args=args, by=request.user, now=timezone.now())
    return redirect("job", job.pk)


@require_POST
@needs("data.run")
def pause(request: HttpRequest, feed: str) -> HttpResponse:
    _known(feed)
    is_paused = request.POST.get("do") != "resume"
    actions.pause(name=feed, is_paused=is_paused)
    title = TITLES.get(feed, feed)
    messages.success(request, f"{title}: paused." if is_paused else f"{title}: part of every run again.")
    return redirect("data")


@require_POST
@needs("data.run")
def release(request: HttpRequest, feed: str) -> HttpResponse:
    """A person has looked at what held the feed; the next run goes on."""
    _known(feed)
    if actions.release(name=feed, now=timezone.now()):
        messages.success(request, f"{TITLES.get(feed, feed)}: released. The next run reads it again.")
    else:
        messages.warning(request, f"{TITLES.get(feed, feed)} is not held; there is nothing to release.")
    return redirect("data")


@require_safe
@needs("data.read")
def past_run(request: HttpRequest, job_id: int) -> HttpResponse:
    """A sync of the past is the job that did it."""
    return redirect("job", job_id)


@require_safe
@needs("data.refused")
def refused(request: HttpRequest) -> HttpResponse:
    """Records that could not be stored, with the reason. Their content is not shown here."""
    feed = request.GET.get("feed") or None
    found = queries.rejects(feed)
    pages = Pages.of(_number(request.GET.get("page")), found.count())
    context = {
        "feed": TITLES.get(feed, feed) if feed else "",
        "rows": [(row, TITLES.get(row.feed, row.feed)) for row in found[pages.start : pages.stop]],
        "pages": pages,
        "heads": heads(
            [
                Column("Record"),
                Column("Feed"),
                Column("Why it was refused"),
                Column("First seen"),
                Column("Last seen"),
            ],
            "",
        ),
        "crumbs": [("Data and sync", reverse("data"))],
    }
    return render(request, "data/refused.html", context)


@require_POST
@needs("data.refused")
def settle(request: HttpRequest) -> HttpResponse:
    """Try chosen records again, or ignore them."""
    chosen = [int(pk) for pk in request.POST.getlist("pick") if pk.isdigit()]
    if not chosen:
        messages.warning(request, "Choose at least one record first.")
    elif request.POST.get("do") == "ignore":
        ignored = actions.ignore(reject_ids=chosen)
        messages.success(request, f"{words.plural(ignored, 'record')} ignored. They are no longer counted.")
    else:
        stored = actions.retry(reject_ids=chosen, now=timezone.now())
        messages.success(
            request, f"{stored} of {len(chosen)} could be stored now. The others keep their reason."
        )
    return redirect("refused")


@require_safe
@needs("data.read")
def scope(request: HttpRequest) -> HttpResponse:
    """Every object and field that is read from iMIS, and what for."""
    off = queries.fields_off()
    chosen = request.GET.get("object", "")
    chosen = chosen if chosen in RESOURCES else ""
    objects = [
        {
            "name": name,
            "title": TITLES.get(name, name),
            "resource": resource,
            "fields": [
                (field, field.name in off.get(name, ()), field.name not in resource.shape.needed)
                for field in resource.fields
            ],
        }
        for name, resource in RESOURCES.items()
        if chosen in ("", name)
    ]
    context = {
        "objects": objects,
        "chosen": chosen,
        "choices": [(name, TITLES.get(name, name)) for name in RESOURCES],
        "may_switch": request.user.may("data.scope"),
        "crumbs": [("Data and sync", reverse("data"))],
    }
    return render(request, "data/scope.html", context)


@require_POST
@needs("data.scope")
def switch(request: HttpRequest, feed: str, field: str) -> HttpResponse:
    """Leave one field out of every run, or read it again."""
    is_on = request.POST.get("do") == "on"
    now = timezone.now()
    reason = request.POST.get("reason", "")[:200]
    try:
        actions.switch_field(feed=feed, field=field, is_on=is_on, by=request.user, reason=reason, now=now)
    except actions.NotSwitchable as refusal:
        messages.warning(request, str(refusal))
    else:
        does = "is read again" if is_on else "is left out, and what was read of it is emptied,"
        messages.success(request, f"{TITLES.get(feed, feed)}, {field}: {does} from the next run on.")
    return redirect("scope")


def _known(feed: str) -> None:
    if not queries.feeds().filter(name=feed).exists():
        raise Http404


def _number(text: str | None) -> int:
    return int(text) if text and text.isdigit() and len(text) < 7 else 1


def _line(feed: Feed, refused: int, now: datetime) -> Line:
    return Line(
        feed, TITLES.get(feed.name, feed.name.replace("_", " ").capitalize()), _state(feed, now), refused
    )


def _state(feed: Feed, now: datetime) -> str:
    if feed.is_paused:
        return "paused"
    if feed.health != Feed.Health.FRESH:
        return feed.health
    is_late = now - feed.last_success_at > queries.SYNC_INTERVAL * queries.LATE
    return "late" if is_late else "fresh"


def _sorted(lines: list[Line], sort: str) -> list[Line]:
    long_ago = timezone.now() - timedelta(days=36_500)
    keys = {
        "feed": lambda line: line.title,
        "success": lambda line: line.feed.last_success_at or long_ago,
        "rows": lambda line: line.feed.rows,
    }
    if sort.lstrip("-") not in keys:
        order = list(RESOURCES)
        place = {name: position for position, name in enumerate(order)}
        return sorted(
            lines, key=lambda line: (URGENCY.get(line.state, 2), place.get(line.feed.name, len(order)))
        )
    return sorted(lines, key=keys[sort.lstrip("-")], reverse=sort.startswith("-"))


def _cost(before: JobRun | None, lines: list[Line]) -> str:
    """What reading the changes costs: time as the last run took, requests by what had changed then."""
    if before is None or not before.started_at:
        return "The first run reads everything; its page shows how long that takes."
    took = words.duration((before.finished_at - before.started_at).total_seconds())
    requests = sum(max(1, -(-line.feed.changed // settings.IMIS_PAGE_SIZE)) for line in lines)
    return f"About {took} and {words.plural(requests, 'request')} to iMIS, like the last run."


def _next_run(now: datetime) -> datetime | None:
    planned = (
        PeriodicTask.objects.filter(enabled=True, args__in=[json.dumps([name]) for name in (SYNC, NIGHT)])
        .select_related("crontab")
        .first()
    )
    return now + planned.schedule.remaining_estimate(now) if planned and planned.crontab else None
