"""One job as it runs: a page whose fragment is asked for again every two seconds, and its cancel button."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from imis_ai.accounts.rights import Refused, needs
from imis_ai.jobs import actions, queries
from imis_ai.jobs.models import JobRun
from imis_ai.ui import words

POLL = 2  # seconds


@require_safe
@needs("jobs.read")
def job(request: HttpRequest, job_id: int) -> HttpResponse:
    template = "jobs/_job.html" if request.htmx else "jobs/job.html"
    return render(request, template, _context(request, job_id))


@require_POST
@needs("jobs.read")
def cancel(request: HttpRequest, job_id: int) -> HttpResponse:
    """Administrators stop any job, others the one they asked for."""
    run = get_object_or_404(JobRun, pk=job_id)
    if run.requested_by_id != request.user.pk and not request.user.may("jobs.cancel"):
        raise Refused("jobs.cancel")
    try:
        actions.cancel(job_id=job_id, now=timezone.now())
    except actions.NotAllowed as refusal:
        messages.warning(request, str(refusal))
    else:
        messages.success(request, "It stops after the part it is in, and goes on from there when run again.")
    return redirect("job", job_id)


@require_POST
@needs("data.run")
def resume(request: HttpRequest, job_id: int) -> HttpResponse:
    get_object_or_404(JobRun, pk=job_id)
    try:
        actions.resume(job_id=job_id, by=request.user, now=timezone.now())
    except actions.NotAllowed as refusal:
        messages.warning(request, str(refusal))
    return redirect("job", job_id)


def _context(request: HttpRequest, job_id: int) -> dict:
    run = get_object_or_404(JobRun.objects.select_related("requested_by"), pk=job_id)
    shown = queries.view(run)
    mine = run.requested_by_id == request.user.pk
    return {
        "shown": shown,
        "run": run,
        "headline": _headline(shown),
        "counts": _counts(shown),
        "left": _left(shown),
        "poll": POLL,
        "may_cancel": not run.is_over
        and not run.cancel_requested_at
        and (mine or request.user.may("jobs.cancel")),
        "may_resume": run.state in ("failed", "dead", "cancelled") and request.user.may("data.run"),
    }


def _headline(shown: queries.View) -> str:
    run = shown.job
    if run.cancel_requested_at and not run.is_over:
        return "Stopping after the part it is in"
    if run.state == JobRun.State.RUNNING:
        now = next((stage.name for stage in shown.stages if stage.state == "now"), "")
        return now or "Starting"
    if run.state == JobRun.State.QUEUED:
        return "Waiting for a worker"
    return {"done": "Done", "failed": "Failed", "cancelled": "Cancelled", "dead": "Given up"}[run.state]


def _counts(shown: queries.View) -> str:
    now = next((stage for stage in shown.stages if stage.state == "now"), None)
    if shown.job.is_over or now is None or not now.done:
        return ""
    if now.total:
        return f"{words.count(now.done)} of {words.count(now.total)}"
    return words.count(now.done)


def _left(shown: queries.View) -> str:
    run = shown.job
    if run.finished_at and run.started_at:
        return f"took {words.duration((run.finished_at - run.started_at).total_seconds())}"
    if shown.seconds_left is None or run.state != JobRun.State.RUNNING:
        return ""
    return f"about {words.duration(shown.seconds_left)} left"
