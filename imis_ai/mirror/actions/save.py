"""The one way into the mirror, for the API sync and the archive import alike."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from django.db import connection, transaction

from imis_ai.imis import records
from imis_ai.mirror.actions import lease, merges, rejects
from imis_ai.mirror.models import Chapter, Event, Invoice, Member, Tier
from imis_ai.mirror.upsert import days, encode, lookups
from imis_ai.mirror.upsert.lookups import Lookups
from imis_ai.mirror.upsert.tables import TABLES, Table
from imis_ai.mirror.upsert.write import Refusal, write

AWAITED = (Member, Event, Invoice)


@dataclass
class Saved:
    """Counts of records. `skipped` are those of erased people; `since` is the earliest day they tell of."""

    inserted: int = 0
    changed: int = 0
    unchanged: int = 0
    rejected: int = 0
    skipped: int = 0
    members: set[int] = field(default_factory=set)
    since: date | None = None

    def __iadd__(self, other: "Saved") -> "Saved":
        for name in ("inserted", "changed", "unchanged", "rejected", "skipped"):
            setattr(self, name, getattr(self, name) + getattr(other, name))
        self.members |= other.members
        self.since = days.first(self.since, other.since)
        return self


def save(
    *,
    records: Iterable[records.Record],
    feed: str,
    now: datetime,
    fence: int | None = None,
    known: Lookups | None = None,
) -> Saved:
    """Store parsed records, of any mixture of types, in one transaction. Doing it twice changes nothing.

    In order: checks the fence (LeaseLost); chapters and tiers; every table in the order of references;
    deletions and merges; rejects; records that waited for what has arrived; marks members dirty, and notes
    from which day on the past is another. `known` is the run's memory of ids; without it each call begins
    anew.
    """
    known = known or Lookups()
    with transaction.atomic():
        known.start(lease.lock(fence=fence))
        saved = _store(list(records), feed, now, known)
        mark_dirty(members=saved.members - known.dirty, now=now)
        if saved.since is not None:
            lease.note_change(since=saved.since)
    known.dirty |= saved.members
    return saved


def mark_dirty(*, members: set[int], now: datetime) -> None:
    """These members' features and scores are out of date since `now`."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO mirror_dirtymember (member_id, since)"
            " SELECT m.id, %s FROM mirror_member m WHERE m.id = ANY(%s)"
            " ON CONFLICT (member_id) DO UPDATE SET since = excluded.since",
            [now, sorted(members)],
        )


def clear_dirty(*, members: Iterable[int], before: datetime) -> int:
    """These members were scored from data as of `before`; what changed since stays marked."""
    with connection.cursor() as cursor:  # one array: a million of them as single parameters take seconds
        cursor.execute(
            "DELETE FROM mirror_dirtymember WHERE member_id = ANY(%s) AND since <= %s",
            [list(members), before],
        )
        return cursor.rowcount


def _store(found: Sequence[records.Record], feed: str, now: datetime, known: Lookups) -> Saved:
    saved, refused, waiting = Saved(), [], []
    by_type = defaultdict(list)
    for record in found:
        by_type[type(record)].append(record)
    saved += _save_codes(Chapter, by_type.pop(records.Chapter, []))
    saved += _save_codes(Tier, by_type.pop(records.Tier, []))
    deletions = by_type.pop(records.Deletion, [])
    for kind, table in TABLES.items():
        if kind in by_type:
            waiting += _save_table(table, by_type[kind], now, known, saved, refused)
    if deletions:
        gone = merges.carry_out(deletions=deletions, now=now, known=known)
        saved += Saved(changed=gone.changed, members=gone.members)
        refused += gone.refused
        waiting += [f"member:{imis_id}" for imis_id in gone.merged]
    rejects.keep(feed=feed, found=found, refused=refused, now=now)
    saved.rejected += len(refused)
    for feed_name, ready in rejects.take(arrived=waiting).items():
        saved += _store(ready, feed_name, now, known)
    return saved


def _save_table(
    table: Table,
    rows: list[records.Record],
    now: datetime,
    known: Lookups,
    saved: Saved,
    refused: list[Refusal],
) -> list[str]:
    """Write one table; returns what waiting rejects may now refer to."""
    written = write(table, rows, known=known, now=now)
    saved += Saved(
        written.inserted,
        written.changed,
        written.unchanged,
        0,
        written.skipped,
        written.members,
        written.since,
    )
    refused += written.refused
    if table.model not in AWAITED:
        return []
    noun = table.model.__name__.lower()
    return [f"{noun}:{key}" for key in written.new_keys]


def _save_codes(model: type[Chapter] | type[Tier], rows: Sequence[records.Chapter | records.Tier]) -> Saved:
    """Chapters and tiers are few: an upsert row by row. Never deleted, since members may still name them."""
    saved = Saved()
    for row in rows:
        values = {
            name: getattr(row, name) for name in row.__struct_fields__ if name not in ("key", "updated_on")
        }
        limits = {name: model._meta.get_field(name).max_length for name in values}  # noqa: SLF001  model API
        values = {
            name: encode.clean(value, limits[name] or encode.LONGEST_TEXT)
            if isinstance(value, str)
            else value
            for name, value in values.items()
        }
        code = lookups.code(row.key)
        ours = model.objects.filter(code=code)
        if ours.filter(**values).exists():
            saved.unchanged += 1
        elif ours.update(**values):
            saved.changed += 1
        else:
            model.objects.create(code=code, **values)
            saved.inserted += 1
    if model is Tier and saved.inserted + saved.changed:
        saved.since = date.min  # tiers are ranked among each other, on every day
    return saved
