"""One delivery run at a time, by a lock that the database gives back when the worker dies."""

from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from datetime import datetime

from django.conf import settings
from django.db import connection

from imis_ai.governance.outbox import senders
from imis_ai.governance.outbox.claim import due
from imis_ai.governance.outbox.imis import ImisSender
from imis_ai.governance.outbox.message import IMIS
from imis_ai.governance.outbox.names import names_in_force
from imis_ai.governance.outbox.senders import Sender
from imis_ai.governance.outbox.settle import expired, to_settle
from imis_ai.imis.errors import NoWriteAccount
from imis_ai.imis.writes import Writer

LOCK = 0x1A0B0C  # any number; one per database


@contextmanager
def turn() -> Iterator[bool]:
    """True for one holder; the others get False at once."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s)", [LOCK])
        is_ours = bool(cursor.fetchone()[0])
        try:
            yield is_ours
        finally:
            if is_ours:
                cursor.execute("SELECT pg_advisory_unlock(%s)", [LOCK])


@contextmanager
def open_senders() -> Iterator[Mapping[str, Sender]]:
    """Every way out that is set up. Without a write account iMIS is none of them, and its messages wait."""
    with ExitStack() as stack:
        found = {way: stack.enter_context(make()) for way, make in senders.SENDERS.items()}
        with suppress(NoWriteAccount):
            writer = stack.enter_context(Writer.from_settings(names=names_in_force()))
            found |= dict.fromkeys(IMIS, ImisSender(writer))
        yield found


def has_write_account() -> bool:
    return bool(settings.IMIS_URL and settings.IMIS_WRITE_USERNAME)


def is_due(now: datetime) -> bool:
    """Whether a delivery run would find something to do."""
    ways = [*senders.SENDERS, *(IMIS if has_write_account() else ())]
    if not ways:
        return False
    return due(now, ways).exists() or to_settle(now).exists() or expired(now).exists()
