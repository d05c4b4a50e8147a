"""What a benchmark is. An app's `bench.py` holds `BENCHES`, `manage.py bench NAME` runs one of them.

    @contextmanager
    def tables(*, seed, rows):  # makes the data and yields what both sides get
        ...

    BENCHES = {
        "features": Bench(
            prepare=tables, rows=100_000, reference=duckdb_pass, ours=our_pass,
            reference_is="DuckDB on Parquet of the same rows", goal=1.5,
        )
    }

`reference(state)` and `ours(state)` do the same work on the same rows; what they return is compared unless it
is None. They run in turn, in a database of their own that is dropped afterwards.

Where there is nothing to compare with (a page, an event), a `Trial` measures figures that have a limit each.
"""

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Bench:
    prepare: Callable[..., AbstractContextManager[Any]]
    reference: Callable[[Any], object]
    ours: Callable[[Any], object]
    reference_is: str
    goal: float  # our seconds are at most this many times the reference's
    rows: int
    runs: int = 5


@dataclass(frozen=True)
class Figure:
    """One measured number and the most it may be; `n` says from how many it was taken."""

    name: str
    value: float
    unit: str
    limit: float
    n: int = 1

    @property
    def met(self) -> bool:
        return self.value <= self.limit


@dataclass(frozen=True)
class Trial:
    """`measure(state, runs)` returns figures, in a database of its own like a `Bench`."""

    prepare: Callable[..., AbstractContextManager[Any]]
    measure: Callable[[Any, int], list[Figure]]
    what: str
    rows: int
    runs: int = 40
