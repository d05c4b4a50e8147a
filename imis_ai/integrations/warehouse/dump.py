"""Files from the views, as one person sees them: CSV that a spreadsheet opens, or Parquet."""

import csv
import hashlib
import json
import tempfile
from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path

from django.db import connection, transaction

from imis_ai.accounts.models import User
from imis_ai.integrations.warehouse.catalogue import SCHEMA, View, views
from imis_ai.integrations.warehouse.install import APART
from imis_ai.ui.exports import BOM, inert

FORMS = ("csv", "parquet")
AT_ONCE = 2000


def dump(
    *,
    person: User,
    folder: Path,
    form: str,
    now: datetime,
    chapters: Sequence[str] = (),
    with_names: bool = True,
    step: Callable[[str], None] = lambda name: None,
) -> dict[str, int]:
    """One file per view and `export.json`, which says what they are; returns the rows of each."""
    rows = {}
    with transaction.atomic():
        _look_as(person, chapters, with_names)
        for view in views().values():
            step(view.name)
            write = _csv if form == "csv" else _parquet
            rows[view.name] = write(view, folder / f"{view.name}.{form}")
        _look_as(None, (), True)
    about = {
        "made_at": now.isoformat(),
        "for": person.username,
        "chapters": list(chapters),
        "names": with_names,
        "files": {path.name: _described(path, rows) for path in sorted(folder.glob(f"*.{form}"))},
    }
    (folder / "export.json").write_text(json.dumps(about, indent=2))
    return rows


def _look_as(person: User | None, chapters: Sequence[str], with_names: bool) -> None:
    """For this transaction the views show what this person sees."""
    values = {
        "imis_ai.person": str(person.pk) if person else "",
        "imis_ai.chapters": APART.join(chapters),
        "imis_ai.names": "" if with_names else "no",
    }
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL timezone TO 'UTC'")
        for name, value in values.items():
            cursor.execute("SELECT set_config(%s, %s, true)", [name, value])


def _csv(view: View, path: Path) -> int:
    names = [column.name for column in view.columns]
    number = 0
    with connection.cursor() as cursor, path.open("w", newline="", encoding="utf-8") as file:
        cursor.execute(f"SELECT {', '.join(_quoted(names))} FROM {SCHEMA}.{view.name}")  # noqa: S608
        writer = csv.writer(file)
        file.write(BOM)
        writer.writerow(names)
        while part := cursor.fetchmany(AT_ONCE):
            writer.writerows([inert(cell) for cell in row] for row in part)
            number += len(part)
    return number


def _parquet(view: View, path: Path) -> int:
    """PostgreSQL writes plain CSV, DuckDB reads it with the declared types."""
    import duckdb

    names = [column.name for column in view.columns]
    kinds = ", ".join(f"'{column.name}': '{column.kind}'" for column in view.columns)
    with tempfile.TemporaryDirectory(dir=path.parent) as folder:
        plain = Path(folder) / "rows.csv"
        with connection.cursor() as cursor, plain.open("wb") as file:
            select = f"SELECT {', '.join(_quoted(names))} FROM {SCHEMA}.{view.name}"  # noqa: S608
            with cursor.copy(f"COPY ({select}) TO STDOUT (FORMAT csv, HEADER)") as copy:
                for part in copy:
                    file.write(part)
        read = f"read_csv('{plain}', header = true, columns = {{{kinds}}}, allow_quoted_nulls = false)"
        with duckdb.connect() as duck:
            duck.execute("SET TimeZone = 'UTC'")
            duck.execute(f"COPY (SELECT * FROM {read}) TO '{path}' (FORMAT parquet, COMPRESSION zstd)")  # noqa: S608
            found = duck.execute(f"SELECT count(*) FROM read_parquet('{path}')").fetchone()  # noqa: S608
    return found[0] if found else 0


def _quoted(names: Sequence[str]) -> list[str]:
    return [f'"{name}"' for name in names]


def _described(path: Path, rows: dict[str, int]) -> dict:
    return {"rows": rows[path.stem], "sha256": hashlib.sha256(path.read_bytes()).hexdigest()}
