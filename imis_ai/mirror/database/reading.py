"""A session that can only read, and its tables as the files of an archive."""

import csv
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import urlsplit

import psycopg

from imis_ai.imis.errors import ImisError, NotConfigured, Unreachable
from imis_ai.mirror.database.tables import Select, Table, tables_of

AT_ONCE = 5000
LONGEST = 600_000  # milliseconds of one statement
LISTED = (
    "SELECT table_schema, table_name, column_name FROM information_schema.columns"
    " WHERE table_schema NOT IN ('information_schema', 'pg_catalog', 'sys') ORDER BY 1, 2, ordinal_position"
)
DAYS = {"join_date", "paid_through", "start_on", "end_on", "issued_on", "due_on", "paid_on", "received_on"}
KINDS = {
    "portallogin": "login", "weblogin": "login", "pageview": "page_view", "webvisit": "page_view",
    "emailopen": "email_open", "emailopened": "email_open", "emailclick": "email_click",
    "emailsent": "email_sent", "documentdownload": "download", "coursecomplete": "course_complete",
}  # fmt: skip


class MayWrite(ImisError):
    """The account could change what it is only to read."""


class Session(Protocol):
    """What a kind of database brings. `may_write` names the tables that the account could change."""

    def tables(self) -> list[Table]: ...
    def rows(self, sql: str) -> Iterator[Sequence[Any]]: ...
    def may_write(self, tables: Sequence[Table]) -> list[str]: ...
    def quote(self, name: str) -> str: ...


@dataclass
class Written:
    """Rows per file; `left`: rows that refer to a member or an event which is not there."""

    rows: dict[str, int] = field(default_factory=dict)
    left: dict[str, int] = field(default_factory=dict)


class Postgres:
    """PostgreSQL: the session itself refuses to write."""

    def __init__(self, connection: psycopg.Connection) -> None:
        self._connection = connection

    def tables(self) -> list[Table]:
        return tables_of(self._connection.execute(LISTED).fetchall())

    def rows(self, sql: str) -> Iterator[Sequence[Any]]:
        with self._connection.cursor(name="imis_ai") as cursor:
            cursor.itersize = AT_ONCE
            yield from cursor.execute(sql)  # type: ignore[arg-type]

    def may_write(self, tables: Sequence[Table]) -> list[str]:
        asked = (
            "SELECT has_table_privilege(format('%%I.%%I', %s::text, %s::text),"
            " 'INSERT, UPDATE, DELETE, TRUNCATE')"
        )
        return [t.called for t in tables if self._connection.execute(asked, [t.schema, t.name]).fetchone()[0]]  # type: ignore[index]

    def quote(self, name: str) -> str:
        return '"' + name.replace('"', '""') + '"'


class SqlServer:
    """SQL Server through pyodbc: a read-only intent, and an account that may not write."""

    def __init__(self, connection: Any) -> None:
        self._connection = connection

    def tables(self) -> list[Table]:
        return tables_of([tuple(row) for row in self._connection.execute(LISTED).fetchall()])

    def rows(self, sql: str) -> Iterator[Sequence[Any]]:
        cursor = self._connection.execute(sql)
        while part := cursor.fetchmany(AT_ONCE):
            yield from part

    def may_write(self, tables: Sequence[Table]) -> list[str]:
        asked = (
            "SELECT HAS_PERMS_BY_NAME(?, 'OBJECT', 'INSERT') + HAS_PERMS_BY_NAME(?, 'OBJECT', 'UPDATE')"
            " + HAS_PERMS_BY_NAME(?, 'OBJECT', 'DELETE')"
        )
        named = [(table, f"{self.quote(table.schema)}.{self.quote(table.name)}") for table in tables]
        return [
            t.called for t, name in named if self._connection.execute(asked, name, name, name).fetchone()[0]
        ]

    def quote(self, name: str) -> str:
        return "[" + name.replace("]", "]]") + "]"


@contextmanager
def opened(url: str) -> Iterator[Session]:
    """A session on the database of iMIS. Raises NotConfigured, Unreachable."""
    scheme = urlsplit(url).scheme
    if scheme in ("postgresql", "postgres"):
        with _postgres(url) as connection:
            yield Postgres(connection)
    elif scheme == "mssql":
        yield SqlServer(_sql_server(url))
    else:
        raise NotConfigured("IMIS_DATABASE_URL must begin with mssql:// or postgresql://.")


def refuse_writers(session: Session, selects: Sequence[Select]) -> None:
    """Raises MayWrite where the account could change one of the tables that are read."""
    writable = session.may_write(list({select.table: None for select in selects}))
    if writable:
        raise MayWrite(
            f"The account of IMIS_DATABASE_URL may write to {', '.join(sorted(writable)[:3])}. Give one that "
            "may only read; imis_ai never writes to the database."
        )


def write_files(session: Session, selects: Sequence[Select], folder: Path) -> Written:
    """Each file of the archive from its tables. What refers to nobody is left out and counted."""
    made, known = Written(), {"imis_id": set[str](), "event_id": set[str]()}
    for file in dict.fromkeys(select.file for select in selects):
        parts = [select for select in selects if select.file == file]
        columns = list(dict.fromkeys(name for part in parts for name in (*part.columns, *part.constants)))
        owns = {"members.csv": "imis_id", "events.csv": "event_id"}.get(file, "")
        with (folder / file).open("w", encoding="utf-8", newline="") as out:
            writer = csv.writer(out)
            writer.writerow(columns)
            for row in _rows(session, parts, file):
                if owns and row[owns] not in known[owns]:
                    known[owns].add(row[owns])
                elif owns or any(row.get(name) and row[name] not in ids for name, ids in known.items()):
                    made.left[file] = made.left.get(file, 0) + 1
                    continue
                writer.writerow([row.get(name, "") for name in columns])
                made.rows[file] = made.rows.get(file, 0) + 1
    return made


def _rows(session: Session, parts: Sequence[Select], file: str) -> Iterator[dict[str, str]]:
    for part in parts:
        for values in session.rows(part.sql):
            row = {name: cell(name, value) for name, value in zip(part.columns, values, strict=True)}
            row |= part.constants
            if file == "activities.csv":
                row["kind"] = _kind(row["kind"])
                if row.get("activity_id"):  # two logs may count alike
                    row["activity_id"] = f"{part.table.name}:{row['activity_id']}"
            yield row


def cell(column: str, value: Any) -> str:
    """As an archive writes it: ISO dates, plain decimals, yes and no as words."""
    match value:
        case None:
            return ""
        case bool():
            return "true" if value else "false"
        case datetime():
            return value.date().isoformat() if column in DAYS else value.isoformat()
        case date():
            return value.isoformat()
        case Decimal() | float():
            return f"{Decimal(str(value)):f}"
    return str(value).replace("\0", "").strip()


def _kind(text: str) -> str:
    plain = text.replace("_", "").replace(" ", "").replace("-", "").lower()
    return KINDS.get(plain, text.strip().lower().replace(" ", "_"))


@contextmanager
def _postgres(url: str) -> Iterator[psycopg.Connection]:
    try:
        connection = psycopg.connect(url, connect_timeout=10)
    except psycopg.Error as problem:
        raise Unreachable(
            "The database of IMIS_DATABASE_URL does not answer or refuses the account. Check its address."
        ) from problem
    with connection:
        connection.read_only = True
        connection.execute(f"SET statement_timeout = {LONGEST}")
        yield connection


def _sql_server(url: str) -> Any:
    try:
        import pyodbc  # noqa: PLC0415  only where iMIS' own database is read
    except ImportError:
        raise NotConfigured(
            "Reading SQL Server needs pyodbc and Microsoft's driver 18. Install both beside imis_ai."
        ) from None
    parts = urlsplit(url)
    fields: Mapping[str, str] = {
        "DRIVER": "{ODBC Driver 18 for SQL Server}",
        "SERVER": f"{parts.hostname},{parts.port or 1433}",
        "DATABASE": parts.path.lstrip("/"),
        "UID": parts.username or "",
        "PWD": "{" + (parts.password or "").replace("}", "}}") + "}",
        "Encrypt": "yes",
        "ApplicationIntent": "ReadOnly",
    }
    try:
        return pyodbc.connect(";".join(f"{name}={value}" for name, value in fields.items()), timeout=10)
    except pyodbc.Error as problem:
        raise Unreachable(
            "The database of IMIS_DATABASE_URL does not answer or refuses the account. Check its address."
        ) from problem
