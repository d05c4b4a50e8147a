"""A real worker, dispatcher and Redis of their own beside the test database."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from urllib.parse import quote

import psutil
import redis
from django.conf import settings
from django.db import connection

from imis_ai import embedded

ROOT = Path(__file__).resolve().parents[2]
LEASE = 3


class Plant:
    def __init__(self, folder: Path) -> None:
        self.socket = folder / "redis.sock"
        self.folder = folder
        self.processes = {}
        database = connection.settings_dict
        host = quote(str(database["HOST"]), safe="")
        login = database["USER"] + (f":{quote(database['PASSWORD'])}" if database["PASSWORD"] else "")
        port = f":{database['PORT']}" if database["PORT"] else ""
        self.env = os.environ | {
            "DATABASE_URL": f"postgres://{login}@{host}{port}/{database['NAME']}",
            "REDIS_URL": f"unix://{self.socket}",
            "JOB_LEASE_SECONDS": str(LEASE),
            "LOG_LEVEL": "WARNING",
            "PYTHONWARNINGS": "ignore",
            "IMIS_AI_VAR": str(settings.VAR_DIR),
        }

    def start(self, *names: str) -> None:
        for name in names:
            getattr(self, f"_start_{name}")()

    def kill_group(self, name: str) -> None:
        os.killpg(self.processes[name].pid, signal.SIGKILL)
        self.processes.pop(name).wait()

    def stop(self) -> None:
        for name in list(self.processes):
            self.kill_group(name)
        self.stop_redis(signal.SIGKILL)

    def redis(self) -> redis.Redis:
        return redis.Redis(unix_socket_path=str(self.socket), socket_timeout=2)

    def redis_process(self) -> psutil.Process:
        return psutil.Process(int((self.folder / "redis.pid").read_text()))

    def stop_redis(self, how: int) -> None:
        process = self.redis_process()
        process.send_signal(how)
        process.wait(10)

    def worker_children(self) -> list[psutil.Process]:
        return psutil.Process(self.processes["worker"].pid).children()

    def _start_redis(self) -> None:
        embedded._start_redis(self.folder, self.socket)

    def _start_worker(self) -> None:
        self._spawn(
            "worker",
            *(
                "-m",
                "celery",
                "-A",
                "imis_ai.celery",
                "worker",
                "-I",
                "tests.jobs.work",
                "--concurrency",
                "1",
            ),
            *("-l", "WARNING", "--without-gossip", "--without-mingle", "--without-heartbeat"),
        )
        wait_for(lambda: self.worker_children() != [], "no worker", 40)

    def _start_dispatcher(self) -> None:
        self._spawn("dispatcher", "manage.py", "run_dispatcher")

    def _spawn(self, name: str, *arguments: str) -> None:
        with (self.folder / f"{name}.log").open("a") as log:
            self.processes[name] = subprocess.Popen(
                [sys.executable, *arguments],
                cwd=ROOT,
                env=self.env,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )


def wait_for(ready, problem: str, seconds: float = 30) -> float:
    """Seconds it took."""
    begun = time.monotonic()
    while not ready():
        assert time.monotonic() - begun < seconds, problem
        time.sleep(0.05)
    return time.monotonic() - begun
