"""All features. `FEATURES` holds those of every association; `own_features` adds kinds that only one has."""

import hashlib
from collections.abc import Iterable

from imis_ai.features.definitions import (
    committee,
    community,
    content,
    engagement,
    events,
    mail,
    membership,
    own,
    payments,
    portal,
    profile,
    tiers,
)
from imis_ai.features.definitions.base import PURPOSES, Feature

MODULES = (
    portal,
    events,
    mail,
    payments,
    membership,
    tiers,
    committee,
    community,
    content,
    engagement,
    profile,
)
FEATURES: dict[str, Feature] = {each.name: each for module in MODULES for each in module.FEATURES}


def own_features(kinds: Iterable[str]) -> dict[str, Feature]:
    """Features of the activity kinds that the product does not know, by name."""
    return {each.name: each for kind in sorted(kinds) for each in own.features_of(kind)}


def version() -> str:
    """Changes whenever a definition does; a stored snapshot of another version is not used."""
    parts = [repr(FEATURES[name]) for name in sorted(FEATURES)] + [
        repr(own.features_of("kind")),
        str(FORMULAS),
    ]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:12]


FORMULAS = 1  # to be raised when a formula changes without its description

__all__ = ["FEATURES", "PURPOSES", "Feature", "own_features", "version"]
