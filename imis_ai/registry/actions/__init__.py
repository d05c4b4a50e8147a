"""Every write of the registry. Callers name these functions; the modules behind them are its own."""

from imis_ai.registry.actions.candidates import retrain
from imis_ai.registry.actions.checks import check
from imis_ai.registry.actions.findings import accept
from imis_ai.registry.actions.live import propose, take_effect
from imis_ai.registry.actions.replays import replay
from imis_ai.registry.actions.versions import (
    NotBetter,
    Proof,
    note,
    promote,
    put_back,
    refuse_worse,
    register,
    roll_back,
    skill,
)

__all__ = [
    "NotBetter",
    "Proof",
    "accept",
    "check",
    "note",
    "promote",
    "propose",
    "put_back",
    "refuse_worse",
    "register",
    "replay",
    "retrain",
    "roll_back",
    "skill",
    "take_effect",
]
