"""What a client may be given. Each scope lies within a right of its owner; none decides anything. Pure."""

from typing import NamedTuple


class Scope(NamedTuple):
    """`right`: what the owner needs for it, at every call."""

    does: str
    right: str


SCOPES = {
    "members:read": Scope("read members", "members.read"),
    "scores:read": Scope("read scores and reasons", "retention.members"),
    "names:read": Scope("read names, addresses and texts where its owner sees them", "members.read"),
    "proposals:read": Scope("read proposals and how they were decided", "approvals.read"),
    "writebacks:read": Scope("read the write-back queue", "outbox.read"),
    "exports:read": Scope("make and take exports for a warehouse", "exports.make"),
    "models:read": Scope("read which models are live", "models.read"),
}
