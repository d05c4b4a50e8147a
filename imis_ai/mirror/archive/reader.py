"""Rows of one archive file as records, every problem noted with its line and column."""

import csv
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

from imis_ai.imis.records import Record
from imis_ai.mirror.archive.layout import Cell, Layout, Row, activity_key
from imis_ai.mirror.archive.problems import Problems
from imis_ai.mirror.archive.source import Source
from imis_ai.mirror.archive.values import NotUsable

LONGEST_CELL = 1024 * 1024


@dataclass
class World:
    """What rows may refer to: members and events of the archive and of the mirror."""

    members: set[str] = field(default_factory=set)
    events: set[str] = field(default_factory=set)


@dataclass
class Header:
    """The columns found: (position, cell) pairs, and what stands there beside them."""

    cells: list[tuple[int, Cell]]
    width: int
    ignored: list[str]
    missing: list[str]


def header(source: Source, layout: Layout, problems: Problems) -> Header | None:
    """The file's first row; None when the file can't be read for it, which is then noted."""
    with source.text(layout.file) as text:
        try:
            names = [name.strip().lower() for name in next(_reader(text), [])]
        except csv.Error as error:
            problems.add(layout.file, f"is not a CSV file ({error}).", line=1)
            return None
    wanted = {cell.name: cell for cell in layout.cells}
    required = [cell.name for cell in layout.cells if cell.is_required]
    if absent := [name for name in required if name not in names]:
        hint = " Separate the columns by commas." if len(names) == 1 and set(names[0]) & set(";\t|") else ""
        problems.add(
            layout.file, f"has no column {', '.join(absent)}. Add it to the first row.{hint}", line=1
        )
        return None
    if twice := [name for name, count in Counter(names).items() if count > 1 and name in wanted]:
        problems.add(layout.file, f"has the column {', '.join(twice)} twice. Keep one.", line=1)
        return None
    return Header(
        cells=[(position, wanted[name]) for position, name in enumerate(names) if name in wanted],
        width=len(names),
        ignored=[name for name in names if name not in wanted and name],
        missing=[name for name in wanted if name not in names],
    )


def read(
    source: Source, layout: Layout, top: Header, world: World, problems: Problems
) -> Iterator[list[Record]]:
    """The records of each row in turn. Rows with problems are noted and left out."""
    absent: Row = {cell.name: cell.empty for cell in layout.cells}
    repeated: Counter[str] = Counter()
    seen: set[int] = set()
    with source.text(layout.file) as text:
        rows = _reader(text)
        next(rows, None)
        for line, cells in _numbered(rows, layout.file, problems):
            before = problems.count
            row = absent | _values(cells, top, layout.file, line, problems)
            if problems.count == before:
                _check_references(row, layout, world, line, problems)
            if problems.count == before:
                _give_key(row, layout, repeated, seen, line, problems)
            if problems.count == before:
                yield _build(row, layout, line, problems)


def _reader(text) -> Iterator[list[str]]:
    csv.field_size_limit(LONGEST_CELL)
    return csv.reader(text, strict=True)


def _numbered(rows, file: str, problems: Problems) -> Iterator[tuple[int, list[str]]]:
    """Rows that are not empty, with the line they begin on."""
    while True:
        line = rows.line_num + 1
        try:
            cells = next(rows)
        except StopIteration:
            return
        except csv.Error as error:
            problems.add(file, f"can't be read further ({error}). Check the quotation marks.", line=line)
            return
        if any(cells):
            yield line, cells


def _values(cells: list[str], top: Header, file: str, line: int, problems: Problems) -> Row:
    row: Row = {}
    if len(cells) != top.width:
        problems.add(file, f"has {len(cells)} cells where the first row has {top.width}.", line=line)
        return row
    for position, cell in top.cells:
        written = cells[position].strip()
        if not written:
            if cell.is_required:
                problems.add(file, "is empty. Fill it in.", line=line, column=cell.name)
            continue
        try:
            row[cell.name] = cell.parse(written)
        except NotUsable as problem:
            problems.add(file, str(problem), line=line, column=cell.name)
    return row


def _check_references(row: Row, layout: Layout, world: World, line: int, problems: Problems) -> None:
    for name, noun in layout.refers.items():
        known, home = (world.members, "members.csv") if noun == "member" else (world.events, "events.csv")
        if row[name] and row[name] not in known:
            text = f"there is no {noun} “{row[name][:40]}”. Add it to {home} or drop the row."
            problems.add(layout.file, text, line=line, column=name)


def _give_key(
    row: Row, layout: Layout, repeated: Counter[str], seen: set[int], line: int, problems: Problems
) -> None:
    key = layout.key(row)
    if layout.key is activity_key and not row["activity_id"]:
        repeated[key] += 1
        row["key"] = f"{key}:{repeated[key]}"
        return
    row["key"] = key
    if hash(key) in seen:
        problems.add(layout.file, f"“{key[:60]}” stands on an earlier line too. Keep one of them.", line=line)
    seen.add(hash(key))


def _build(row: Row, layout: Layout, line: int, problems: Problems) -> list[Record]:
    try:
        return layout.build(row)
    except NotUsable as problem:
        problems.add(layout.file, str(problem), line=line)
        return []
