"""A later setting of the same fields makes an earlier one that still waits pointless; never an addition."""

from django.db.models import QuerySet

from imis_ai.governance.models import OutboxMessage
from imis_ai.governance.outbox.message import Way
from imis_ai.governance.outbox.states import State, move
from imis_ai.imis.targets import TARGETS


def alike(message: OutboxMessage) -> QuerySet[OutboxMessage]:
    return OutboxMessage.objects.filter(
        imis_id=message.imis_id, target=message.target, way=Way.SET, is_removal=False, reverses=None
    )


def covers(newer: OutboxMessage, older: OutboxMessage) -> bool:
    """Whether the older one changes nothing once the newer one is written."""
    if newer.is_removal or older.is_removal or newer.reverses_id or older.reverses_id:
        return False
    match = TARGETS[newer.target].match
    is_same_row = all(newer.fields.get(name) == older.fields.get(name) for name in match)
    return is_same_row and set(older.fields) <= set(newer.fields)


def cancel_earlier(message: OutboxMessage) -> int:
    """Once it is done, what it covers need not be sent any more."""
    earlier = alike(message).filter(state=State.QUEUED, pk__lt=message.pk)
    gone = [each.pk for each in earlier if message.way == Way.SET and covers(message, each)]
    return move(
        OutboxMessage.objects.filter(pk__in=gone),
        State.QUEUED,
        State.CANCELLED,
        problem="replaced",
        problem_text=f"A later approval wrote the same fields ({message.reference}).",
    )
