"""From the queue to iMIS and back with a receipt, one at a time. What is unclear is never repeated."""

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import F
from django.db.models.functions import Coalesce, Greatest

from imis_ai.governance.models import OutboxMessage
from imis_ai.governance.outbox import checks, results
from imis_ai.governance.outbox.checks import Objection, Stopped, Then
from imis_ai.governance.outbox.claim import claim, lease
from imis_ai.governance.outbox.message import IMIS
from imis_ai.governance.outbox.senders import Gate, Plan, Sender
from imis_ai.governance.outbox.settle import confirm, settle_due
from imis_ai.governance.outbox.states import State
from imis_ai.governance.refusals import WhyNot
from imis_ai.imis.errors import (
    Ambiguous,
    AuthFailed,
    BadAnswer,
    Denied,
    ImisError,
    NotApplied,
    NotFindable,
    QuietHours,
    TooManyRequests,
)

LOCKED_OUT = timedelta(hours=1)  # five failed sign-ins lock the account
MOST_CONFLICTS = 3
MOST_BAD_ANSWERS = 5
PROBLEMS = {400: "refused", 422: "refused", 403: "rights", 404: "missing", 409: "locked"}
Clock = Callable[[], datetime]

log = logging.getLogger(__name__)


class Lost(Exception):
    """Another worker has taken this message over; it is no longer ours to send."""


@dataclass
class Delivered:
    """Counts of one run."""

    taken: int = 0
    settled: int = 0


def deliver_due(
    *,
    now: datetime,
    senders: Mapping[str, Sender],
    clock: Clock | None = None,
    most_seconds: float = 300,
    checkpoint: Callable[[], None] = lambda: None,
) -> Delivered:
    """Settle what is unclear, then send what is due until nothing is left or the time is over.

    `senders` by way; messages of other ways wait. `clock` tells the time as it passes; without it, it stands.
    """
    clock = clock or (lambda: now)
    until, count = now + timedelta(seconds=most_seconds), Delivered()
    while clock() <= until:
        checkpoint()
        settled = settle_due(now=clock(), senders=senders)
        count.settled += settled
        if message := claim(now=clock(), ways=senders):
            count.taken += 1
            _deliver(message, senders[message.way], clock)
        elif not settled:
            return count
    return count


def _deliver(message: OutboxMessage, sender: Sender, clock: Clock) -> None:
    plan = _look(message, sender, clock)
    if plan is None:
        return
    _keep_before(message, plan)
    try:
        key = sender.send(message, plan, _gate(message, clock))
    except Lost:
        log.warning("message %s was taken over by another worker", message.pk)
    except (Stopped, ImisError) as error:
        _ended(message, error, clock())
    except Exception as error:
        log.exception("message %s: %s", message.pk, type(error).__name__)
        text = f"Sending broke off ({type(error).__name__})."
        results.doubt(message=message, text=text, now=clock())
    else:
        confirm(message=message, sender=sender, key=key, now=clock())


def _look(message: OutboxMessage, sender: Sender, clock: Clock) -> Plan | None:
    """What is there now; None when that ends it. Nothing was sent."""
    try:
        return sender.look(message)
    except (Stopped, ImisError) as error:
        _ended(message, error, clock())
    except Exception as error:
        log.exception("message %s: %s", message.pk, type(error).__name__)
        text = f"Not sent: looking at iMIS broke off ({type(error).__name__})."
        results.park(message=message, problem="errors", text=text, now=clock())
    return None


def _ended(message: OutboxMessage, error: Exception, now: datetime) -> None:
    match error:
        case Stopped():
            results.stop(message=message, objection=error.objection, now=now)
        case NotFindable():
            results.park(message=message, problem="unfindable", text=str(error), now=now)
        case Ambiguous():
            results.doubt(message=message, text=str(error), answer=error.answer, now=now)
        case NotApplied():
            _not_applied(message, error, now)
        case ImisError():  # sign-in, quiet hours, reading: before anything was sent
            _not_now(message, error, now)


def _keep_before(message: OutboxMessage, plan: Plan) -> None:
    """The fields as they stood, unless what stands there is our own from an earlier try."""
    if plan.row is None or plan.row.reference != message.reference:
        message.before = dict(plan.before) if plan.before is not None else None
        results.mine(message).filter(state=State.SENDING).update(before=message.before)


def _gate(message: OutboxMessage, clock: Clock) -> Gate:
    """Asked in the one function that sends: is it still ours, still approved, and may anything leave now?"""

    def ask() -> None:
        now = clock()
        rows = results.mine(message).filter(state=State.SENDING, lease_until__gt=now)
        if not rows.update(lease_until=now + lease()):
            raise Lost
        if OutboxMessage.objects.filter(pk=message.pk, revoke_requested_at__isnull=False).exists():
            raise Stopped(Objection(UNDONE, Then.STOP, "undone"))
        if against := checks.objection(message, now):
            raise Stopped(against)

    return ask


UNDONE = WhyNot("Not sent: it was undone just before.", rule="undo")


def _not_applied(message: OutboxMessage, refusal: NotApplied, now: datetime) -> None:
    """iMIS has certainly not done it: later, for good, or for a person."""
    if not refusal.is_final:
        _not_now(message, refusal, now)
        return
    problem = PROBLEMS.get(refusal.status, "refused")
    if refusal.status == 409 and message.requeued < MOST_CONFLICTS:
        results.mine(message).update(requeued=F("requeued") + 1)
        until = now + results.back_off(message)
        results.put_off(
            message=message, text=str(refusal), until=until, problem=problem, answer=refusal.answer
        )
        return
    results.refuse(message=message, problem=problem, text=str(refusal), answer=refusal.answer, now=now)


def _not_now(message: OutboxMessage, error: ImisError, now: datetime) -> None:
    """Nothing was sent. When iMIS cannot take anything, everything else that is due waits with this one."""
    if isinstance(error, Denied):
        problem = "missing" if error.status == 404 else "rights"
        results.refuse(message=message, problem=problem, text=str(error), now=now)
        return
    if isinstance(error, BadAnswer) and message.tries >= MOST_BAD_ANSWERS:
        results.refuse(message=message, problem="refused", text=str(error), now=now)
        return
    until = _until(message, error, now)
    answer = getattr(error, "answer", "")
    results.put_off(message=message, text=str(error), until=until, problem="away", answer=answer)
    if isinstance(error, BadAnswer):
        return  # it concerns this target only
    waiting = OutboxMessage.objects.filter(state=State.QUEUED, not_before__lte=until)
    ways = IMIS if message.way in IMIS else (message.way,)
    waiting.filter(way__in=ways).update(next_try_at=Greatest(Coalesce("next_try_at", until), until))


def _until(message: OutboxMessage, error: ImisError, now: datetime) -> datetime:
    match error:
        case QuietHours():
            return error.until
        case TooManyRequests():
            return max(error.retry_at, now)
        case NotApplied(retry_at=datetime() as told):
            return max(told, now)
        case AuthFailed():
            return now + LOCKED_OUT
    return now + results.back_off(message)
