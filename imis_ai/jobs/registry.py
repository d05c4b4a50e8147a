"""Which jobs exist. An app's `tasks.py` registers a function here; everything else speaks of jobs by name."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

LONGEST = (
    3600  # seconds; half of Celery's visibility timeout, so that no message comes back while its job runs
)


class UnknownJob(Exception):
    """No job of that name is registered."""


@dataclass(frozen=True)
class Job:
    name: str
    title: str
    work: Callable
    stages: tuple[str, ...]
    time_limit: int
    refusals: tuple[type[Exception], ...]
    due: Callable[[datetime], bool] | None = None
    is_quick: bool = False


JOBS: dict[str, Job] = {}


def job(
    name: str,
    *,
    title: str,
    stages: Sequence[str] = (),
    time_limit: int = LONGEST,
    refusals: tuple[type[Exception], ...] = (),
    due: Callable[[datetime], bool] | None = None,
    is_quick: bool = False,
) -> Callable[[Callable], Callable]:
    """Register `work(progress, **args)` under a dotted name.

    `stages` are shown before they begin. The text of an exception listed in `refusals` is shown to staff as
    it is; any other exception may quote a row, so only its kind is shown. `due(now)` is asked by the
    dispatcher every second: a job with work of its own to watch is requested within a second of its time.
    A quick job does not wait behind long ones.
    """
    if time_limit > LONGEST:
        raise ValueError(f"{name}: a job may take {LONGEST} seconds at most; split it into smaller jobs")

    def register(work: Callable) -> Callable:
        JOBS[name] = Job(name, title, work, tuple(stages), time_limit, refusals, due, is_quick)
        return work

    return register


def find(name: str) -> Job:
    """The registered job. Raises UnknownJob."""
    try:
        return JOBS[name]
    except KeyError:
        known = ", ".join(sorted(JOBS)) or "none"
        raise UnknownJob(f"There is no job named {name!r}. Use one of: {known}.") from None
