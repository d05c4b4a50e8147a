"""Suggestions and decisions: made by domains and people, decided by the right person, undone if needed."""

from imis_ai.governance.proposals.automatic import is_by_policy
from imis_ai.governance.proposals.back import REVERSAL, reverse, undo
from imis_ai.governance.proposals.decide import add_note, approve, assign, expire_due, later, reject, seen
from imis_ai.governance.proposals.inbox import (
    Filters,
    asked_by,
    decided,
    listed,
    of_kind,
    visible,
    waiting_for,
)
from imis_ai.governance.proposals.make import Check, Draft, Replay, digest_of, edit, propose
from imis_ai.governance.proposals.needs import is_over_limit, people_needed, why_not
from imis_ai.governance.proposals.states import OPEN, TRANSITIONS, WORDS, State, state_of

__all__ = [
    "OPEN",
    "REVERSAL",
    "TRANSITIONS",
    "WORDS",
    "Check",
    "Draft",
    "Filters",
    "Replay",
    "State",
    "add_note",
    "approve",
    "asked_by",
    "assign",
    "decided",
    "digest_of",
    "edit",
    "expire_due",
    "is_by_policy",
    "is_over_limit",
    "later",
    "listed",
    "of_kind",
    "people_needed",
    "propose",
    "reject",
    "reverse",
    "seen",
    "state_of",
    "undo",
    "visible",
    "waiting_for",
    "why_not",
]
