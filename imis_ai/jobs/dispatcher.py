"""Hands ids of due jobs to Celery. The table is the truth: a lost, frozen or empty Redis only delays."""

import logging
import time
from collections.abc import Callable
from datetime import datetime

import psycopg
from django.db import DatabaseError, connection, connections

from imis_ai.celery import DEFAULT, QUICK, app
from imis_ai.jobs import actions, queries, registry

POLL = 1.0  # seconds
LONGEST_PAUSE = 5.0  # seconds between attempts while the broker is away

log = logging.getLogger(__name__)


class Dispatcher:
    """`run()` until `stop` is set. Any number of dispatchers may run beside each other."""

    def __init__(self, *, clock: Callable[[], datetime]) -> None:
        self._clock = clock
        self._pause = 0.0
        self._stopped = False
        self._asked_at = -POLL

    def stop(self) -> None:
        self._stopped = True

    def run(self) -> None:
        while not self._stopped:
            try:
                self._listen()
                while not self._stopped:
                    self.tick()
                    self._wait()
            except (DatabaseError, psycopg.Error) as problem:
                log.warning("database away (%s), trying again", type(problem).__name__)
                connections.close_all()
                time.sleep(POLL)

    def tick(self) -> int:
        """One round: bury the dead, hand over what is due; returns how many were handed over."""
        now = self._clock()
        actions.bury(now=now)
        self._ask(now)
        due = actions.take_due()
        for sent, (job_id, name) in enumerate(due):
            try:
                publish(job_id, name)
            except Exception as problem:
                actions.give_back(job_ids=[pk for pk, _ in due[sent:]])
                self._pause = min(LONGEST_PAUSE, self._pause * 2 or POLL)
                log.warning("broker away (%s), %s jobs wait", type(problem).__name__, len(due) - sent)
                return sent
        self._pause = 0.0
        return len(due)

    def _ask(self, now: datetime) -> None:
        """Jobs that say themselves when they are due, at most once a second."""
        if time.monotonic() - self._asked_at < POLL:
            return
        self._asked_at = time.monotonic()
        for name, job in registry.JOBS.items():
            if job.due and not queries.open_run(name) and job.due(now):
                actions.request(name=name, by=None, now=now)

    def _listen(self) -> None:
        with connection.cursor() as cursor:
            cursor.execute(f"LISTEN {actions.CHANNEL}")

    def _wait(self) -> None:
        """Until a NOTIFY or a second has passed, or the pause after a broker failure is over."""
        if self._pause:
            time.sleep(self._pause)
            return
        for _ in connection.connection.notifies(timeout=POLL, stop_after=1):
            return


def publish(job_id: int, name: str) -> None:
    """One message: the id. Raises what the broker's client raises, within its socket timeouts."""
    job = registry.JOBS.get(name)
    limit = job.time_limit if job else registry.LONGEST
    app.send_task(
        "jobs.run",
        args=[job_id],
        queue=QUICK if job and job.is_quick else DEFAULT,
        retry=False,
        ignore_result=True,
        soft_time_limit=limit,
        time_limit=limit + 60,
    )
