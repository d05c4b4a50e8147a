"""Writes of features: snapshots, published values, vectors, and forgetting an erased person."""

from imis_ai.features.actions.build import Empty, build, build_many, forget, prune
from imis_ai.features.actions.publish import publish

__all__ = ["Empty", "build", "build_many", "forget", "prune", "publish"]
