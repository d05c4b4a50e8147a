"""Everything that changes a job's row. Requests only insert; the dispatcher and the workers do the rest."""

import logging
import traceback
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from celery.exceptions import SoftTimeLimitExceeded
from django.conf import settings
from django.db import IntegrityError, InterfaceError, OperationalError, connection, transaction
from django.db.models import F, Q, QuerySet
from django.db.models.functions import Coalesce, Now

from imis_ai.jobs import registry
from imis_ai.jobs.models import MAX_CLAIMS, TRANSITIONS, JobRun
from imis_ai.jobs.progress import Cancelled, Progress, Superseded
from imis_ai.jobs.pulse import Pulse

CHANNEL = "imis_ai_jobs"
State = JobRun.State

log = logging.getLogger(__name__)


class NotAllowed(Exception):
    """The job is not in a state from which this is possible; the text says which it is in."""


@transaction.atomic
def request(
    *, name: str, args: dict | None = None, by: Any, now: datetime, slot: str | None = None
) -> JobRun:
    """Queue a job: one row and one NOTIFY in one transaction, nothing else. Raises UnknownJob.

    The same work that is still waiting is returned instead of queued twice; a `slot` is used once for ever.
    """
    registry.find(name)
    args = args or {}
    row = JobRun(name=name, args=args, requested_by=by, created_at=now, slot=slot)
    JobRun.objects.bulk_create([row], ignore_conflicts=True)
    _notify()
    same = Q(name=name, args=args) if slot is None else Q(slot=slot) | Q(name=name, args=args)
    return JobRun.objects.filter(same).latest("pk")


def cancel(*, job_id: int, now: datetime) -> None:
    """Stop a waiting job at once, a running one at its next checkpoint. Raises NotAllowed."""
    job = JobRun.objects.filter(pk=job_id)
    if _move(job, [State.QUEUED], State.CANCELLED, message="Cancelled before it began.", finished_at=now):
        return
    if not job.filter(state=State.RUNNING).update(cancel_requested_at=now):
        raise NotAllowed(f"{_name(job)} is already over; there is nothing to cancel.")


@transaction.atomic
def resume(*, job_id: int, by: Any, now: datetime) -> None:
    """Queue a cancelled, failed or dead job again; parts with a receipt stay done. Raises NotAllowed."""
    job = JobRun.objects.filter(pk=job_id)
    try:
        with transaction.atomic():
            moved = _move(
                job,
                [State.CANCELLED, State.FAILED, State.DEAD],
                State.QUEUED,
                message="",
                requested_by=by,
                created_at=now,
                claims=0,
                finished_at=None,
                published_at=None,
                cancel_requested_at=None,
            )
    except IntegrityError:
        raise NotAllowed(f"{_name(job)} is already waiting to run; follow that run instead.") from None
    if not moved:
        raise NotAllowed(f"{_name(job)} is waiting, running or done; only a stopped job can be run again.")
    _notify()


def run(*, job_id: int, now: datetime) -> None:
    """Claim the job and do its work; returns at once when another worker has it or it is over."""
    if job := _claim(job_id=job_id, now=now):
        _execute(job, show=None)


def run_inline(
    *, name: str, args: dict | None = None, by: Any = None, now: datetime, show: Callable | None = None
) -> Any:
    """Do the job in this process, as commands do, with a row like any other; returns its function's result.

    `show(progress)` is called twice a second. Exceptions reach the caller after the row is closed. A killed
    command is not taken over by a worker: its one claim is the last one.
    """
    registry.find(name)
    job = JobRun.objects.create(
        name=name,
        args=args or {},
        requested_by=by,
        state=State.RUNNING,
        created_at=now,
        started_at=now,
        heartbeat_at=now,
        claims=MAX_CLAIMS,
    )
    return _execute(job, show=show, reraise=True)


@transaction.atomic
def take_due(*, limit: int = 100) -> list[tuple[int, str]]:
    """Ids and names of jobs that a worker should hear of now, marked as handed over. For the dispatcher."""
    unheard = Q(published_at=None) | Q(published_at__lt=Now() - _lease())  # a message sent twice is harmless
    free = Q(state=State.QUEUED) | _expired() & Q(claims__lt=MAX_CLAIMS)
    due = JobRun.objects.filter(unheard & free).order_by("pk").select_for_update(skip_locked=True)[:limit]
    found = [(job.pk, job.name) for job in due]
    JobRun.objects.filter(pk__in=[pk for pk, _ in found]).update(published_at=Now())
    return found


def give_back(*, job_ids: list[int]) -> None:
    """The broker did not take these: they are due again."""
    JobRun.objects.filter(pk__in=job_ids).update(published_at=None)


def bury(*, now: datetime) -> int:
    """Declare dead what lost its worker for the last permitted time; returns how many."""
    return _move(
        JobRun.objects.filter(_expired(), claims__gte=MAX_CLAIMS),
        [State.RUNNING],
        State.DEAD,
        message="Given up: it was cut off each time. Read the worker's log, then run it again.",
        finished_at=now,
    )


def once(*, job_id: int, key: str, work: Callable[[], object]) -> bool:
    """Do one part of a job exactly once, however often the job is started; False when it was done before.

    The receipt is written first, in the work's own transaction: a twin waits for it and then stands back.
    """
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute(
                "INSERT INTO jobs_jobpart (job_id, key) VALUES (%s, %s) ON CONFLICT DO NOTHING", [job_id, key]
            )
            if not cursor.rowcount:
                return False
        work()
    return True


def _claim(*, job_id: int, now: datetime) -> JobRun | None:
    free = Q(state=State.QUEUED) | _expired()
    won = _move(
        JobRun.objects.filter(free, pk=job_id, claims__lt=MAX_CLAIMS),
        [State.QUEUED, State.RUNNING],
        State.RUNNING,
        claims=F("claims") + 1,
        started_at=Coalesce("started_at", now),
        heartbeat_at=Now(),
    )
    return JobRun.objects.get(pk=job_id) if won else None


def _execute(job: JobRun, *, show: Callable | None, reraise: bool = False) -> Any:
    progress = Progress(_stages(job), job_id=job.pk)
    tick = (lambda: show(progress)) if show else None
    result, state, text, problem = None, State.DONE, None, None
    with Pulse(job_id=job.pk, claim=job.claims, progress=progress, show=tick):
        try:
            result = registry.find(job.name).work(progress, **job.args)
        except Superseded:
            log.warning("job %s %s was taken over by another worker", job.pk, job.name)
            return None
        except (OperationalError, InterfaceError) as lost:
            if not reraise:  # the database went away, not the work: the lease runs out and it begins again
                log.warning("job %s %s lost the database (%s)", job.pk, job.name, type(lost).__name__)
                return None
            problem = lost
            state, text = _verdict(job.name, lost)
        except BaseException as raised:
            problem = raised
            state, text = _verdict(job.name, raised)
        finally:
            progress.finish()
    if tick:
        tick()
    if not connection.in_atomic_block:
        connection.close_if_unusable_or_obsolete()  # the work may have ended because the server went away
    mine = JobRun.objects.filter(pk=job.pk, claims=job.claims)
    text = progress.text if text is None else text
    _move(mine, [State.RUNNING], state, message=text, stages=progress.stages(), finished_at=Now())
    if problem is not None and (reraise or not isinstance(problem, Exception)):
        raise problem
    return result


def _stages(job: JobRun) -> list[str]:
    return list(registry.JOBS[job.name].stages) if job.name in registry.JOBS else []


def _verdict(name: str, problem: BaseException) -> tuple[str, str]:
    """State and sentence for a job that ended with `problem`. Logs the place, never the exception's text."""
    if isinstance(problem, Cancelled):
        return State.CANCELLED, "Cancelled. What was finished stays; running it again goes on from there."
    if isinstance(problem, KeyboardInterrupt):
        return State.CANCELLED, "Stopped at the terminal."
    if isinstance(problem, registry.UnknownJob):
        return State.FAILED, str(problem)
    if isinstance(problem, registry.find(name).refusals):
        return State.FAILED, str(problem)
    if isinstance(problem, SoftTimeLimitExceeded):
        minutes = registry.find(name).time_limit // 60
        return (
            State.FAILED,
            f"Stopped: it took longer than its limit of {minutes} minutes. Run it again to go on.",
        )
    frames = traceback.extract_tb(problem.__traceback__)
    place = "\n".join(f"  {frame.filename}:{frame.lineno} {frame.name}" for frame in frames)
    log.error("job %s failed with %s\n%s", name, type(problem).__name__, place)
    return (
        State.FAILED,
        f"Stopped by an unexpected error ({type(problem).__name__}). The worker's log has the place.",
    )


def _move(rows: QuerySet, old: list[str], new: str, **fields: Any) -> int:
    """The only way a job changes its state: a conditional UPDATE; returns how many rows it won."""
    illegal = [state for state in old if new not in TRANSITIONS[state]]
    if illegal:
        raise NotAllowed(f"A job cannot go from {', '.join(illegal)} to {new}.")
    return rows.filter(state__in=old).update(state=new, **fields)


def _expired() -> Q:
    return Q(state=State.RUNNING, heartbeat_at__lt=Now() - _lease())


def _lease() -> timedelta:
    return timedelta(seconds=settings.JOB_LEASE_SECONDS)


def _notify() -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"NOTIFY {CHANNEL}")


def _name(job: QuerySet) -> str:
    found = job.values_list("name", flat=True).first()
    if found is None:
        raise NotAllowed("There is no such job; open the list of jobs and choose one.")
    title = registry.JOBS[found].title if found in registry.JOBS else found
    return f"“{title}”"
