"""The way back: messages that undo what a proposal has written, from what stood there before."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from imis_ai.governance.models import OutboxMessage, Proposal
from imis_ai.governance.outbox.message import Message, Way
from imis_ai.governance.outbox.states import State
from imis_ai.governance.outbox.superseding import alike
from imis_ai.imis.targets import TARGETS, Shape


@dataclass(frozen=True)
class Reversal:
    """`messages` go into a proposal of their own, which needs its own approval; `refused` cannot be undone.

    Whether iMIS changed a field meanwhile is asked live when they are sent; then nothing is overwritten.
    """

    messages: list[Message] = field(default_factory=list)
    refused: list[tuple[OutboxMessage, str]] = field(default_factory=list)


def reverse(*, proposal: Proposal) -> Reversal:
    """What would undo everything of this proposal that is done, last written first."""
    done = proposal.messages.filter(state=State.DONE, reversed_by=None).order_by("-pk")
    return reversal(messages=done)


def reversal(*, messages: Iterable[OutboxMessage]) -> Reversal:
    """The same for chosen messages. Groups are refreshed last."""
    made, refreshes = Reversal(), []
    for message in messages:
        if why := _why_not(message):
            made.refused.append((message, why))
        elif TARGETS[message.target].shape is Shape.REFRESH:
            refreshes.append(Message(Way.SET, message.target, "", message.fields, reverses=None))
        else:
            made.messages.append(_undoing(message))
    made.messages.extend(refreshes)
    return made


def _why_not(message: OutboxMessage) -> str:
    if message.way in (Way.EMAIL, Way.SMS) or message.target == "communication":
        return "A message cannot be taken back. Write a correction."
    if TARGETS[message.target].shape is Shape.BY_HAND:
        return "This was entered by hand; finance enters its reversal by hand too."
    if message.is_removal:
        return "This took something back; propose it anew instead."
    if message.problem == "differs":
        return message.problem_text
    if message.way == Way.SET and _written_since(message):
        return "A later approval wrote the same fields. Reverse that one first."
    return ""


def _written_since(message: OutboxMessage) -> bool:
    match = TARGETS[message.target].match
    later = alike(message).filter(state=State.DONE, pk__gt=message.pk, reversed_by=None)
    return any(
        set(each.fields) & set(message.fields) - set(match)
        and all(each.fields.get(name) == message.fields.get(name) for name in match)
        for each in later
    )


def _undoing(message: OutboxMessage) -> Message:
    shape = TARGETS[message.target].shape
    if message.before is not None:
        return Message(Way.SET, message.target, message.imis_id, message.before, reverses=message.pk)
    if shape is Shape.SINGLE:  # the row may hold more than ours by now
        nothing = dict.fromkeys(message.fields)
        return Message(Way.SET, message.target, message.imis_id, nothing, reverses=message.pk)
    return Message(
        Way.SET, message.target, message.imis_id, message.fields, reverses=message.pk, is_removal=True
    )
