"""What a benchmark is. An app's `bench.py` holds `BENCHES: dict[str, Bench]`; `manage.py bench NAME` runs them.

    def prepare(*, seed, rows):            # a context manager: makes the data, cleans up behind itself
        ...
        yield state
    BENCHES = {"features": Bench(prepare=contextmanager(prepare), rows=100_000, reference=duckdb_pass, ours=our_pass,
                                 reference_is="DuckDB on Parquet of the same rows", goal=1.5)}

`reference(state)` and `ours(state)` do the same work on the same rows; what they return is compared where it is
not None. They run in turn, in a database of their own that is dropped afterwards.
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
