"""Every feature that is kept of one member, in plain words, for their own request."""

from collections.abc import Iterator
from datetime import date
from typing import Any
from uuid import UUID

import numpy as np

from imis_ai.features.definitions import FEATURES
from imis_ai.features.models import PublishedValue, Snapshot
from imis_ai.features.queries.pointintime import unpack


def features_of(*, pseudonym: str, as_of: date | None = None) -> Iterator[dict[str, Any]]:
    """One row per day and feature that has a value, oldest day first; `as_of`: that day alone."""
    mine = np.frombuffer(UUID(pseudonym).bytes, dtype="V16")
    snapshots = Snapshot.objects.order_by("as_of")
    for snapshot in snapshots.filter(as_of=as_of) if as_of else snapshots:
        place = np.flatnonzero(np.frombuffer(bytes(snapshot.pseudonyms), dtype="V16") == mine)
        if not len(place):
            continue
        for column in snapshot.columns.order_by("name"):
            value = float(unpack(column.data)[place[0]])
            if not np.isnan(value):
                known = FEATURES.get(column.name)
                yield {
                    "as of": snapshot.as_of,
                    "what": known.meaning if known else column.name,
                    "value": round(value, 4),
                    "unit": known.unit if known else "",
                    "from": known.source if known else "own activities",
                }


def published_of(*, pseudonym: str) -> Iterator[dict[str, Any]]:
    """Numbers that one domain gave to the others."""
    for row in PublishedValue.objects.filter(pseudonym=pseudonym).order_by("as_of", "name"):
        yield {"as of": row.as_of, "what": row.name, "value": row.value, "made by": row.version}
