"""Looking for what may have happened: found is done, absent goes back to the queue or to a person."""

import logging
from collections.abc import Mapping
from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import F, QuerySet

from imis_ai.governance.models import OutboxMessage
from imis_ai.governance.outbox import results
from imis_ai.governance.outbox.message import Way
from imis_ai.governance.outbox.senders import Found, Sender
from imis_ai.governance.outbox.states import State, move
from imis_ai.imis.errors import ImisError, NotFindable
from imis_ai.imis.targets import TARGETS

MOST_SETS = 3  # times that a setting is sent again after it was not there
MOST_APPENDS = 1
AT_ONCE = 20  # then what is due gets its turn

log = logging.getLogger(__name__)


def expired(now: datetime) -> QuerySet[OutboxMessage]:
    return OutboxMessage.objects.filter(state=State.SENDING, lease_until__lt=now)


def to_settle(now: datetime) -> QuerySet[OutboxMessage]:
    return OutboxMessage.objects.filter(state=State.UNKNOWN, settle_until__lte=now)


def settle_due(*, now: datetime, senders: Mapping[str, Sender]) -> int:
    """Expired leases become unknown; what is unknown for long enough is looked for. Returns how many were."""
    settled = 0
    move(
        expired(now),
        State.SENDING,
        State.UNKNOWN,
        settle_until=F("lease_until") + results.settle_time(),
        problem_text="The worker stopped while it was sending this.",
    )
    found = to_settle(now).filter(way__in=list(senders)).select_related("proposal", "reverses").order_by("pk")
    for message in found[:AT_ONCE]:
        settled += 1
        if not _settle(message, senders[message.way], now):
            break
    return settled


def _settle(message: OutboxMessage, sender: Sender, now: datetime) -> bool:
    """False when iMIS cannot be asked at present."""
    try:
        found = sender.find(message)
    except NotFindable as problem:
        results.park(message=message, problem="unfindable", text=str(problem), now=now)
        return True
    except ImisError as error:
        later = now + results.back_off(message) + timedelta(seconds=1)
        rows = OutboxMessage.objects.filter(state=State.UNKNOWN, settle_until__lt=later)
        rows.update(settle_until=later)
        log.warning("message %s cannot be looked for now (%s)", message.pk, type(error).__name__)
        return False
    if found:
        results.done(message=message, key=found.key, receipt=found.receipt, differs=_words(found), now=now)
    else:
        _absent(message, now)
    return True


def _absent(message: OutboxMessage, now: datetime) -> None:
    """It is not there. Money, and what iMIS said it had done, is for a person; the rest goes once more."""
    is_money = TARGETS[message.target].is_money if message.target in TARGETS else True
    most = MOST_SETS if message.way == Way.SET else MOST_APPENDS
    if message.way == Way.APPEND and (is_money or message.imis_key):
        text = (
            "iMIS gave no clear answer, and it is not there now. Look in iMIS, then send it again or drop it."
        )
        results.park(message=message, problem="absent", text=text, now=now)
    elif message.requeued >= most:
        text = f"iMIS answered with an error {message.requeued + 1} times and has not stored it."
        results.park(message=message, problem="errors", text=text, answer=message.answer, now=now)
    else:
        move(
            results.mine(message),
            State.UNKNOWN,
            State.QUEUED,
            requeued=F("requeued") + 1,
            next_try_at=now + timedelta(seconds=settings.OUTBOX_RETRY_SECONDS),
            problem="absent",
            problem_text="iMIS gave no clear answer; it is not there, so it is sent again.",
        )


def confirm(*, message: OutboxMessage, sender: Sender, key: str, now: datetime) -> None:
    """Read back what iMIS says it has done. What cannot be read now is looked for in a moment."""
    message.imis_key = key
    try:
        found = sender.find(message)
    except NotFindable:
        found = Found(key)
    except ImisError as error:
        results.doubt(message=message, text=f"Sent; reading it back failed. {error}", key=key or "?", now=now)
        return
    if found is None:
        results.doubt(message=message, text="Sent; it does not show in iMIS yet.", key=key or "?", now=now)
        return
    results.done(message=message, key=found.key or key, receipt=found.receipt, differs=_words(found), now=now)


def _words(found: Found) -> str:
    return f"iMIS holds something else than was sent. {found.differs}." if found.differs else ""
