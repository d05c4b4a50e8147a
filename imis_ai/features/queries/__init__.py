"""Reads of features: frames by pseudonym, the catalogue, terms for labels, members alike."""

from imis_ai.features.queries.listing import Entry, catalogue, register_use
from imis_ai.features.queries.periods import terms
from imis_ai.features.queries.pointintime import (
    NotAllowed,
    built_at,
    evidence,
    frame,
    frames,
    out_of_date,
    stored_days,
)
from imis_ai.features.queries.similar import Neighbour, has_pgvector, neighbours

__all__ = [
    "Entry",
    "Neighbour",
    "NotAllowed",
    "built_at",
    "catalogue",
    "evidence",
    "frame",
    "frames",
    "has_pgvector",
    "neighbours",
    "out_of_date",
    "register_use",
    "stored_days",
    "terms",
]
