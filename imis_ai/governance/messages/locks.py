"""One member at a time: a message that leaves and a word that stops it never pass each other."""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection

SPACE = 0x1A11  # our own corner of the database's advisory locks


@contextmanager
def held(imis_id: str) -> Iterator[None]:
    """Across transactions, until the block ends. A crash frees it with the connection."""
    key = _key(imis_id)
    _run("SELECT pg_advisory_lock(%s, %s)", key)
    try:
        yield
    finally:
        if not connection.needs_rollback:
            _run("SELECT pg_advisory_unlock(%s, %s)", key)
        else:  # an outer block is broken: the lock must still not outlive this one
            connection.close()


def take(imis_id: str) -> None:
    """Within the present transaction, until it ends. Waits while a message to this member is leaving."""
    _run("SELECT pg_advisory_xact_lock(%s, %s)", _key(imis_id))


def _key(imis_id: str) -> int:
    return int.from_bytes(hashlib.blake2b(imis_id.encode(), digest_size=4).digest(), "big", signed=True)


def _run(query: str, key: int) -> None:
    with connection.cursor() as cursor:
        cursor.execute(query, [SPACE, key])
