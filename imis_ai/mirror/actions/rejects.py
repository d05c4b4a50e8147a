"""Records that could not be stored: kept with their reason, tried again when what they wait for arrives."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from datetime import datetime

import msgspec
from django.db.models import QuerySet

from imis_ai.imis import records
from imis_ai.mirror.models import Reject
from imis_ai.mirror.upsert import encode
from imis_ai.mirror.upsert.tables import RECORD_TYPES
from imis_ai.mirror.upsert.write import Refusal

REASON_LENGTH = 300
MOST_AT_ONCE = 10_000


def keep(*, feed: str, found: Sequence[records.Record], refused: Sequence[Refusal], now: datetime) -> None:
    """Note what was refused, and forget what was refused earlier and is stored now."""
    if Reject.objects.filter(feed=feed).exists():
        still = {encode.clean(refusal.record.key, 200) for refusal in refused}
        stored = [record.key for record in found if record.key.isprintable() and record.key not in still]
        Reject.objects.filter(feed=feed, key__in=stored).delete()
    _upsert(
        [
            Reject(
                feed=feed,
                key=encode.clean(refusal.record.key, 200),
                reason=encode.clean(refusal.reason, REASON_LENGTH),
                waits_for=refusal.waits_for,
                payload=_payload(type(refusal.record).__name__, msgspec.to_builtins(refusal.record)),
                first_seen_at=now,
                last_seen_at=now,
            )
            for refusal in refused
        ]
    )


def keep_unread(*, feed: str, unread: Sequence[tuple[str, str, object]], now: datetime) -> None:
    """Note records that could not even be parsed: (key, reason, what iMIS sent)."""
    _upsert(
        [
            Reject(
                feed=feed,
                key=encode.clean(key or "unknown", 200),
                reason=encode.clean(reason, REASON_LENGTH),
                payload=_payload("", raw),
                first_seen_at=now,
                last_seen_at=now,
            )
            for key, reason, raw in unread
        ]
    )


def take(*, arrived: Collection[str]) -> dict[str, list[records.Record]]:
    """Remove and return, by feed, the records that waited for one of `arrived` (`member:<id>` ...)."""
    if not arrived or not Reject.objects.exclude(waits_for="").exists():
        return {}
    return take_chosen(chosen=Reject.objects.filter(waits_for__in=arrived))


def ignore(*, reject_ids: Collection[int]) -> int:
    """A person said that these rows do not matter: they stay, but are no longer counted."""
    return Reject.objects.filter(pk__in=reject_ids).update(is_ignored=True)


def take_chosen(*, chosen: QuerySet[Reject]) -> dict[str, list[records.Record]]:
    """Remove and return, by feed, the records of these rejects."""
    ready = defaultdict(list)
    rows = list(chosen.order_by("pk")[:MOST_AT_ONCE])
    for row in rows:
        kind = RECORD_TYPES[row.payload["type"]]
        ready[row.feed].append(msgspec.convert(row.payload["record"], kind))
    Reject.objects.filter(pk__in=[row.pk for row in rows]).delete()
    return ready


def _upsert(rows: Sequence[Reject]) -> None:
    """One row per feed and key; a repeated refusal keeps the day it was first seen."""
    by_key = {(row.feed, row.key): row for row in rows}
    Reject.objects.bulk_create(
        by_key.values(),
        update_conflicts=True,
        unique_fields=["feed", "key"],
        update_fields=["reason", "waits_for", "payload", "last_seen_at"],
        batch_size=1000,
    )


def _payload(kind: str, record: object) -> dict:
    return {"type": kind, "record": _plain(record)}


def _plain(value: object) -> object:
    """JSON that PostgreSQL accepts: no NUL, no lone surrogates, no NaN."""
    if isinstance(value, str):
        return encode.clean(value, encode.LONGEST_TEXT, is_long=True)
    if isinstance(value, dict):
        return {encode.clean(str(name), 200): _plain(part) for name, part in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(part) for part in value]
    if isinstance(value, float) and value != value:
        return None
    return value if isinstance(value, bool | int | float | None) else encode.clean(str(value), 2000)
