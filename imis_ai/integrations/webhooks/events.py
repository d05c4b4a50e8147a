"""What can be told. Each event is one or more actions of the audit log, which misses no change."""

import json
import secrets
from dataclasses import dataclass

from imis_ai.governance.audit import Happened

TEST = "webhook.test"


@dataclass(frozen=True)
class Event:
    """`names` says what the number in `data` is called; `actions` are those of the audit log."""

    name: str
    what: str
    names: str
    actions: tuple[str, ...]


EVENTS: dict[str, Event] = {}


def register(event: Event) -> None:
    EVENTS[event.name] = event


for _event in (
    Event(
        "proposal.decided",
        "a proposal is approved, rejected, undone or expires",
        "proposal",
        ("proposal.approve", "proposal.reject", "proposal.undo", "proposal.expire"),
    ),
    Event("writeback.confirmed", "a write is read back from iMIS", "write_back", ("outbox.sent",)),
    Event("writeback.refused", "iMIS refuses a write", "write_back", ("outbox.refused", "outbox.parked")),
):
    register(_event)


def actions_of(names: list[str]) -> dict[str, Event]:
    """The events of these names, by action."""
    found = (EVENTS[name] for name in names if name in EVENTS)
    return {action: event for event in found for action in event.actions}


def body(event: Event, seen: Happened) -> str:
    """Exactly what is sent: numbers of ours, and no word about any member."""
    number = int(seen.object_id) if seen.object_id.isdigit() else seen.object_id
    data = {event.names: number, "action": seen.action}
    return _text(event.name, seen.at.isoformat(), data)


def new_id() -> str:
    """The number by which a receiver knows a message again."""
    return f"msg_{secrets.token_hex(16)}"


def test_body(at: str) -> str:
    return _text(TEST, at, {"message": "This is a test. Nothing has happened."})


def _text(name: str, at: str, data: dict) -> str:
    return json.dumps({"type": name, "timestamp": at, "data": data}, separators=(",", ":"))
