"""What calls add to the product: two kinds of suggestion, and what follows when iMIS says a task is done."""

from datetime import datetime
from typing import TYPE_CHECKING

from imis_ai.governance import kinds
from imis_ai.governance.outbox import followers
from imis_ai.governance.privacy.periods import MONTH, register_period
from imis_ai.ui import today
from retention.actions import calls, crossed, prune_calls
from retention.queries import calls as listed
from retention.queries import crossed as told

if TYPE_CHECKING:
    from imis_ai.governance.models import OutboxMessage

CALL_KIND = kinds.Kind(
    name=calls.KIND,
    area="retention",
    label="Log of a call",
    reads="retention.calls",
    decides="retention.calls",
    friction=kinds.Friction.SINGLE,
    messages=told.call_messages,
    effect=lambda proposal: "1 call logged",
    consequence=lambda proposal: "Writes what came of the call to the member's activities in iMIS.",
)
CROSSED_KIND = kinds.Kind(
    name=crossed.KIND,
    area="retention",
    label="Members over the high line",
    reads="retention.members",
    decides="retention.publish",
    friction=kinds.Friction.SINGLE,
    messages=told.crossing_messages,
    effect=lambda proposal: (
        f"{2 * len(proposal.payload['enter']):,} tasks, {proposal.members:,} places in the group"
    ),
    consequence=lambda proposal: (
        "For each member who came: a task for the advisor with the reasons, a place in the smart group and "
        "a call back. Who left the line leaves the group. Nothing is sent to members."
    ),
    template="retention/calls/_crossed.html",
    context=lambda proposal, viewer: {
        "rows": proposal.payload["enter"][:10],
        "number": len(proposal.payload["enter"]),
        "left": len(proposal.payload["leave"]),
    },
)
KINDS = (calls.KIND, crossed.KIND)


def connect() -> None:
    """Called once at start."""
    kinds.register(CALL_KIND)
    kinds.register(CROSSED_KIND)
    register_period(
        "retention.calls",
        what="Calls and crossings of retention",
        days=round(36 * MONTH),
        then="removed",
        purge=lambda before, now: prune_calls(before=before),
    )
    today.add("retention.calls", listed.part)
    followers.on_completed(name="retention.calls", follow=_completed)


def _completed(message: "OutboxMessage", now: datetime) -> None:
    if message.proposal.kind in KINDS:
        calls.finished_in_imis(proposal=message.proposal_id, imis_id=message.imis_id, now=now)
