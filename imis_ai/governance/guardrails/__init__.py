"""Guardrails: rules of the association that stand above every proposal, whoever makes or approves it."""

from imis_ai.governance.guardrails import switching
from imis_ai.governance.guardrails.check import Objection, check
from imis_ai.governance.guardrails.facts import Case, add_source
from imis_ai.governance.guardrails.read import (
    contact_limits,
    entries,
    fields_off,
    keeper_of,
    prohibited_terms,
    signals_on,
)

__all__ = [
    "Case",
    "Objection",
    "add_source",
    "check",
    "contact_limits",
    "entries",
    "fields_off",
    "keeper_of",
    "prohibited_terms",
    "signals_on",
    "switching",
]
