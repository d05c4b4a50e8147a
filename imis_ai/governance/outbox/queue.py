"""Into the queue, with the approval's transaction; and out of it again, before anything left."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Max

from imis_ai.governance import audit
from imis_ai.governance.models import OutboxMessage, Proposal
from imis_ai.governance.outbox.message import IMIS, Message, clean, is_by_hand
from imis_ai.governance.outbox.states import IN_FLIGHT, State, move
from imis_ai.governance.refusals import Blocked, WhyNot
from imis_ai.imis.targets import TARGETS, BadFields, new_reference

BY_HAND = "by_hand"


@dataclass(frozen=True)
class Cancelled:
    """What became of a proposal's messages: taken out, on their way, gone already."""

    cancelled: int
    in_flight: int
    done: int


@transaction.atomic(savepoint=False)
def enqueue(
    *, proposal: Proposal, messages: Sequence[Message], not_before: datetime, now: datetime
) -> list[OutboxMessage]:
    """Queue what an approval lets leave, in the caller's transaction. Raises Blocked.

    They go in this order per member. What could not be looked for in iMIS afterwards waits for a person.
    """
    last = proposal.messages.aggregate(last=Max("number"))["last"] or 0
    rows = [_row(proposal, number, message, not_before) for number, message in enumerate(messages, last + 1)]
    return OutboxMessage.objects.bulk_create(rows, batch_size=1000)


def _row(proposal: Proposal, number: int, message: Message, not_before: datetime) -> OutboxMessage:
    try:
        fields = clean(message)
    except BadFields as problem:
        raise Blocked(WhyNot(str(problem), rule="what may be written to iMIS")) from None
    by_hand = message.way in IMIS and is_by_hand(message.way, TARGETS[message.target])
    return OutboxMessage(
        proposal=proposal,
        number=number,
        way=message.way,
        target=message.target,
        imis_id=message.imis_id,
        fields=fields,
        reference=new_reference(),
        digest=proposal.digest,
        not_before=not_before,
        reverses_id=message.reverses,
        is_removal=message.is_removal,
        state=State.PARKED if by_hand else State.QUEUED,
        problem=BY_HAND if by_hand else "",
        problem_text="To be entered in iMIS by hand, then confirmed here." if by_hand else "",
    )


@transaction.atomic
def cancel(*, proposal: Proposal, by: Any, now: datetime) -> Cancelled:
    """Take back what has not left. What is on its way is flagged; once done, a reversal is suggested."""
    mine = OutboxMessage.objects.filter(proposal=proposal)
    fields = {"problem": "undone", "problem_text": f"Undone by {by}." if by else "Undone."}
    cancelled = sum(move(mine, old, State.CANCELLED, **fields) for old in (State.QUEUED, State.PARKED))
    in_flight = mine.filter(state__in=IN_FLIGHT).update(revoke_requested_at=now)
    done = mine.filter(state=State.DONE).count()
    found = Cancelled(cancelled, in_flight, done)
    audit.record(
        action="outbox.cancelled", by=by, now=now, about=("proposal", str(proposal.pk)), detail=vars(found)
    )
    return found
