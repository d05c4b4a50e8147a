"""Everything the sandbox holds while it runs: tables, documents, clock, options, and the journal of what
was written.
"""

import datetime as dt
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import msgspec

from imis_ai.sandbox.association import Association
from imis_ai.sandbox.columns import Table

ZONE = ZoneInfo("America/Chicago")


class Clock:
    """The site's wall clock: starts at `today` at the real time of day and runs on."""

    def __init__(self, today: str = "") -> None:
        real = dt.datetime.now(ZONE).replace(tzinfo=None)
        self.start = dt.datetime.combine(dt.date.fromisoformat(today), real.time()) if today else real
        self.began = time.monotonic()
        self.fixed: dt.datetime | None = None  # while the journal is replayed
        self.shift = dt.timedelta(0)

    def now(self) -> dt.datetime:
        """Naive local time, whole seconds."""
        if self.fixed:
            return self.fixed
        return (self.start + dt.timedelta(seconds=time.monotonic() - self.began) + self.shift).replace(
            microsecond=0
        )

    def advance(self, days: int) -> None:
        self.shift += dt.timedelta(days=days)
        if self.fixed:
            self.fixed += dt.timedelta(days=days)

    def skew(self, seconds: float) -> None:
        """Set the clock forward, or back as after a restored snapshot."""
        self.shift += dt.timedelta(seconds=seconds)

    def text(self) -> str:
        return self.now().isoformat()


@dataclass
class Options:
    """How this site is set up."""

    members: int = 5000
    seed: int = 1
    today: str = ""
    token_seconds: int = 1199
    bare_execute: bool = False  # answer _execute as iMIS 2017 does
    put_status: int = 200
    merged_answer: str = "404"  # or "D": the discarded record stays, marked
    query_cache_seconds: float = 0.0
    archive: str = ""
    store: str = ""


@dataclass
class Store:
    """The state behind every endpoint.

    `documents` holds low-volume entities as {entity: {id: stored object}}.
    """

    association: Association
    options: Options
    clock: Clock
    documents: dict[str, dict[str, Any]] = field(default_factory=dict)
    log: list[dict[str, Any]] = field(default_factory=list)
    lock: threading.RLock = field(default_factory=threading.RLock)
    counter: int = 0
    journal: Path | None = None
    announce: Callable[[str, str, str], None] | None = None

    def __post_init__(self) -> None:
        self.documents |= {name: dict(kept) for name, kept in self.association.documents.items()}

    @property
    def tables(self) -> dict[str, Table]:
        return self.association.tables

    def kept(self, entity: str) -> dict[str, Any]:
        return self.documents.setdefault(entity, {})

    def number(self, start: int = 900_000) -> int:
        """A new number, the same in every replay."""
        self.counter += 1
        return start + self.counter

    def journalled(self) -> list[dict[str, Any]]:
        """The entries of the journal, oldest first."""
        if self.journal is None or not self.journal.exists():
            return []
        return [msgspec.json.decode(line) for line in self.journal.read_bytes().splitlines() if line]

    def record(self, entry: dict[str, Any]) -> None:
        """Add to the write log and, when there is a store, to the journal."""
        with self.lock:
            self.log.append({"number": len(self.log) + 1} | entry)
            if self.journal and not self.clock.fixed:
                with self.journal.open("ab") as handle:
                    handle.write(msgspec.json.encode(entry) + b"\n")
