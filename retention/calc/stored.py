"""Rows that were scored, as bytes and back: numbers, days and pseudonyms, no code. Pure."""

import io
import uuid
from collections.abc import Collection
from typing import Any

import numpy as np

from retention.calc.rows import Rows

DAYS = ("day", "start", "end")


def pack(rows: Rows) -> bytes:
    """What `churn.predict` looks at; outcomes are left out."""
    members = bytes.fromhex("".join(rows.member.tolist()).replace("-", ""))
    parts: dict[str, Any] = {
        name: getattr(rows, name).astype("datetime64[D]").view(np.int64) for name in DAYS
    }
    file = io.BytesIO()
    np.savez_compressed(
        file,
        names=np.array(rows.names, dtype=str),
        x=rows.x.astype(np.float32),
        member=np.frombuffer(members, np.uint8).reshape(-1, 16),
        in_grace=rows.in_grace,
        **parts,
    )
    return file.getvalue()


def unpack(data: bytes) -> Rows:
    """The rows of `pack`. Nothing in the file is ever run."""
    with np.load(io.BytesIO(data), allow_pickle=False) as found:
        days = {name: found[name].view("datetime64[D]") for name in DAYS}
        members = [str(uuid.UUID(bytes=row.tobytes())) for row in found["member"]]
        return Rows(
            names=[str(name) for name in found["names"]],
            x=found["x"],
            member=np.array(members, dtype=str),
            in_grace=found["in_grace"],
            **days,
        )


def without(rows: Rows, pseudonyms: Collection[str]) -> Rows:
    """The rows of everybody else."""
    return rows.take(np.flatnonzero(~np.isin(rows.member, list(pseudonyms))))
