"""What a client may be given. Each scope lies within a right of its owner; none decides anything. Pure."""

from typing import NamedTuple


class Scope(NamedTuple):
    """`right`: what the owner needs for it, at every call."""

    word: str
    does: str
    right: str


SCOPES = {
    "members:read": Scope("members", "read members", "members.read"),
    "scores:read": Scope("scores", "read scores and reasons", "retention.members"),
    "alerts:read": Scope("alerts", "read alerts with their facts", "alerts.read"),
    "names:read": Scope("names", "read names, addresses and texts where its owner sees them", "members.read"),
    "proposals:read": Scope("proposals", "read proposals and how they were decided", "approvals.read"),
    "writebacks:read": Scope("write-backs", "read the write-back queue", "outbox.read"),
    "exports:read": Scope("exports", "make and take exports for a warehouse", "exports.make"),
    "models:read": Scope("models", "read which models are live", "models.read"),
}
