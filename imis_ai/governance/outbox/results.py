"""What became of a message in hand, written down by conditional UPDATE and in the audit log."""

from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import transaction

from imis_ai.governance import audit
from imis_ai.governance.models import OutboxMessage
from imis_ai.governance.outbox import followers
from imis_ai.governance.outbox.checks import Objection, Then
from imis_ai.governance.outbox.states import State, move
from imis_ai.governance.outbox.superseding import cancel_earlier

WAIT = timedelta(minutes=1)
MOST_BACK_OFF = 600.0  # seconds


def settle_time() -> timedelta:
    return timedelta(seconds=settings.OUTBOX_SETTLE_SECONDS)


def mine(message: OutboxMessage) -> Any:
    """The row, as long as it is in the state and at the try in which we hold it."""
    return OutboxMessage.objects.filter(pk=message.pk, tries=message.tries)


@transaction.atomic
def done(
    *, message: OutboxMessage, key: str, receipt: dict[str, Any], differs: str = "", now: datetime
) -> bool:
    """It is in iMIS, and this is what was read back. False when somebody else has settled it meanwhile."""
    won = move(
        mine(message),
        message.state,
        State.DONE,
        done_at=now,
        sent_at=message.claimed_at or now,
        imis_key=key,
        receipt=receipt,
        checked_at=now,
        problem="differs" if differs else "",
        problem_text=differs,
        answer="",
    )
    if won:
        cancel_earlier(message)
        message.refresh_from_db()
        followers.call(message=message, now=now)
        _log("outbox.sent", message, now, before=message.before, after=message.fields, receipt=receipt)
    return bool(won)


def doubt(*, message: OutboxMessage, text: str, answer: str = "", key: str = "", now: datetime) -> None:
    """Nobody knows whether iMIS did it. It is looked for once everything that may still run there is over."""
    fields = {"settle_until": now + settle_time(), "problem_text": text, "answer": answer, "sent_at": now}
    if key:
        fields |= {"imis_key": key, "settle_until": now + timedelta(seconds=settings.OUTBOX_RETRY_SECONDS)}
    move(mine(message), State.SENDING, State.UNKNOWN, **fields)


def put_off(
    *, message: OutboxMessage, text: str, until: datetime, problem: str = "", answer: str = ""
) -> None:
    """Nothing was sent, or certainly nothing was applied: it waits in the queue."""
    move(
        mine(message),
        message.state,
        State.QUEUED,
        next_try_at=until,
        problem=problem,
        problem_text=text,
        answer=answer,
    )


@transaction.atomic
def refuse(*, message: OutboxMessage, problem: str, text: str, answer: str = "", now: datetime) -> None:
    """iMIS says no for good."""
    if move(mine(message), State.SENDING, State.DEAD, problem=problem, problem_text=text, answer=answer):
        _log("outbox.refused", message, now, reason=text)


@transaction.atomic
def park(*, message: OutboxMessage, problem: str, text: str, answer: str = "", now: datetime) -> None:
    """A person has to look at it."""
    if move(mine(message), message.state, State.PARKED, problem=problem, problem_text=text, answer=answer):
        _log("outbox.parked", message, now, reason=text)


@transaction.atomic
def stop(*, message: OutboxMessage, objection: Objection, now: datetime) -> None:
    """A rule stands against it. Nothing has left."""
    text, problem = str(objection.why), objection.problem
    if objection.then is Then.PARK:
        park(message=message, problem=problem, text=text, now=now)
    elif objection.then is Then.STOP:
        if move(mine(message), message.state, State.CANCELLED, problem=problem, problem_text=text):
            _log("outbox.stopped", message, now, reason=text, rule=objection.why.rule)
    elif message.state == State.QUEUED:
        mine(message).filter(state=State.QUEUED).update(
            next_try_at=now + WAIT, problem=problem, problem_text=text
        )
    else:
        put_off(message=message, text=text, until=now + WAIT, problem=problem)


def back_off(message: OutboxMessage) -> timedelta:
    """Longer with each try, ten minutes at most."""
    return timedelta(
        seconds=min(settings.OUTBOX_RETRY_SECONDS * 2.0 ** min(message.tries - 1, 8), MOST_BACK_OFF)
    )


def _log(action: str, message: OutboxMessage, now: datetime, **detail: Any) -> None:
    audit.record(
        action=action,
        by=None,
        now=now,
        about=("outbox", str(message.pk)),
        imis_id=message.imis_id,
        detail={"reference": message.reference, "target": message.target, **detail},
    )
