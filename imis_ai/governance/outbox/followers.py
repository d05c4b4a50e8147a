"""Who wants to know when a message is done: the proposals, to suggest a reversal where it was revoked."""

from collections.abc import Callable
from datetime import datetime

from imis_ai.governance.models import OutboxMessage

Follower = Callable[[OutboxMessage, datetime], None]
DONE: dict[str, Follower] = {}
COMPLETED: dict[str, Follower] = {}


def on_done(*, name: str, follow: Follower) -> None:
    """`follow(message, now)` runs in the transaction that marks it done; look at `revoke_requested_at`."""
    DONE[name] = follow


def on_completed(*, name: str, follow: Follower) -> None:
    """`follow(message, now)` runs when a task is found finished in iMIS."""
    COMPLETED[name] = follow


def call(*, message: OutboxMessage, now: datetime) -> None:
    for follow in DONE.values():
        follow(message, now)


def call_completed(*, message: OutboxMessage, now: datetime) -> None:
    for follow in COMPLETED.values():
        follow(message, now)
