"""Scores as COPY text: one line per member, the fastest way into the table."""

import math
from collections.abc import Iterable, Iterator
from typing import Any

import msgspec
import numpy as np
from django.db import connection

from retention.queries.predictions import HORIZONS, Predicted

PARTS = ("risk", "low", "high")
COLUMNS = (
    "run_id", "member_id", *(f"{part}_{h}" for h in (*HORIZONS, "renewal") for part in PARTS),
    "lapse_on", "lapse_from", "lapse_to", "renews_on", "dues", "value", "factors", "abstained",
)  # fmt: skip
NULL = "\\N"
UNKNOWN = "\t".join([NULL] * (len(COLUMNS) - 7))  # chances, ranges and dates of a member without a score


def copy(*, lines: Iterable[str]) -> None:
    """Into the table of scores, in one statement."""
    with (
        connection.cursor() as cursor,
        cursor.copy(f"COPY retention_riskscore ({', '.join(COLUMNS)}) FROM STDIN") as copy,
    ):
        copy.write("".join(lines))


def lines(*, said: Predicted, ids: dict[Any, int], run: int) -> Iterator[str]:
    """One line of COPY text per member alive in the mirror."""
    by_text = {str(pseudonym): pk for pseudonym, pk in ids.items()}
    encode = msgspec.json.Encoder().encode
    offsets = (said.chances.lapse_on, said.chances.lapse_from, said.chances.lapse_to)
    columns = zip(
        said.rows.member.tolist(),
        _numbers(said).tolist(),
        zip(*(_dates(said.days(offset)) for offset in offsets), strict=True),
        _dates(said.rows.end),
        zip(_money(said.dues), _money(said.value), strict=True),
        said.factors,
        said.abstained,
        strict=True,
    )
    for member, numbers, lapse, end, money, factors, reason in columns:
        if member not in by_text:
            continue
        head = f"{run}\t{by_text[member]}"
        if reason:
            yield "\t".join((head, UNKNOWN, end, *money, "[]", f"{reason}\n"))
            continue
        why = encode(factors).decode().replace("\\", "\\\\")
        yield "\t".join((head, *map(str, numbers), *lapse, end, *money, why, "\n"))


def _numbers(said: Predicted) -> np.ndarray:
    """(n, 12) risk, low, high per horizon and at the renewal, never falling with the horizon."""
    chances = said.chances
    columns: list[np.ndarray] = []
    for h in HORIZONS:
        columns += [chances.risk[h], chances.low[h], chances.high[h]]
    columns += [chances.renewal, chances.renewal_low, chances.renewal_high]
    return np.round(np.stack(columns, axis=1), 6)


def _dates(days: np.ndarray) -> list[str]:
    return days.astype("datetime64[D]").astype(str).tolist()


def _money(amounts: np.ndarray) -> list[str]:
    return [NULL if math.isnan(amount) else f"{amount:.2f}" for amount in amounts.tolist()]
