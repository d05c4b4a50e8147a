"""Reads of the registry: the live model, its versions, what checks found."""

from imis_ai.registry.queries.live import (
    NoModel,
    known_by,
    live,
    live_models,
    load,
    version,
    versions,
)

__all__ = ["NoModel", "known_by", "live", "live_models", "load", "version", "versions"]
