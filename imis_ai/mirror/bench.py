"""How fast pages become rows: `ingest` against raw COPY of the same rows, `delta` against the first load."""

import random
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from django.db import connection

from imis_ai.bench import Bench
from imis_ai.imis import records
from imis_ai.imis.parse.context import Context
from imis_ai.imis.parse.page import convert, decode
from imis_ai.imis.resources import RESOURCES
from imis_ai.mirror.actions.save import save
from imis_ai.mirror.ahead import ahead
from imis_ai.mirror.upsert.lookups import Lookups

PAGE = 500
BATCH = 20_000
MEMBERS = 20_000
CHANGED = 100  # one row in so many
NOW = datetime(2026, 1, 1, tzinfo=UTC)
CONTEXT = Context(zone=ZoneInfo("UTC"))
# resource, rows in a hundred: what an association's log is made of
MIX = (("web_visits", 45), ("email_events", 45), ("activities", 10))
COLUMNS = "key, updated_on, member_id, kind, at, reference, detail, quantity, amount, seen_at, row_hash"


@dataclass(frozen=True)
class Made:
    """Pages as iMIS sends them, the same rows as COPY text, and pages of the rows that changed."""

    pages: Path
    copy: Path
    changed: Path
    rows: int


@contextmanager
def pages(*, seed: int, rows: int) -> Iterator[Made]:
    """`rows` activities of 20,000 members as page files. Creates the members."""
    save(records=[records.Member(key=str(n)) for n in range(MEMBERS)], feed="bench", now=NOW)
    with connection.cursor() as cursor:
        cursor.execute("SELECT key, id FROM mirror_member")
        ids = dict(cursor.fetchall())
    with tempfile.TemporaryDirectory() as folder:
        made = Made(*(Path(folder) / name for name in ("pages", "copy", "changed")), rows)
        chance = random.Random(seed)  # noqa: S311  data, not secrets
        with made.pages.open("wb") as wire, made.copy.open("w") as copy, made.changed.open("wb") as changed:
            first = 0
            for name, share in MIX:
                numbers = range(first, first + rows * share // 100)
                first = numbers.stop
                _make(name, numbers, chance, ids, (wire, copy, changed))
        yield made


def _make(name: str, numbers: range, chance: random.Random, ids: dict[str, int], files: tuple) -> None:
    wire, copy, changed = files
    for part in _pages_of(numbers):
        rows = [_row(number, chance) for number in part]
        _write_page(wire, name, [WIRE[name](number, *row) for number, row in zip(part, rows, strict=True)])
        for number, (member, at, word) in zip(part, rows, strict=True):
            hash_ = chance.getrandbits(62)
            copy.write(
                f"{KEYS[name]}{number}\t\\N\t{ids[member]}\t{KINDS[name]}\t{at}+00\t{word}\t\t3\t\\N\t{NOW}\t{hash_}\n"
            )
    later = [number for number in numbers if number % CHANGED == 0]
    for part in _pages_of(later):
        _write_page(changed, name, [WIRE[name](number, *_row(number, chance)) for number in part])


def _pages_of(numbers: Sequence[int]) -> Iterator[Sequence[int]]:
    return (numbers[start : start + PAGE] for start in range(0, len(numbers), PAGE))


def _row(number: int, chance: random.Random) -> tuple[str, str, str]:
    at = NOW - timedelta(seconds=chance.randrange(94_608_000))
    return str(chance.randrange(MEMBERS)), at.strftime("%Y-%m-%dT%H:%M:%S"), f"/page/{number % 97}"


def _web(number: int, member: str, at: str, word: str) -> str:
    return (
        f'{{"$type":"DynamicRow","VisitId":"{number}","ID":"{member}","Kind":"page_view","At":"{at}",'
        f'"Reference":"{word}","Minutes":3}}'
    )


def _mail(number: int, member: str, at: str, word: str) -> str:
    return (
        f'{{"$type":"DynamicRow","EventId":"{number}","ID":"{member}","Kind":"email_open","At":"{at}",'
        f'"Subject":"{word}"}}'
    )


def _bag(number: int, member: str, at: str, word: str) -> str:
    values = {"SEQN": number, "ID": member, "ACTIVITY_TYPE": "POST", "TRANSACTION_DATE": at,
              "EFFECTIVE_DATE": at, "PRODUCT_CODE": word, "DESCRIPTION": "Forum"}  # fmt: skip
    boxed = ",".join(
        f'{{"$type":"Asi.Soa.Core.DataContracts.GenericPropertyData, Asi.Contracts","Name":"{name}","Value":'
        + (f'{{"$type":"System.Int32","$value":{value}}}' if isinstance(value, int) else f'"{value}"')
        + "}"
        for name, value in values.items()
    )
    return (
        '{"$type":"Asi.Soa.Core.DataContracts.GenericEntityData, Asi.Contracts","EntityTypeName":"Activity",'
        f'"Properties":{{"$type":"Asi.Soa.Core.DataContracts.GenericPropertyDataCollection","$values":[{boxed}]}}}}'
    )


WIRE = {"web_visits": _web, "email_events": _mail, "activities": _bag}
KEYS = {"web_visits": "web:", "email_events": "mail:", "activities": "act:"}
KINDS = {"web_visits": "page_view", "email_events": "email_open", "activities": "community_post"}


def _write_page(file: object, name: str, rows: list[str]) -> None:
    """One answer: its resource, its length, its bytes."""
    body = (
        f'{{"Items":{{"$values":[{",".join(rows)}]}},"Offset":0,"Limit":{PAGE},"Count":{len(rows)},'
        f'"TotalCount":{len(rows)},"NextPageLink":null,"HasNext":false,"NextOffset":0}}'
    ).encode()
    file.write(f"{name} {len(body)}\n".encode() + body)


def _read_pages(path: Path) -> Iterator[list[records.Record]]:
    """Records page by page, through the client's own decoder and parsers."""
    with path.open("rb") as file:
        while head := file.readline():
            name, length = head.decode().split()
            shape = RESOURCES[name].shape
            page = decode(file.read(int(length)), shape, CONTEXT, 0)
            yield convert(page, shape, CONTEXT, off=frozenset(), known=frozenset())[0]


def _ingest(path: Path) -> None:
    known, batch = Lookups(), []
    for page in ahead(_read_pages(path)):
        batch += page
        if len(batch) >= BATCH:
            save(records=batch, feed="bench", now=NOW, known=known)
            batch = []
    if batch:
        save(records=batch, feed="bench", now=NOW, known=known)


def load(made: Made) -> tuple:
    """Ours: pages to rows, from nothing."""
    _empty()
    _ingest(made.pages)
    return _totals()


def copy(made: Made) -> tuple:
    """The reference: the same rows, ready as COPY text, into the same table with the same indexes."""
    _empty()
    with (
        made.copy.open("rb") as file,
        connection.cursor() as cursor,
        cursor.copy(f"COPY mirror_activity ({COLUMNS}) FROM STDIN") as target,
    ):
        while chunk := file.read(1 << 20):
            target.write(chunk)
    return _totals()


def first_load(made: Made) -> None:
    load(made)


def changes(made: Made) -> None:
    """One row in a hundred arrives changed."""
    _ingest(made.changed)


def _empty() -> None:
    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE mirror_activity, mirror_dirtymember")


def _totals() -> tuple:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*), sum(member_id), count(DISTINCT kind) FROM mirror_activity")
        return cursor.fetchone()


BENCHES = {
    "ingest": Bench(
        prepare=pages, rows=1_000_000, reference=copy, ours=load,
        reference_is="raw COPY of the same rows into the same indexed table", goal=2.0,
    ),
    "delta": Bench(
        prepare=pages, rows=1_000_000, reference=first_load, ours=changes,
        reference_is="the first load of all rows", goal=0.03,
    ),
}  # fmt: skip
