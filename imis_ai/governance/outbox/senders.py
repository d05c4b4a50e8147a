"""The ways out. One per way; iMIS is here, e-mail and SMS register theirs."""

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Any, Protocol

from imis_ai.governance.models import OutboxMessage
from imis_ai.imis.writes import Row

Gate = Callable[[], None]


@dataclass(frozen=True)
class Plan:
    """What was seen right before sending: the row as it stands, and its fields for a way back."""

    row: Row | None = None
    before: Mapping[str, Any] | None = None
    is_done: bool = False  # there is nothing left to do


@dataclass(frozen=True)
class Found:
    """What was read back. `differs` says in words what is not as it was sent."""

    key: str
    receipt: dict[str, Any] = field(default_factory=dict)
    differs: str = ""


class Sender(Protocol):
    """`look` reads and sends nothing; `send` sends once; `find` looks for what was sent.

    Raise `Stopped`, `NotApplied`, `Ambiguous`, `NotFindable` or another ImisError; what `look` raises means
    that nothing was sent. `gate` must be called last of all before anything leaves.
    """

    def look(self, message: OutboxMessage) -> Plan: ...

    def send(self, message: OutboxMessage, plan: Plan, gate: Gate) -> str:
        """Returns the key of what was written, where the answer says it."""
        ...

    def find(self, message: OutboxMessage) -> Found | None: ...


Make = Callable[[], AbstractContextManager[Sender]]
SENDERS: dict[str, Make] = {}


def register(*, way: str, make: Make) -> None:
    """How messages of this way leave; `make()` is entered once per delivery run."""
    SENDERS[way] = make
