"""One table's share of a batch: which rows are new, changed or impossible; then COPY and one UPDATE."""

import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from operator import attrgetter

import msgspec
from django.db import connection

from imis_ai.imis import records
from imis_ai.mirror.models import Activity, Member
from imis_ai.mirror.upsert import days, encode, history, lookups, tables
from imis_ai.mirror.upsert.lookups import Lookups
from imis_ai.mirror.upsert.tables import CHECKS, CODE_MODELS, Column, Table

KEY_LENGTH = 200
STAGE = "stage_"
_pack = msgspec.msgpack.Encoder(decimal_format="string").encode


@dataclass(frozen=True)
class Refusal:
    record: records.Record
    reason: str
    waits_for: str = ""


@dataclass
class Written:
    """What became of the records of one type; `members` are primary keys whose data changed."""

    inserted: int = 0
    changed: int = 0
    unchanged: int = 0
    skipped: int = 0
    refused: list[Refusal] = field(default_factory=list)
    members: set[int] = field(default_factory=set)
    since: date | None = None  # the earliest day that rows written here tell of, or told of before
    new_keys: list[str] = field(default_factory=list)


@dataclass
class _Batch:
    records: list[records.Record]
    hashes: list[int]


def write(table: Table, found: Sequence[records.Record], *, known: Lookups, now: datetime) -> Written:
    """Upsert records of one type by key. Must run inside the transaction that holds the lease's row."""
    written = Written()
    rows = _storable(table, _newest_per_key(found), known, written)
    new, changed = _compare(table, rows, written)
    if new.records:
        kept, columns = _encode(table, new, known, now, written, is_new=True)
        _copy(table.name, columns)
        written.inserted = len(kept)
        written.since = days.earliest(table, kept)
        written.new_keys = [record.key for record in kept]
    if changed.records:
        kept, columns = _encode(table, changed, known, now, written, is_new=False)
        _stage(table, columns)
        written.since = days.first(written.since, days.earliest_staged(table, STAGE + table.name))
        if table.model is Member:
            history.keep(stage=STAGE + table.name, now=now)
        written.changed = _update(table, columns)
        written.new_keys += [record.key for record in kept] if table.model is Member else []
    if table.model is Member:
        ids = known.ids(Member, written.new_keys)
        written.members.update(ids[key] for key in written.new_keys if key in ids)
    return written


def _newest_per_key(found: Sequence[records.Record]) -> list[records.Record]:
    by_key = {record.key: record for record in found}
    if len(by_key) == len(found):
        return list(found)
    by_key.clear()
    for record in found:
        earlier = by_key.get(record.key)
        if earlier is None or not _is_older(record.updated_on, earlier.updated_on):
            by_key[record.key] = record
    return list(by_key.values())


def _is_older(this: datetime | None, other: datetime | None) -> bool:
    return this is not None and other is not None and this < other


def _storable(
    table: Table, rows: list[records.Record], known: Lookups, written: Written
) -> list[records.Record]:
    """Rows without those of erased people and those that break a rule of their table."""
    check = CHECKS.get(table.record)
    if check is None and table.model is not Member and _are_keys([row.key for row in rows]):
        return rows
    kept = []
    for row in rows:
        if not _are_keys([row.key]):
            written.refused.append(Refusal(row, f"The key must be 1 to {KEY_LENGTH} printable characters."))
        elif table.model is Member and known.is_erased(row.key):
            written.skipped += 1
        elif check and (problem := check(row)):
            written.refused.append(Refusal(row, f"The {_noun(table)} {problem}."))
        else:
            kept.append(row)
    return kept


def _are_keys(keys: Sequence[str]) -> bool:
    return all(keys) and "".join(keys).isprintable() and max(map(len, keys), default=1) <= KEY_LENGTH


def _compare(table: Table, rows: list[records.Record], written: Written) -> tuple[_Batch, _Batch]:
    """Split into new and changed rows; rows with an equal hash, or older than ours, are left as they are."""
    hashes = _hashes(rows)
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT key, row_hash, updated_on FROM {table.name}"  # noqa: S608  our own name
            " WHERE key = ANY(string_to_array(%s, chr(10)))",  # printable keys hold no newline
            ["\n".join([row.key for row in rows])],
        )
        ours = {key: (hash_, updated_on) for key, hash_, updated_on in cursor.fetchall()}
    if not ours:
        return _Batch(rows, hashes), _Batch([], [])
    new, changed = _Batch([], []), _Batch([], [])
    for row, hash_ in zip(rows, hashes, strict=True):
        own = ours.get(row.key)
        if own is None:
            batch = new
        elif own[0] == hash_ or _is_older(row.updated_on, own[1]):
            written.unchanged += 1
            continue
        else:
            batch = changed
        batch.records.append(row)
        batch.hashes.append(hash_)
    return new, changed


def _hashes(rows: Sequence[records.Record]) -> list[int]:
    try:
        return [lookups.row_hash(_pack(row)) for row in rows]
    except UnicodeEncodeError:  # lone surrogates, which the encoder replaces
        return [lookups.row_hash(repr(row).encode(errors="backslashreplace")) for row in rows]


def _encode(
    table: Table, batch: _Batch, known: Lookups, now: datetime, written: Written, *, is_new: bool
) -> tuple[list[records.Record], dict[str, list[str]]]:
    """The stored columns as COPY text; refused rows are taken out and noted in `written`."""
    bad: dict[int, Refusal] = {}
    columns = {}
    for column in table.columns:
        values = list(map(attrgetter(column.field), batch.records))
        if column.target is None:
            problems: encode.Bad = {}
            columns[column.name] = column.encoder(values, problems)
            for number, reason in problems.items():
                bad[number] = Refusal(batch.records[number], f"The {_noun(table)} can't be stored: {reason}.")
        elif column.target in CODE_MODELS:
            columns[column.name] = _codes(column, values, known)
        else:
            columns[column.name] = _references(table, column, values, known, batch, bad, written)
    columns["seen_at"] = [str(now)] * len(batch.records)
    columns["row_hash"] = list(map(str, batch.hashes))
    if table.model is Member:
        columns |= _member_columns(batch.records, known, now, is_new=is_new)
    if not bad:
        return batch.records, columns
    keep = [number for number in range(len(batch.records)) if number not in bad]
    written.refused += [refusal for refusal in bad.values() if refusal.reason]
    written.skipped += sum(not refusal.reason for refusal in bad.values())
    kept = {name: [values[number] for number in keep] for name, values in columns.items()}
    return [batch.records[number] for number in keep], kept


def _codes(column: Column, values: list[str], known: Lookups) -> list[str]:
    stored = {value: lookups.code(value) for value in set(values)}
    known.add_codes(column.target, set(stored.values()))
    as_text = dict(zip(stored, encode.text(60)(list(stored.values()), {}), strict=True))
    return [as_text[value] or encode.NULL for value in values]


def _references(
    table: Table,
    column: Column,
    values: list[str],
    known: Lookups,
    batch: _Batch,
    bad: dict,
    written: Written,
) -> list[str]:
    """Primary keys of what the rows point at. A row that points at nothing we have waits as a reject."""
    ids = known.ids(column.target, values)
    found = [ids.get(value) for value in values]
    if None in found:
        for number, (value, id_) in enumerate(zip(values, found, strict=True)):
            is_skipped = number in bad and not bad[number].reason
            if id_ is None and (value or column.is_required) and not is_skipped:
                bad[number] = _missing(table, column, batch.records[number], value, known)
    if column.target is Member:
        written.members.update(
            id_ for number, id_ in enumerate(found) if id_ is not None and number not in bad
        )
    return [encode.NULL if id_ is None else str(id_) for id_ in found]


def _missing(table: Table, column: Column, record: records.Record, value: str, known: Lookups) -> Refusal:
    noun = column.target.__name__.lower()
    if column.target is Member and known.is_erased(value):
        return Refusal(record, "")  # nothing about an erased person is kept, a reject neither
    shown = encode.clean(value, 60)
    return Refusal(
        record,
        f"The {_noun(table)} belongs to {noun} {shown}, who is not in the mirror yet."
        if column.target is Member
        else f"The {_noun(table)} belongs to {noun} {shown}, which is not in the mirror yet.",
        waits_for=f"{noun}:{encode.clean(value, KEY_LENGTH)}",
    )


def _member_columns(
    rows: Sequence[records.Member], known: Lookups, now: datetime, *, is_new: bool
) -> dict[str, list[str]]:
    aliases = known.aliases()
    gone = [str(now) if row.is_deleted or row.key in aliases else encode.NULL for row in rows]
    columns = {"gone_at": gone}
    if is_new:
        salts = [uuid.uuid4() for _ in rows]
        columns["imis_id"] = [row.key.translate(encode.ESCAPES) for row in rows]
        columns["salt"] = list(map(str, salts))
        columns["pseudonym"] = [
            str(lookups.pseudonym(row.key, salt)) for row, salt in zip(rows, salts, strict=True)
        ]
    return columns


def _copy(target: str, columns: dict[str, list[str]]) -> None:
    if not columns["key"]:
        return
    with (
        connection.cursor() as cursor,
        cursor.copy(f"COPY {target} ({_names(columns)}) FROM STDIN") as copy,
    ):
        copy.write(encode.rows(list(columns.values())))


def _names(columns: Iterable[str]) -> str:
    return ", ".join(f'"{name}"' for name in columns)  # `on` is a word of SQL


def _stage(table: Table, columns: dict[str, list[str]]) -> None:
    """COPY changed rows to a temporary table."""
    stage = STAGE + table.name
    with connection.cursor() as cursor:
        cursor.execute(
            f"CREATE TEMP TABLE IF NOT EXISTS {stage} ON COMMIT DELETE ROWS AS"  # noqa: S608  our own names
            f" SELECT {_names(columns)} FROM {table.name} WITH NO DATA"
        )
        cursor.execute(f"DELETE FROM {stage}")  # noqa: S608  several saves may share a transaction
    _copy(stage, columns)


def _update(table: Table, columns: dict[str, list[str]]) -> int:
    """One UPDATE from the temporary table."""
    sets = [f'"{name}" = stage."{name}"' for name in columns if name != "key"]
    if table.model is Activity:
        sets.append("version = DEFAULT")
    with connection.cursor() as cursor:
        cursor.execute(
            f"UPDATE {table.name} AS ours SET {', '.join(sets)} FROM {STAGE}{table.name} AS stage"  # noqa: S608
            " WHERE ours.key = stage.key"
        )
        return cursor.rowcount


def _noun(table: Table) -> str:
    return tables.noun(table.record)
