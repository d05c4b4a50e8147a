"""Removes rows that iMIS no longer has, after a reading that saw all of a feed. For members see `sweep`."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING

from imis_ai.imis import records
from imis_ai.mirror.actions import holds, lease
from imis_ai.mirror.actions.save import mark_dirty
from imis_ai.mirror.upsert import days
from imis_ai.mirror.upsert.tables import TABLES, Table

if TYPE_CHECKING:
    from imis_ai.imis.client import Page

# tables that one feed fills alone; activities share one table, and events keep their registrations
OWN_TABLES = {
    records.TierPrice, records.Benefit, records.TierBenefit, records.Term, records.Registration,
    records.Invoice, records.InvoiceLine, records.Payment, records.PaymentAttempt, records.CommitteeRole,
    records.Text, records.Relationship,
}  # fmt: skip
FROM_ARCHIVE = "csv:"


@dataclass
class Seen:
    """Keys seen in one reading, as hashes: 60 bytes a row."""

    keys: dict[type[records.Record], set[int]] = field(default_factory=lambda: defaultdict(set))
    rows: set[int] = field(default_factory=set)
    total: int = 0
    is_doubtful: bool = False

    def add(self, part: Sequence["Page"]) -> None:
        for page in part:
            self.rows.update(map(hash, page.keys))
            self.total = page.total
            self.is_doubtful |= bool(page.rejects)  # a row that can't be read is not a row that is gone
            for record in page.records:
                self.keys[type(record)].add(hash(record.key))

    @property
    def is_complete(self) -> bool:
        return not self.is_doubtful and len(self.rows) >= self.total > 0


def prune(*, name: str, seen: Seen, now: datetime) -> int:
    """Delete the feed's rows that were not seen; returns how many. Needs the lease's lock. Raises Held."""
    if not seen.is_complete:
        return 0
    gone, total = {}, 0
    for kind in OWN_TABLES & seen.keys.keys():
        stored = TABLES[kind].model.objects.exclude(key__startswith=FROM_ARCHIVE).values_list("key", "pk")
        total += len(stored)
        gone[TABLES[kind]] = [pk for key, pk in stored if hash(key) not in seen.keys[kind]]
    count = sum(map(len, gone.values()))
    holds.check_gone(name=name, gone=count, total=total, what=f"rows of {name}")
    for table, keys in gone.items():
        _delete(table, keys, now)
    return count


def _delete(table: Table, keys: list[int], now: datetime) -> None:
    found = table.model.objects.filter(pk__in=keys)
    if table.has_member:
        mark_dirty(members=set(found.exclude(member=None).values_list("member_id", flat=True)), now=now)
    since = days.earliest_of(table, keys)
    found.delete()
    if since is not None:
        lease.note_change(since=since)
