"""Membership periods for the label book."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from imis_ai.features.calc.arrays import NO_DAY, Array
from imis_ai.features.calc.terms import lookup
from imis_ai.features.queries.sources import Positions
from imis_ai.mirror import columns
from imis_ai.mirror import queries as mirror

if TYPE_CHECKING:
    import pandas as pd

FIELDS = ("member", "start_on", "end_on", "resigned_on", "tier", "price", "method")


def terms(pseudonyms: Sequence[str] | None = None) -> "pd.DataFrame":
    """Sorted by pseudonym and start: pseudonym, start, end, resigned (dates), tier_rank, price, autopay.

    Of these members or of all.
    """
    import pandas as pd

    only = None if pseudonyms is None else mirror.member_ids(pseudonyms)
    members = columns.table("member", ("id", "pseudonym")) if only is None else columns.members(only)
    rows = columns.table("term", FIELDS, only)
    tiers = columns.table("tier", ["code", "rank"])
    texts = columns.pseudonyms(members["pseudonym"])
    place = Positions(members["id"]).of(rows["member"])
    found = pd.DataFrame(
        {
            "pseudonym": texts[place],
            "start": _dates(rows["start_on"]),
            "end": _dates(rows["end_on"]),
            "resigned": _dates(rows["resigned_on"]),
            "tier_rank": lookup(rows["tier"], tiers["code"], tiers["rank"]),
            "price": rows["price"],
            "autopay": rows["method"] == columns.words(["autopay"])["autopay"],
        }
    )
    return found.sort_values(["pseudonym", "start", "end"], kind="stable", ignore_index=True)


def _dates(days: Array) -> Array:
    dates = days.astype("datetime64[D]")
    return np.where(days == NO_DAY, np.datetime64("NaT"), dates).astype("datetime64[s]")
