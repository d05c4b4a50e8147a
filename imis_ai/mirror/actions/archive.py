"""Loads a CSV archive: every file is checked first, then all of it is stored in one transaction."""

import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from itertools import chain
from pathlib import Path
from zoneinfo import ZoneInfo

from django.db import transaction

from imis_ai.imis.records import Record
from imis_ai.jobs.progress import Progress
from imis_ai.mirror.actions import lease
from imis_ai.mirror.actions.save import Saved, save
from imis_ai.mirror.archive.layout import Layout, layouts
from imis_ai.mirror.archive.problems import BadArchive, Problems
from imis_ai.mirror.archive.reader import Header, World, header, read
from imis_ai.mirror.archive.source import Source, check_encoding, opened
from imis_ai.mirror.models import Event, Feed, Member
from imis_ai.mirror.upsert.lookups import Lookups

FEED = "archive"
BATCH = 20_000


@dataclass
class Imported:
    """Counts per file and in all. `notes` name ignored files and columns, and columns that were not there."""

    files: dict[str, dict[str, int]] = field(default_factory=dict)
    inserted: int = 0
    changed: int = 0
    unchanged: int = 0
    notes: list[str] = field(default_factory=list)
    seconds: float = 0.0


def import_archive(*, folder: Path, zone: ZoneInfo, now: datetime, progress: Progress) -> Imported:
    """Load a folder or zip of CSV files. Doing it twice changes nothing.

    Raises BadArchive, with a sentence per problem, before anything is written; Busy while iMIS is read.
    """
    started = time.monotonic()
    with opened(folder) as source:
        result = Imported()
        files, world = _check(source, zone, result, progress)
        with lease.held() as fence, transaction.atomic():
            _load(source, files, world, fence, now, result, progress)
            rows = sum(counts["rows"] for counts in result.files.values())
            Feed.objects.update_or_create(
                name=FEED,
                defaults={
                    "health": Feed.Health.FRESH,
                    "message": f"Archive {source.name[:100]} loaded.",
                    "rows": rows,
                    "changed": result.inserted + result.changed,
                    "last_success_at": now,
                    "last_try_at": now,
                },
            )
    result.seconds = round(time.monotonic() - started, 2)
    return result


def _check(
    source: Source, zone: ZoneInfo, result: Imported, progress: Progress
) -> tuple[list[tuple[Layout, Header]], World]:
    """Read everything once without storing it. Raises BadArchive."""
    problems, files = Problems(), []
    known = layouts(zone)
    world = World(
        set(Member.objects.values_list("imis_id", flat=True)),
        set(Event.objects.values_list("key", flat=True)),
    )
    if "members.csv" not in source.openers:
        problems.add(source.name, "holds no members.csv, which every archive needs.")
    names = {layout.file for layout in known}
    result.notes += [
        f"{name} is not part of an archive and was ignored." for name in source.openers if name not in names
    ]
    for layout in known:
        if layout.file in source.openers and (top := _check_file(source, layout, world, problems, progress)):
            files.append((layout, top))
            result.notes += _notes(layout, top)
    if problems.count:
        raise BadArchive(problems)
    return files, world


def _check_file(
    source: Source, layout: Layout, world: World, problems: Problems, progress: Progress
) -> Header | None:
    progress.stage(f"Checking {layout.file}")
    if not check_encoding(source, layout.file, problems):
        return None
    top = header(source, layout, problems)
    if top is None:
        return None
    own = {"members.csv": world.members, "events.csv": world.events}.get(layout.file)
    for number, found in enumerate(read(source, layout, top, world, problems)):
        if own is not None and found:
            own.add(found[0].key)
        if number % 1000 == 0:
            progress.advance(1000)
            progress.checkpoint()
    return top


def _notes(layout: Layout, top: Header) -> list[str]:
    ignored = [f"{layout.file}: column {name} is not known and was ignored." for name in top.ignored]
    if not top.missing:
        return ignored
    return [*ignored, f"{layout.file}: without {', '.join(top.missing)}."]


def _load(
    source: Source,
    files: list[tuple[Layout, Header]],
    world: World,
    fence: int,
    now: datetime,
    result: Imported,
    progress: Progress,
) -> None:
    known = Lookups()
    for layout, top in files:
        progress.stage(f"Loading {layout.file}")
        problems, saved = Problems(), Saved()
        rows = 0
        for count, batch in _batches(read(source, layout, top, world, problems)):
            saved += save(records=batch, feed=FEED, now=now, fence=fence, known=known)
            rows += count
            progress.advance(count)
            progress.checkpoint()
        if problems.count:  # the file changed under our hands
            raise BadArchive(problems)
        result.files[layout.file] = {
            "rows": rows, "inserted": saved.inserted, "changed": saved.changed,
            "unchanged": saved.unchanged, "rejected": saved.rejected,
        }  # fmt: skip
        result.inserted += saved.inserted
        result.changed += saved.changed
        result.unchanged += saved.unchanged


def _batches(rows: Iterator[list[Record]]) -> Iterator[tuple[int, list[Record]]]:
    batch: list[list[Record]] = []
    for row in rows:
        batch.append(row)
        if len(batch) == BATCH:
            yield len(batch), list(chain.from_iterable(batch))
            batch = []
    if batch:
        yield len(batch), list(chain.from_iterable(batch))
