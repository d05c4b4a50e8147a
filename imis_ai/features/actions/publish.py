"""Numbers that one domain offers to the others."""

import math
from collections.abc import Mapping
from datetime import date, datetime
from uuid import UUID

import numpy as np
from django.db import transaction

from imis_ai.features.actions import rows
from imis_ai.features.definitions import FEATURES
from imis_ai.features.models import PublishedValue
from imis_ai.mirror import columns


@transaction.atomic
def publish(
    *, as_of: date, name: str, version: str, values: Mapping[str | UUID, float], now: datetime
) -> int:
    """Offer `values` by pseudonym under a dotted name, in place of earlier ones; returns how many."""
    if name in FEATURES or "." not in name:
        raise ValueError(
            f"{name!r} cannot be published. Use a dotted name of your own, such as retention.risk."
        )
    PublishedValue.objects.filter(name=name, as_of=as_of).delete()
    known = {str(pseudonym): value for pseudonym, value in values.items() if not math.isnan(value)}
    rows.copy(
        table="features_publishedvalue",
        columns={
            "name": name,
            "as_of": as_of,
            "version": version,
            "pseudonym": np.frombuffer(columns.raw_pseudonyms(list(known)), dtype="V16"),
            "value": np.fromiter(known.values(), dtype=np.float64, count=len(known)),
            "published_at": now,
        },
        rows=len(known),
    )
    return len(known)
