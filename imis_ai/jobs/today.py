"""What background work says on the first page: what finished, and for administrators what failed."""

from django.db.models import Q
from django.urls import reverse

from imis_ai.accounts.models import User
from imis_ai.jobs import registry
from imis_ai.jobs.models import JobRun
from imis_ai.jobs.queries import title
from imis_ai.ui.today import TODAY, Asked, Event, Figure, Part, Waits

STOPPED = (JobRun.State.FAILED, JobRun.State.DEAD)
MOST = 200


def part(asked: Asked) -> Part:
    """One query."""
    quiet = [name for name, job in registry.JOBS.items() if job.due]
    is_admin = asked.viewer.role == User.Role.ADMIN
    wanted = Q(finished_at__gte=asked.since, state=JobRun.State.DONE) & ~Q(name__in=quiet)
    if is_admin:
        wanted |= Q(state__in=STOPPED)
    rows = list(JobRun.objects.filter(wanted).order_by("-finished_at")[:MOST])
    done = [job for job in rows if job.state == JobRun.State.DONE]
    found = Part(events=[_event(job) for job in _last_of_each(done)])
    if is_admin:
        stopped = [job for job in rows if job.state in STOPPED]
        found.figures.append(_figure(stopped))
        found.waits += _waits(stopped)
    return found


def _last_of_each(done: list[JobRun]) -> list[JobRun]:
    newest: dict[str, JobRun] = {}
    for job in done:
        newest.setdefault(job.name, job)
    return list(newest.values())


def _event(job: JobRun) -> Event:
    return Event(job.finished_at, f"{title(job.name)} finished.", job.message, reverse("job", args=[job.pk]))


def _figure(stopped: list[JobRun]) -> Figure:
    newest = f"last: {title(stopped[0].name).lower()}" if stopped else "every job of late finished"
    tone = "bad" if stopped else "good"
    return Figure(
        20, "Failed jobs", str(len(stopped)), "not run again yet", newest, tone, address=_where(stopped)
    )


def _waits(stopped: list[JobRun]) -> list[Waits]:
    if not stopped:
        return []
    first = stopped[0]
    why = f"{title(first.name)}: {first.message or 'it gave no reason.'}"
    oldest = min(job.finished_at for job in stopped)
    return [Waits(len(stopped), "Failed jobs", why, _where(stopped), "Open", oldest=oldest, due=TODAY)]


def _where(stopped: list[JobRun]) -> str:
    return reverse("job", args=[stopped[0].pk]) if len(stopped) == 1 else reverse("data")
