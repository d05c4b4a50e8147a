"""Who may write the mirror: one holder at a time, and a stale one commits nothing.

Two means together. A session-level advisory lock ends with its process, so after a kill -9 the next run
begins at once. The fence number ends the right of a holder that was merely asleep: every batch compares it
under a row lock.
"""

import os
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date

from django.db import connection, transaction

NAME = "mirror"
ADVISORY_KEY = 0x494D4953  # "IMIS"
SECONDS = 300
TRIES, PAUSE = 5, 0.2


class Busy(Exception):
    """Another run is reading iMIS."""


class LeaseLost(Exception):
    """Another run has taken over; this one must stop."""


@contextmanager
def held(*, seconds: float = SECONDS) -> Iterator[int]:
    """Hold the lease; gives the fence number for `save`. Raises Busy."""
    fence = _acquire(seconds)
    try:
        yield fence
    finally:
        _release(fence)


def _acquire(seconds: float) -> int:
    """The new fence. A killed holder's session may need a moment to end, so this asks more than once."""
    for _ in range(TRIES):
        if (fence := _try(seconds)) is not None:
            return fence
        time.sleep(PAUSE)
    raise Busy("iMIS is being read already. Wait for that run to end, or follow it on Data and sync.")


def _try(seconds: float) -> int | None:
    holder = f"{socket.gethostname()}:{os.getpid()}"
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s)", [ADVISORY_KEY])
        is_free = cursor.fetchone()[0]
        _create(cursor)
        cursor.execute(
            "UPDATE mirror_lease SET holder = %s, fence = fence + 1,"
            " expires_at = clock_timestamp() + make_interval(secs => %s)"
            " WHERE name = %s AND (%s OR expires_at IS NULL OR expires_at < clock_timestamp())"
            " RETURNING fence",
            [holder, seconds, NAME, is_free],
        )
        row = cursor.fetchone()
    return row[0] if row else None


def _release(fence: int) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE mirror_lease SET expires_at = NULL, holder = '' WHERE name = %s AND fence = %s",
            [NAME, fence],
        )
        cursor.execute("SELECT pg_advisory_unlock(%s)", [ADVISORY_KEY])


def lock(*, fence: int | None, seconds: float = SECONDS) -> int:
    """Serialise with every other writer until the transaction ends; gives the epoch. Raises LeaseLost.

    With a fence the caller's right is checked and prolonged; without one the caller only waits for its turn.
    """
    with connection.cursor() as cursor:
        _create(cursor)
        cursor.execute("SELECT fence, epoch FROM mirror_lease WHERE name = %s FOR UPDATE", [NAME])
        current, epoch = cursor.fetchone()
        if fence is None:
            return epoch
        if fence != current:
            raise LeaseLost(
                "Another run has taken over reading iMIS; this one has stopped. Nothing was lost."
            )
        cursor.execute(
            "UPDATE mirror_lease SET expires_at = clock_timestamp() + make_interval(secs => %s)"
            " WHERE name = %s",
            [seconds, NAME],
        )
    return epoch


def _create(cursor) -> None:
    cursor.execute(
        "INSERT INTO mirror_lease (name, holder, fence, epoch, writes) VALUES (%s, '', 0, 0, 0)"
        " ON CONFLICT DO NOTHING",
        [NAME],
    )


def raise_epoch() -> None:
    """Tell every run that remembered ids are out of date, as is all that was computed. Call under `lock`."""
    with connection.cursor() as cursor:
        cursor.execute("UPDATE mirror_lease SET epoch = epoch + 1 WHERE name = %s", [NAME])
    note_change(since=date.min)


def note_change(*, since: date) -> None:
    """Rows dated `since` or later came, changed or went. Call under `lock`, in the writing transaction."""
    with connection.cursor() as cursor:
        cursor.execute(
            "WITH lease AS (UPDATE mirror_lease SET writes = writes + 1 WHERE name = %s RETURNING writes)"
            " INSERT INTO mirror_change (since, write) SELECT %s::date, writes FROM lease"
            " ON CONFLICT (since) DO UPDATE SET write = excluded.write",
            [NAME, since],
        )
