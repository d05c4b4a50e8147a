"""What pages and commands read about jobs: percent, time left, the state of the queue."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Min, Q, QuerySet

from imis_ai.jobs import registry
from imis_ai.jobs.models import JobRun


@dataclass(frozen=True)
class Stage:
    name: str
    done: int
    total: int | None
    seconds: float
    state: str  # done, now, next


@dataclass(frozen=True)
class View:
    """One job as shown: `percent` and `seconds_left` are None while there is nothing to base them on."""

    job: JobRun
    title: str
    stages: list[Stage]
    percent: int | None
    seconds_left: int | None


@dataclass(frozen=True)
class Queue:
    waiting: int
    running: int
    dead: int
    failed: int
    oldest_waiting_at: datetime | None


def view(job: JobRun) -> View:
    """A job with what follows from its counts and from the last run of the same name."""
    usual = _usual_seconds(job)
    stages = _stages(job)
    left = None if job.is_over else seconds_left(job.stages, usual)
    spent = sum(stage.seconds for stage in stages)
    if job.state == JobRun.State.DONE:
        percent = 100
    else:
        percent = min(99, round(100 * spent / (spent + left))) if left is not None and spent + left else None
    return View(job, title(job.name), stages, percent, None if left is None else round(left))


def title(name: str) -> str:
    return registry.JOBS[name].title if name in registry.JOBS else name


def seconds_left(stages: list[dict], usual: dict[str, float]) -> float | None:
    """Rest of the current stage by its own pace, later stages by their last duration; None when unknown.

    `stages` as stored on the job, `usual` seconds per stage name of the last finished run (may be empty).
    """
    begun = [i for i, stage in enumerate(stages) if stage["seconds"] or stage["done"]]
    if not begun:
        return sum(usual.values()) if usual else None
    current, later = stages[begun[-1]], stages[begun[-1] + 1 :]
    rest = _rest_of(current, usual)
    if rest is None or any(stage["name"] not in usual for stage in later):
        return None
    return rest + sum(usual[stage["name"]] for stage in later)


def recent(limit: int = 20) -> QuerySet[JobRun]:
    """What somebody or the schedule asked for. Jobs that watch for their own work would drown it."""
    quiet = [name for name, job in registry.JOBS.items() if job.due]
    return JobRun.objects.exclude(name__in=quiet).select_related("requested_by").order_by("-pk")[:limit]


def stopped() -> QuerySet[JobRun]:
    """Failed and dead jobs that nobody ran again: the dead letters."""
    return JobRun.objects.filter(state__in=[JobRun.State.FAILED, JobRun.State.DEAD]).order_by("-pk")


def last_done(name: str) -> JobRun | None:
    return JobRun.objects.filter(name=name, state=JobRun.State.DONE).order_by("-pk").first()


def open_run(name: str) -> JobRun | None:
    """The waiting or running job of this name, newest first."""
    return JobRun.objects.filter(name=name, finished_at=None).order_by("-pk").first()


def queue() -> Queue:
    waiting = Q(state=JobRun.State.QUEUED)
    return Queue(
        **JobRun.objects.aggregate(
            waiting=Count("pk", filter=waiting),
            running=Count("pk", filter=Q(state=JobRun.State.RUNNING)),
            dead=Count("pk", filter=Q(state=JobRun.State.DEAD)),
            failed=Count("pk", filter=Q(state=JobRun.State.FAILED)),
            oldest_waiting_at=Min("created_at", filter=waiting),
        )
    )


def _rest_of(stage: dict, usual: dict[str, float]) -> float | None:
    if stage["total"] and stage["done"]:
        return stage["seconds"] * max(0, stage["total"] - stage["done"]) / stage["done"]
    if stage["name"] in usual:
        return max(0.0, usual[stage["name"]] - stage["seconds"])
    return None


def _usual_seconds(job: JobRun) -> dict[str, float]:
    before = (
        JobRun.objects.filter(name=job.name, state=JobRun.State.DONE, pk__lt=job.pk)
        .order_by("-pk")
        .values_list("stages", flat=True)
        .first()
    )
    return {stage["name"]: stage["seconds"] for stage in before or []}


def _stages(job: JobRun) -> list[Stage]:
    begun = [i for i, stage in enumerate(job.stages) if stage["seconds"] or stage["done"]]
    last = begun[-1] if begun else -1
    ended = job.state == JobRun.State.DONE

    def state(i: int) -> str:
        if ended or i < last:
            return "done"
        return "now" if i == last else "next"

    return [
        Stage(stage["name"], stage["done"], stage["total"], stage["seconds"], state(i))
        for i, stage in enumerate(job.stages)
    ]
