"""The thread beside a running job: heartbeat, progress and cancel requests on a connection of its own."""

import logging
import threading
import time
from collections.abc import Callable

from django.db import DatabaseError, connection
from django.db.models.functions import Now

from imis_ai.jobs.models import JobRun
from imis_ai.jobs.progress import Progress

INTERVAL = 0.5  # seconds; progress is stored at most twice a second
HEARTBEAT = 2.0  # seconds without news after which the row is touched all the same

log = logging.getLogger(__name__)


class Pulse(threading.Thread):
    """`with Pulse(...)` around the work; autocommit, so a long transaction hides nothing."""

    def __init__(
        self, *, job_id: int, claim: int, progress: Progress, show: Callable[[], None] | None
    ) -> None:
        super().__init__(name=f"pulse of job {job_id}", daemon=True)
        self._row = JobRun.objects.filter(pk=job_id, claims=claim, state=JobRun.State.RUNNING)
        self._progress = progress
        self._show = show
        self._over = threading.Event()
        self._stored: tuple = ()
        self._stored_at = 0.0

    def __enter__(self) -> "Pulse":
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self.join()

    def run(self) -> None:
        try:
            while not self._over.wait(INTERVAL):
                if self._show:
                    self._show()
                self._beat()
        finally:
            connection.close()

    def _beat(self) -> None:
        news = (self._progress.text, self._counts())
        if news == self._stored and time.monotonic() - self._stored_at < HEARTBEAT:
            return
        try:
            found = self._row.update(heartbeat_at=Now(), message=news[0], stages=self._progress.stages())
            cancelled = found and self._row.filter(cancel_requested_at__isnull=False).exists()
        except DatabaseError as problem:  # the server restarts: the work itself will notice, or not need it
            log.warning("no heartbeat for job: %s", type(problem).__name__)
            connection.close()
            return
        self._stored, self._stored_at = news, time.monotonic()
        if not found:
            self._progress.lose()
        elif cancelled:
            self._progress.request_cancel()

    def _counts(self) -> tuple:
        return tuple((stage["name"], stage["done"], stage["total"]) for stage in self._progress.stages())
