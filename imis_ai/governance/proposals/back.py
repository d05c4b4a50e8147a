"""The way back: undo before anything left, reverse after it did."""

from datetime import datetime, timedelta

from django.db import transaction

from imis_ai.accounts.models import User
from imis_ai.governance import kinds, outbox
from imis_ai.governance.models import Decision, Proposal
from imis_ai.governance.outbox import Message
from imis_ai.governance.proposals import needs
from imis_ai.governance.proposals.make import Draft, note_decision, propose
from imis_ai.governance.proposals.states import State, move
from imis_ai.governance.refusals import Blocked, Changed, WhyNot

What = Decision.What
SECOND_THOUGHTS = timedelta(minutes=30)
REVERSE = "governance.reverse"


@transaction.atomic
def undo(*, proposal: Proposal, by: User, now: datetime) -> Proposal:
    """Take an approval back during its hold, or a rejection within 30 minutes. Raises NotAllowed, Changed."""
    proposal = Proposal.objects.select_for_update().get(pk=proposal.pk)
    needs.refuse_stranger(proposal=proposal, by=by, now=now)
    if proposal.state == State.REJECTED:
        return _reopen(proposal, by, now)
    if proposal.state != State.APPROVED or proposal.hold_until <= now:
        raise Changed(
            WhyNot(
                "The hold is over: it may have left already.",
                rule="hold",
                next_step="Ask to reverse it instead.",
            )
        )
    move(proposal=proposal, new=State.UNDONE)
    outbox.cancel(proposal=proposal, by=by, now=now)
    note_decision(proposal=proposal, what=What.UNDO, by=by, now=now)
    return proposal


@transaction.atomic
def reverse(*, proposal: Proposal, by: User | None, now: datetime) -> Proposal:
    """Suggest the opposite of what has left, as a proposal of its own. Raises NotAllowed, Blocked."""
    if by is not None:
        needs.refuse_stranger(proposal=proposal, by=by, now=now)
    found = outbox.reverse(proposal=proposal)
    if not found.messages:
        said = found.refused[0][1] if found.refused else "Nothing of this has reached iMIS yet."
        raise Blocked(WhyNot(said, rule="what can be reversed"))
    draft = Draft(
        kind=REVERSE,
        title=f"Reverse: {proposal.title}"[:200],
        payload={"of": proposal.pk, "messages": [vars(message) for message in found.messages]},
        members=len({message.imis_id for message in found.messages if message.imis_id}),
        imis_id=proposal.imis_id,
        chapter=proposal.chapter,
    )
    made = propose(draft=draft, by=by, now=now)
    Proposal.objects.filter(pk=made.pk).update(reverses=proposal)
    note_decision(proposal=proposal, what=What.REVERSE, by=by, now=now, note=f"Proposal {made.pk}")
    made.refresh_from_db()
    return made


def _reopen(proposal: Proposal, by: User, now: datetime) -> Proposal:
    if proposal.decided_at is None or proposal.decided_at < now - SECOND_THOUGHTS:
        raise Changed(WhyNot("It was rejected more than 30 minutes ago.", rule="undo"))
    move(proposal=proposal, new=State.SUGGESTED, decided_at=None)
    note_decision(proposal=proposal, what=What.UNDO, by=by, now=now)
    return proposal


def _messages(payload: dict) -> list[Message]:
    return [Message(**fields) for fields in payload["messages"]]


REVERSAL = kinds.Kind(
    name=REVERSE,
    area="governance",
    label="Reversal",
    reads="approvals.read",
    decides="approvals.reverse",
    friction=kinds.Friction.BULK,
    messages=_messages,
    effect=lambda proposal: f"{len(proposal.payload['messages']):,} entries put back",
    consequence=lambda proposal: (
        "Each field gets back what stood there before. What iMIS changed since stays, and is shown to you."
    ),
)
