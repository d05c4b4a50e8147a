"""From which day on what is written changes the past, for whoever keeps numbers as of past days."""

from collections.abc import Sequence
from datetime import date, datetime
from operator import attrgetter

from django.conf import settings
from django.db import connection, models
from django.utils import timezone

from imis_ai.imis import records
from imis_ai.mirror.models import Member
from imis_ai.mirror.upsert.tables import Table


def first(*found: date | None) -> date | None:
    return min((day for day in found if day is not None), default=None)


def earliest(table: Table, rows: Sequence[records.Record]) -> date | None:
    """Of new rows; None where they bear no date."""
    found = []
    for name in table.dates:
        values = [value for value in map(attrgetter(name), rows) if value is not None]
        if values:
            found.append(_day(min(values)))
    return first(*found)


def earliest_staged(table: Table, stage: str) -> date | None:
    """Of rows about to be changed: as they were or as they will be, whichever is earlier.

    A member's row changes for many reasons; only another date of joining reaches back.
    """
    names = table.dates
    if not names:
        return None
    both = ", ".join(_sql(table, f"{side}.{name}") for name in names for side in ("ours", "stage"))
    differ = " OR ".join(f"ours.{name} IS DISTINCT FROM stage.{name}" for name in names)
    return _ask(
        f"SELECT min(least({both})) FROM {table.name} ours JOIN {stage} stage ON ours.key = stage.key"  # noqa: S608
        f"{f' WHERE {differ}' if table.model is Member else ''}"
    )


def earliest_of(table: Table, pks: Sequence[int]) -> date | None:
    """Of stored rows, such as those about to be deleted."""
    if not table.dates:
        return None
    all_dates = ", ".join(_sql(table, name) for name in table.dates)
    return _ask(f"SELECT min(least({all_dates})) FROM {table.name} WHERE id = ANY(%s)", [list(pks)])  # noqa: S608


def _sql(table: Table, column: str) -> str:
    field = table.model._meta.get_field(column.rpartition(".")[2])  # noqa: SLF001  Django's documented model API
    is_moment = isinstance(field, models.DateTimeField)
    return f"({column} AT TIME ZONE '{settings.TIME_ZONE}')::date" if is_moment else column


def _ask(sql: str, params: Sequence = ()) -> date | None:
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        return cursor.fetchone()[0]


def _day(value: date) -> date:
    return timezone.localtime(value).date() if isinstance(value, datetime) else value
