"""What the doctor looks at: programs, database, broker, disk, settings, jobs, iMIS."""

import importlib.metadata
import platform
import shutil
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

import redis
from django.conf import settings
from django.core import checks as system
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor

from imis_ai.imis.errors import ImisError
from imis_ai.jobs import queries as jobs
from imis_ai.mirror import tasks as mirror
from imis_ai.ops import launch

OK, OFF, WARNING, FAILED = "ok", "off", "warning", "failed"
PACKAGES = ("Django", "celery", "psycopg", "numpy", "scikit-learn")
OLDEST_PYTHON = (3, 11)
OLDEST_POSTGRES = 15
LITTLE_DISK, TOO_LITTLE_DISK = 10, 2  # GiB
PATIENCE_WITH_QUEUE = timedelta(minutes=2)


@dataclass(frozen=True)
class Finding:
    """One line of the report. `fix` says what to do unless all is well."""

    name: str
    state: str
    detail: str
    fix: str = ""


class Unreachable(Exception):
    """iMIS did not answer."""


def examine(*, now: datetime, port: int) -> Iterator[Finding]:
    """Every finding but iMIS, in the order in which one would repair them."""
    yield _python()
    yield _packages()
    yield from _settings()
    database = _database()
    yield database
    if database.state != FAILED:
        for look in (_vectors, _migrations, lambda: _queue(now)):
            yield _guarded(look)
    yield _redis()
    yield _disk()
    yield _port(port)


def probe() -> list[dict]:
    """What the configured iMIS lets us do per endpoint. Raises Unreachable with a sentence."""
    try:
        return [
            {
                "resource": found.resource,
                "path": found.path,
                "state": found.state,
                "detail": found.detail,
            }
            for found in mirror.probe()
        ]
    except ImisError as problem:
        raise Unreachable(str(problem)) from None


def _python() -> Finding:
    version = platform.python_version()
    if sys.version_info < OLDEST_PYTHON:
        return Finding("Python", FAILED, version, "Install Python 3.11 to 3.14 and run make demo again.")
    return Finding("Python", OK, version)


def _packages() -> Finding:
    missing, found = [], []
    for name in PACKAGES:
        try:
            found.append(f"{name} {importlib.metadata.version(name)}")
        except importlib.metadata.PackageNotFoundError:
            missing.append(name)
    if missing:
        return Finding("Packages", FAILED, f"missing: {', '.join(missing)}", "Run make install.")
    return Finding("Packages", OK, ", ".join(found))


def _settings() -> Iterator[Finding]:
    problems = [problem for problem in system.run_checks() if problem.level >= system.WARNING]
    for problem in problems:
        state = FAILED if problem.level >= system.ERROR else WARNING
        yield Finding("Settings", state, problem.msg, problem.hint or "")
    if not problems:
        yield Finding("Settings", OK, "no unsafe combination; four different keys")


def _database() -> Finding:
    try:
        connection.ensure_connection()
    except DatabaseError as problem:
        reason = str(problem).splitlines()[0] if str(problem) else type(problem).__name__
        return Finding("Database", FAILED, reason, "Check DATABASE_URL and that PostgreSQL is running.")
    major, minor = divmod(connection.pg_version, 10000)
    detail = (
        f"PostgreSQL {major}.{minor}, {'embedded' if settings.EMBEDDED_DATABASE else 'from DATABASE_URL'}"
    )
    if major < OLDEST_POSTGRES:
        return Finding("Database", FAILED, detail, f"Use PostgreSQL {OLDEST_POSTGRES} or newer.")
    return Finding("Database", OK, detail)


def _vectors() -> Finding:
    with connection.cursor() as cursor:
        cursor.execute("SELECT installed_version FROM pg_available_extensions WHERE name = 'vector'")
        row = cursor.fetchone()
    if row is None:
        return Finding(
            "pgvector",
            OFF,
            "not on this server; “Members like this” is computed without an index, slower with many members",
            "Install your PostgreSQL's pgvector package, then run CREATE EXTENSION vector in this database.",
        )
    if row[0] is None:
        return Finding(
            "pgvector",
            OFF,
            "on this server but not in this database; “Members like this” is computed without an index",
            "Run CREATE EXTENSION vector in this database, as a superuser.",
        )
    return Finding("pgvector", OK, row[0])


def _migrations() -> Finding:
    pending = pending_migrations()
    if pending:
        return Finding("Migrations", WARNING, f"{pending} to apply", "Run manage.py migrate.")
    return Finding("Migrations", OK, "all applied")


def _queue(now: datetime) -> Finding:
    queue = jobs.queue()
    detail = f"{queue.waiting} waiting, {queue.running} running, {queue.failed + queue.dead} stopped"
    if queue.oldest_waiting_at and now - queue.oldest_waiting_at > PATIENCE_WITH_QUEUE:
        return Finding(
            "Jobs", WARNING, detail, "Nobody takes jobs: start worker and dispatcher (manage.py work)."
        )
    if queue.dead:
        return Finding("Jobs", WARNING, detail, "Open the jobs page and read why they were given up.")
    return Finding("Jobs", OK, detail)


def _guarded(look: Callable[[], Finding]) -> Finding:
    try:
        return look()
    except DatabaseError as problem:
        first = str(problem).splitlines()[0]
        return Finding("Tables", WARNING, first, "Run manage.py migrate.")


def _redis() -> Finding:
    try:
        with redis.Redis.from_url(settings.REDIS_URL, socket_timeout=2, socket_connect_timeout=2) as client:
            version = client.info("server")["redis_version"]
    except (redis.RedisError, OSError) as problem:
        what = f"no answer ({type(problem).__name__}); pages work, jobs wait"
        return Finding("Redis", FAILED, what, "Check REDIS_URL and that Redis is running.")
    return Finding(
        "Redis", OK, f"Redis {version}, {'embedded' if settings.EMBEDDED_REDIS else 'from REDIS_URL'}"
    )


def _disk() -> Finding:
    free = shutil.disk_usage(settings.VAR_DIR).free / 2**30
    detail = f"{free:.0f} GiB free in {settings.VAR_DIR}"
    if free < TOO_LITTLE_DISK:
        return Finding("Disk", FAILED, detail, "Free some space; writes are about to fail.")
    if free < LITTLE_DISK:
        return Finding("Disk", WARNING, detail, "Free some space before a first sync of a large association.")
    return Finding("Disk", OK, detail)


def _port(port: int) -> Finding:
    if launch.is_free(port):
        return Finding("Port", OK, f"{port} is free")
    return Finding(
        "Port", WARNING, f"{port} is in use", "Fine if that is this product; else choose another with --port."
    )


def pending_migrations() -> int:
    executor = MigrationExecutor(connection)
    return len(executor.migration_plan(executor.loader.graph.leaf_nodes()))


def other_clients() -> int:
    """How many programs but this one are connected to the database server."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_stat_activity"
            " WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()"
        )
        return cursor.fetchone()[0]
