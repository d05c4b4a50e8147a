"""Reading one CSV file into columns."""

import csv
from pathlib import Path

import numpy as np

from imis_ai.sandbox.columns import Cents, Flags, Labels, Numbers, Times

Row = dict[str, str]
TRUE = {"true", "1", "yes", "y", "t"}
NO_TIME = np.datetime64("NaT", "s")


def rows(folder: Path, name: str) -> list[Row]:
    """The rows of one file, none when it is absent. Missing columns read as empty."""
    path = folder / name
    if not path.exists():
        return []
    with path.open(newline="", encoding="utf-8-sig") as handle:
        return [{k: (v or "").strip() for k, v in row.items() if k} for row in csv.DictReader(handle)]


def words(found: list[Row], name: str) -> Labels:
    return Labels.of([row.get(name) or None for row in found])


def times(found: list[Row], name: str) -> Times:
    return Times(
        np.array(
            [np.datetime64(row[name].replace(" ", "T"), "s") if row.get(name) else NO_TIME for row in found],
            "datetime64[s]",
        )
    )


def cents(found: list[Row], name: str) -> Cents:
    return Cents(
        np.array([round(float(row[name]) * 100) if row.get(name) else Cents.null for row in found], np.int64)
    )


def flags(found: list[Row], name: str) -> Flags:
    return Flags(
        np.array([-1 if not row.get(name) else int(row[name].lower() in TRUE) for row in found], np.int8)
    )


def floats(found: list[Row], name: str) -> Numbers:
    return Numbers(np.array([float(row[name]) if row.get(name) else np.nan for row in found], float))


def numbers(n: int, first: int = 1) -> Numbers:
    return Numbers(np.arange(first, first + n, dtype=np.int64))
