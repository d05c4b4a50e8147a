"""Scores as COPY text: one line per member, the fastest way into the table."""

from collections.abc import Iterable, Iterator, Sequence
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
    numbers = _numbers(said)
    dates = np.stack(
        [_dates(said.days(offsets)) for offsets in _offsets(said)] + [_dates(said.rows.end)], axis=1
    )
    encode = msgspec.json.Encoder().encode
    for i, member in enumerate(said.rows.member.tolist()):
        if member not in by_text:
            continue
        head = [str(run), str(by_text[member])]
        reason = said.abstained[i]
        if reason:
            yield _line(
                [*head, *[NULL] * (numbers.shape[1] + 3), str(dates[i, 3]), *_money(said, i), "[]", reason]
            )
            continue
        why = encode(said.factors[i]).decode().replace("\\", "\\\\")
        yield _line([*head, *map(str, numbers[i].tolist()), *dates[i].tolist(), *_money(said, i), why, ""])


def _numbers(said: Predicted) -> np.ndarray:
    """(n, 12) risk, low, high per horizon and at the renewal, never falling with the horizon."""
    chances = said.chances
    columns: list[np.ndarray] = []
    for h in HORIZONS:
        columns += [chances.risk[h], chances.low[h], chances.high[h]]
    columns += [chances.renewal, chances.renewal_low, chances.renewal_high]
    return np.round(np.stack(columns, axis=1), 6)


def _offsets(said: Predicted) -> Sequence[np.ndarray]:
    return said.chances.lapse_on, said.chances.lapse_from, said.chances.lapse_to


def _dates(days: np.ndarray) -> np.ndarray:
    return days.astype("datetime64[D]").astype(str)


def _money(said: Predicted, i: int) -> list[str]:
    return [NULL if np.isnan(amount) else f"{amount:.2f}" for amount in (said.dues[i], said.value[i])]


def _line(fields: Sequence[str]) -> str:
    return "\t".join(fields) + "\n"
