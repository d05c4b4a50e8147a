"""The states of a message: one table, and one way to move, by conditional UPDATE."""

from typing import Any

from django.db.models import QuerySet

from imis_ai.governance.models import OutboxMessage

State = OutboxMessage.State

# unknown never leads to sending: what may have happened is looked for first
TRANSITIONS: dict[str, frozenset[str]] = {
    State.QUEUED: frozenset({State.SENDING, State.CANCELLED, State.PARKED, State.UNKNOWN}),
    State.SENDING: frozenset(
        {State.DONE, State.UNKNOWN, State.QUEUED, State.PARKED, State.DEAD, State.CANCELLED}
    ),
    State.UNKNOWN: frozenset({State.DONE, State.QUEUED, State.PARKED}),
    State.PARKED: frozenset({State.QUEUED, State.CANCELLED, State.DONE}),
    State.DEAD: frozenset({State.QUEUED, State.CANCELLED}),
    State.DONE: frozenset({State.QUEUED}),  # only to write again what iMIS lost
    State.CANCELLED: frozenset(),
}
OPEN = (State.QUEUED, State.SENDING, State.UNKNOWN)
IN_FLIGHT = (State.SENDING, State.UNKNOWN)


def move(rows: QuerySet[OutboxMessage], old: str, new: str, **fields: Any) -> int:
    """The only way a message changes its state; returns how many rows were still in the old one."""
    if new not in TRANSITIONS[old]:
        raise ValueError(f"A message cannot go from {old} to {new}.")
    return rows.filter(state=old).update(state=new, **fields)
