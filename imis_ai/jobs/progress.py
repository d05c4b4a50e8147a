"""How far a job is: stages and counts in memory, read by the page and the terminal bar alike."""

import threading
import time
from collections.abc import Sequence


class Cancelled(Exception):
    """Somebody asked for this job to stop; what is done stays done."""


class Superseded(Exception):
    """This worker was silent for too long and another one has taken the job over."""


class Progress:
    """Handed to the job's function as its first argument. Counting costs no database query."""

    def __init__(self, stages: Sequence[str] = (), job_id: int | None = None) -> None:
        self.job_id = job_id
        self._lock = threading.Lock()
        self._stages = [{"name": name, "done": 0, "total": None, "seconds": 0.0} for name in stages]
        self._current: dict | None = None
        self._since = 0.0
        self._text = ""
        self._cancel = threading.Event()
        self._lost = threading.Event()

    def stage(self, name: str, total: int | None = None) -> None:
        """Begin a stage (or go on with it), with the number of things to do where that is known."""
        with self._lock:
            self._stop_clock()
            found = next((stage for stage in self._stages if stage["name"] == name), None)
            if found is None:
                found = {"name": name, "done": 0, "total": None, "seconds": 0.0}
                self._stages.append(found)
            if total is not None:
                found["total"] = total
            self._current = found

    def advance(self, n: int = 1) -> None:
        """Count `n` more things done in the current stage."""
        with self._lock:
            if self._current is not None:
                self._current["done"] += n

    def note(self, text: str) -> None:
        """A sentence for staff; the last one stays on the finished job."""
        self._text = text

    def checkpoint(self) -> None:
        """Call between parts. Raises Cancelled or Superseded when the job should stop here."""
        if self._lost.is_set():
            raise Superseded
        if self._cancel.is_set():
            raise Cancelled

    @property
    def text(self) -> str:
        return self._text

    def stages(self) -> list[dict]:
        """The numbers as stored: name, done, total or None, seconds; the current stage's clock included."""
        with self._lock:
            self._stop_clock()
            return [{**stage, "seconds": round(stage["seconds"], 1)} for stage in self._stages]

    def current(self) -> str | None:
        return self._current["name"] if self._current else None

    def finish(self) -> None:
        """Stop the clock; a stage that counted nothing counts as one thing done."""
        with self._lock:
            self._stop_clock()
            self._current = None

    def request_cancel(self) -> None:
        self._cancel.set()

    def lose(self) -> None:
        self._lost.set()

    def _stop_clock(self) -> None:
        now = time.monotonic()
        if self._current is not None:
            self._current["seconds"] += now - self._since
        self._since = now


class _Silent(Progress):
    """Counts nothing and never stops anybody: for calls that nobody watches, and for tests."""

    def stage(self, name: str, total: int | None = None) -> None: ...
    def advance(self, n: int = 1) -> None: ...
    def note(self, text: str) -> None: ...


SILENT = _Silent()
