"""Long-running processes of one machine: each leads a group, is restarted on a crash and stopped clean."""

import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path

from django.conf import settings

from imis_ai.celery import QUICK

PATIENCE = 10.0  # seconds between asking a process to end and killing its group
STEADY = 30.0  # a process that lived this long is restarted at once
LONGEST_PAUSE = 30.0
STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
PR_SET_PDEATHSIG = 1


@dataclass(frozen=True)
class Kind:
    """What to start. `orphaned` is the signal it gets when its supervisor is killed."""

    name: str
    command: list[str]
    env: Mapping[str, str] = field(default_factory=dict)
    orphaned: int = signal.SIGTERM


def worker(concurrency: int) -> Kind:
    return _worker("worker", "--concurrency", str(concurrency))


def quick_worker() -> Kind:
    """For what may not wait behind a long job: the way from an event to a new score."""
    return _worker("quick", "--concurrency", "1", "--queues", QUICK, "--hostname", "quick@%h")


def _worker(name: str, *options: str) -> Kind:
    celery = [sys.executable, "-m", "celery", "-A", "imis_ai.celery", "worker", "--loglevel", "WARNING"]
    quiet = ["--without-gossip", "--without-mingle", "--without-heartbeat"]
    # on SIGTERM it would finish its job first, unwatched; the job is taken over instead
    return Kind(name, [*celery, *quiet, *options], orphaned=signal.SIGQUIT)


def dispatcher() -> Kind:
    return Kind("dispatcher", [sys.executable, "manage.py", "run_dispatcher"])


def with_env(kind: Kind, env: Mapping[str, str]) -> Kind:
    """The same with more in its environment."""
    return replace(kind, env={**kind.env, **env})


def beat() -> Kind:
    return Kind("beat", [sys.executable, "-m", "celery", "-A", "imis_ai.celery", "beat", "--pidfile="])


def web(address: str) -> Kind:
    command = [sys.executable, "-m", "gunicorn", "imis_ai.wsgi", "--bind", address, "--preload"]
    return Kind(
        "web",
        [*command, "--workers", "2", "--threads", "4", "--graceful-timeout", "5", "--log-level", "warning"],
    )


@contextmanager
def stoppable() -> Iterator[None]:
    """Inside, Ctrl-C, SIGTERM and a closed terminal all raise KeyboardInterrupt."""

    def stop(*_: object) -> None:
        raise KeyboardInterrupt

    before = {number: signal.signal(number, stop) for number in STOP_SIGNALS}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


class Supervisor:
    """`with Supervisor(...) as group:` starts kinds and keeps them alive; leaving the block ends them all."""

    def __init__(self, *, logs: Path, say: Callable[[str], None]) -> None:
        self._logs = logs
        self._say = say
        self._kinds: dict[str, Kind] = {}
        self._processes: dict[str, subprocess.Popen] = {}
        self._begun: dict[str, float] = {}
        self._pauses: dict[str, float] = {}

    def __enter__(self) -> "Supervisor":
        return self

    def __exit__(self, *_: object) -> None:
        before = {number: signal.signal(number, signal.SIG_IGN) for number in STOP_SIGNALS}
        try:
            self.stop()
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    def start(self, kind: Kind) -> None:
        self._logs.mkdir(parents=True, exist_ok=True)
        with self.log_of(kind.name).open("a") as log:
            self._processes[kind.name] = subprocess.Popen(  # noqa: S603  our own commands
                kind.command,
                env=os.environ | dict(kind.env),
                cwd=settings.BASE_DIR,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                preexec_fn=_end_with_parent(kind.orphaned),
            )
        self._kinds[kind.name] = kind
        self._begun[kind.name] = time.monotonic()

    def log_of(self, name: str) -> Path:
        return self._logs / f"{name}.log"

    def is_alive(self, name: str) -> bool:
        return self._processes[name].poll() is None

    def watch(self) -> None:
        """For ever; what dies meanwhile is started again, later each time it dies young."""
        while True:
            for name, process in list(self._processes.items()):
                if process.poll() is not None:
                    self._restart(name)
            time.sleep(0.2)

    def stop(self) -> None:
        """Ask each leader to end, the last started first; then kill what is left of its group."""
        processes = list(reversed(self._processes.values()))
        for process in processes:
            if process.poll() is None:
                process.terminate()
        deadline = time.monotonic() + PATIENCE
        for process in processes:
            with suppress(subprocess.TimeoutExpired):
                process.wait(max(0.0, deadline - time.monotonic()))
            _kill_group(process)
        self._processes.clear()

    def _restart(self, name: str) -> None:
        process = self._processes[name]
        _kill_group(process)
        lived = time.monotonic() - self._begun[name]
        self._pauses[name] = (
            0.0 if lived > STEADY else min(LONGEST_PAUSE, self._pauses.get(name, 0.0) * 2 or 1.0)
        )
        self._say(f"{name} ended with code {process.returncode}; starting it again. Log: {self.log_of(name)}")
        time.sleep(self._pauses[name])
        self.start(self._kinds[name])


def _kill_group(process: subprocess.Popen) -> None:
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def _end_with_parent(how: int) -> Callable[[], None] | None:
    """Linux sends `how` to the child when this process dies, however it dies."""
    if sys.platform != "linux":
        return None
    libc, parent = ctypes.CDLL(None), os.getpid()

    def prepare() -> None:
        libc.prctl(PR_SET_PDEATHSIG, how)
        if os.getppid() != parent:
            os._exit(1)

    return prepare
