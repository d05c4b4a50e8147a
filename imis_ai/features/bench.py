"""How fast features are: against DuckDB on Parquet of the same rows, many days against one, more members."""

import math
import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import numpy as np
from django.conf import settings
from django.db import connection
from django.test.utils import override_settings

from imis_ai.bench import Bench
from imis_ai.features import bench_sql
from imis_ai.features.queries import frames
from imis_ai.mirror import columns

AS_OF = date(2026, 1, 1)
ACTIVITIES = 100  # per member
BLOCK = 2**20
DATES = [AS_OF - timedelta(days=30 * back) for back in range(12)]


@dataclass(frozen=True)
class Prepared:
    """`parquet`: the rows for the reference. `behind`: a columnar copy without the last days."""

    parquet: Path
    behind: Path
    scratch: Path


@contextmanager
def tables(*, seed: int, rows: int) -> Iterator[Prepared]:
    """`rows` members with 100 activities each, in PostgreSQL and as Parquet."""
    with tempfile.TemporaryDirectory(dir=settings.VAR_DIR) as name:
        folder = Path(name)
        prepared = Prepared(folder, folder / "behind", folder / "now")
        generate(folder, members=rows, activities=rows * ACTIVITIES, seed=seed)
        _load(folder, prepared.behind)
        yield prepared


def generate(folder: Path, *, members: int, activities: int, seed: int) -> None:
    """Rows of a made-up association as CSV files for `load`, and as Parquet."""
    import duckdb

    link = duckdb.connect()
    for table, query in bench_sql.rows(members, activities, seed).items():
        link.execute(f"CREATE TABLE {table} AS {query}")
        link.execute(f"COPY {table} TO '{folder / table}.parquet' (FORMAT PARQUET)")
    for table, query in bench_sql.MIRROR.items():
        link.execute(f"COPY ({query}) TO '{folder / table}.csv' (FORMAT CSV, HEADER)")


def load(folder: Path) -> None:
    """Fill the empty mirror with all that `generate` made, but the newest activities."""
    with connection.cursor() as cursor:
        for table in bench_sql.MIRROR:
            if table != "newest":
                _copy(cursor, folder / f"{table}.csv", table)


def _load(folder: Path, behind: Path) -> None:
    """Fill the mirror; read all but the newest activities into the columnar copy before they arrive."""
    with connection.cursor() as cursor:
        cursor.execute("DROP INDEX IF EXISTS activity_by_member_and_time")  # not read here, slow to fill
    load(folder)
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE mirror_activity")
    columns.refresh(behind)
    with connection.cursor() as cursor:
        _copy(cursor, folder / "newest.csv", "activity")
        cursor.execute("VACUUM ANALYZE mirror_activity")


def _copy(cursor, path: Path, table: str) -> None:
    with path.open("rb") as lines:
        header = next(lines).decode().strip()
        cursor.execute("SET session_replication_role = replica")  # no look at a foreign key per row
        with cursor.copy(f"COPY mirror_{table} ({header}) FROM STDIN (FORMAT CSV)") as stream:
            while block := lines.read(BLOCK):
                stream.write(block)
        cursor.execute("SET session_replication_role = DEFAULT")


def reference(prepared: Prepared) -> dict[str, int]:
    """DuckDB computes the same aggregates; totals of some, to be compared."""
    import duckdb

    link = duckdb.connect()
    totals: dict[str, int] = {}
    for path in prepared.parquet.glob("*.parquet"):
        link.execute(f"CREATE VIEW {path.stem} AS FROM read_parquet('{path}')")
    for query in bench_sql.aggregates(AS_OF):
        found = link.execute(query).fetchnumpy()
        totals |= {name: _total(values) for name, values in found.items() if name in bench_sql.COMPARED}
    return totals


def ours(prepared: Prepared) -> dict[str, int]:
    """All features of one day, with the newest rows read into the copy first."""
    found = _frames(prepared, [AS_OF])[AS_OF]
    return {name: _total(found[name].to_numpy()) for name in bench_sql.COMPARED}


def _total(values: np.ndarray) -> int:
    return round(float(np.nansum(np.ma.filled(values.astype(np.float64), np.nan))))


def _frames(prepared: Prepared, days: list[date]) -> dict:
    shutil.rmtree(prepared.scratch, ignore_errors=True)
    shutil.copytree(prepared.behind, prepared.scratch, copy_function=os.link)
    with override_settings(VAR_DIR=prepared.scratch):
        return frames(as_ofs=days)


def one_day(prepared: Prepared) -> None:
    _frames(prepared, [AS_OF])


def twelve_days(prepared: Prepared) -> None:
    _frames(prepared, DATES)


def cold_copy(prepared: Prepared) -> int:
    """The whole activity table into a new columnar copy."""
    shutil.rmtree(prepared.scratch, ignore_errors=True)
    return columns.refresh(prepared.scratch).rows


def copy_binary(_prepared: Prepared) -> int:
    """The usual way: COPY BINARY and one array per column."""
    with connection.cursor() as cursor, cursor.copy(bench_sql.COPY_BINARY) as stream:
        raw = b"".join(bytes(block) for block in stream)
    fields = [
        part for i, kind in enumerate(bench_sql.COPIED) for part in ((f"size{i}", ">i4"), (f"value{i}", kind))
    ]
    record = np.dtype([("fields", ">i2"), *fields])
    rows = np.frombuffer(raw, dtype=record, offset=19, count=(len(raw) - 21) // record.itemsize)
    arrays = [rows[f"value{i}"].astype(kind[1:]) for i, kind in enumerate(bench_sql.COPIED)]
    return len(arrays[0])


@contextmanager
def two_sizes(*, seed: int, rows: int) -> Iterator[tuple[Prepared, float]]:
    """Seconds for a tenth of the members, and the whole population ready."""
    with tables(seed=seed, rows=rows // 10) as small:
        tenth = min(_seconds(small) for _ in range(3))
    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE mirror_member, mirror_event, mirror_tier CASCADE")
    with tables(seed=seed, rows=rows) as large:
        yield large, tenth


def _seconds(prepared: Prepared) -> float:
    begun = time.perf_counter()
    one_day(prepared)
    return time.perf_counter() - begun


def as_expected(state: tuple[Prepared, float]) -> None:
    """Takes as long as ten times the members may: a tenth's seconds times 10 to the power of 1.1."""
    time.sleep(state[1] * math.pow(10, 1.1))


def all_members(state: tuple[Prepared, float]) -> None:
    one_day(state[0])


BENCHES = {
    "features": Bench(
        prepare=tables, reference=reference, ours=ours, rows=100_000, goal=1.5,
        reference_is="DuckDB computing the same aggregates from Parquet of the same rows",
    ),
    "features-12": Bench(
        prepare=tables, reference=one_day, ours=twelve_days, rows=100_000, goal=4,
        reference_is="one as-of date of the same",
    ),
    "features-cold": Bench(
        prepare=tables, reference=copy_binary, ours=cold_copy, rows=100_000, goal=1.5,
        reference_is="COPY BINARY of the same columns into arrays, in no order and stored nowhere",
    ),
    "features-scale": Bench(
        prepare=two_sizes, reference=as_expected, ours=all_members, rows=100_000, goal=1,
        reference_is="a tenth of the members, times 10 to the power of 1.1",
    ),
}  # fmt: skip
