"""Arrays to rows of a table by COPY BINARY: one buffer made by numpy, nothing per row in Python."""

from datetime import UTC, date, datetime

import numpy as np
from django.db import connection

from imis_ai.features.calc.arrays import Array

HEAD = b"PGCOPY\n\xff\r\n\0" + bytes(8)
TAIL = b"\xff\xff"
FLOAT8 = 701  # PostgreSQL's number for the type
FIRST_DAY = date(2000, 1, 1)
FIRST_MOMENT = datetime(2000, 1, 1, tzinfo=UTC)

Value = Array | str | date | datetime


def copy(*, table: str, columns: dict[str, Value], rows: int) -> None:
    """Insert rows. A column: an array (raw UUIDs, floats, lists of floats) or one value for all."""
    fields = [_field(value) for value in columns.values()]
    layout: list[tuple] = [("fields", ">i2")]
    for i, (dtype, shape, _) in enumerate(fields):
        layout += [(f"size{i}", ">i4"), (f"value{i}", dtype, shape)]
    record = np.zeros(rows, dtype=layout)
    record["fields"] = len(fields)
    for i, (_, _, values) in enumerate(fields):
        record[f"size{i}"] = record.dtype[f"value{i}"].itemsize
        record[f"value{i}"] = values
    with connection.cursor() as cursor, cursor.copy(_statement(table, columns)) as stream:
        stream.write(HEAD + record.tobytes() + TAIL)


def _statement(table: str, columns: dict[str, Value]) -> str:
    return f"COPY {table} ({', '.join(columns)}) FROM STDIN (FORMAT BINARY)"


def _field(value: Value) -> tuple[object, tuple[int, ...], object]:
    """The binary form of one field: numpy type, shape, values."""
    if isinstance(value, str):
        text = value.encode()
        return f"V{len(text)}", (), np.void(text)
    if isinstance(value, datetime):
        return ">i8", (), (value - FIRST_MOMENT) // np.timedelta64(1, "us").astype(object)
    if isinstance(value, date):
        return ">i4", (), (value - FIRST_DAY).days
    if value.ndim == 2:
        return _list_of_floats(value)
    return ("V16" if value.dtype.kind == "V" else ">f8"), (), value


def _list_of_floats(values: Array) -> tuple[object, tuple[int, ...], object]:
    """PostgreSQL's binary array: dimensions, NULLs, type, length, first index, each size and value."""
    length = values.shape[1]
    item = np.dtype([("size", ">i4"), ("value", ">f8")])
    layout = np.dtype([("head", ">i4", (5,)), ("items", item, (length,))])
    packed = np.zeros(len(values), dtype=layout)
    packed["head"] = (1, 0, FLOAT8, length, 1)
    packed["items"]["size"] = 8
    packed["items"]["value"] = values
    return layout, (), packed
