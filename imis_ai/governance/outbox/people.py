"""What a person does with a message that waits, was refused, or does not agree with iMIS any more."""

from collections.abc import Collection
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import QuerySet

from imis_ai.governance import audit
from imis_ai.governance.models import OutboxMessage, Proposal
from imis_ai.governance.outbox.queue import BY_HAND
from imis_ai.governance.outbox.states import State, move
from imis_ai.governance.refusals import NotAllowed, WhyNot
from imis_ai.imis.targets import TARGETS
from imis_ai.mirror.queries import merged_into

AGAIN = {"next_try_at": None, "requeued": 0, "problem": "", "problem_text": "", "answer": ""}


@transaction.atomic
def retry(*, ids: Collection[int], by: Any, now: datetime) -> int:
    """Send these again as soon as possible. What must be entered by hand stays; returns how many go.

    For what was not found in iMIS after an unclear answer, this is the person's word that it is not there.
    """
    rows = OutboxMessage.objects.filter(pk__in=ids).exclude(problem__in=[BY_HAND, "merged"])
    again = sum(move(rows, old, State.QUEUED, **AGAIN) for old in (State.PARKED, State.DEAD))
    sooner = rows.filter(state=State.QUEUED, next_try_at__isnull=False).update(next_try_at=None)
    _log("outbox.retried", rows, by, now, count=again + sooner)
    return again + sooner


def retry_all(*, problem: str, by: Any, now: datetime) -> int:
    """Send everything again that stopped for the same reason."""
    rows = refused().filter(problem=problem)
    return retry(ids=list(rows.values_list("pk", flat=True)), by=by, now=now)


@transaction.atomic
def send_to_retained(*, message: OutboxMessage, by: Any, now: datetime) -> str:
    """The member was merged into another one: send it there. Money needs an approval of its own."""
    retained = merged_into(message.imis_id)
    if not retained:
        raise NotAllowed(WhyNot("This member was not merged.", rule="merged members"))
    if TARGETS[message.target].is_money:
        raise NotAllowed(
            WhyNot(
                "Money for another member number needs its own approval.",
                rule="merged members",
                next_step="Drop this and propose it again.",
            )
        )
    rows = OutboxMessage.objects.filter(pk=message.pk, problem="merged")
    if move(rows, State.PARKED, State.QUEUED, imis_id=retained, **AGAIN):
        _log("outbox.redirected", rows, by, now, before=message.imis_id, after=retained)
    return retained


@transaction.atomic
def drop(*, ids: Collection[int], by: Any, reason: str = "", now: datetime) -> int:
    """Give these up for good."""
    rows = OutboxMessage.objects.filter(pk__in=ids)
    fields = {"problem": "dropped", "problem_text": f"Dropped by {by}. {reason}".strip()}
    dropped = sum(move(rows, old, State.CANCELLED, **fields) for old in (State.PARKED, State.DEAD))
    _log("outbox.dropped", rows, by, now, count=dropped, reason=reason)
    return dropped


@transaction.atomic
def undo(*, message: OutboxMessage, by: Any, now: datetime) -> bool:
    """Take one waiting message out of the queue. One that is on its way is flagged instead."""
    rows = OutboxMessage.objects.filter(pk=message.pk)
    words = {"problem": "undone", "problem_text": f"Undone by {by}."}
    is_out = bool(move(rows, State.QUEUED, State.CANCELLED, **words))
    if not is_out:
        rows.filter(state__in=[State.SENDING, State.UNKNOWN]).update(revoke_requested_at=now)
    _log("outbox.undone", rows, by, now, count=int(is_out))
    return is_out


@transaction.atomic
def undo_many(*, ids: Collection[int], by: Any, now: datetime) -> int:
    """Take several waiting messages out of the queue; returns how many had not left."""
    rows = OutboxMessage.objects.filter(pk__in=ids)
    undone = move(rows, State.QUEUED, State.CANCELLED, problem="undone", problem_text=f"Undone by {by}.")
    _log("outbox.undone", rows, by, now, count=undone)
    return undone


@transaction.atomic
def confirm_by_hand(*, message: OutboxMessage, imis_key: str, by: Any, now: datetime) -> None:
    """Somebody entered it in iMIS and says under which number it is found there."""
    if not imis_key.strip():
        raise NotAllowed(WhyNot("Enter the number that iMIS gave it.", rule="entered by hand"))
    if message.proposal.state != Proposal.State.APPROVED:
        raise NotAllowed(WhyNot("The approval was withdrawn meanwhile.", rule="entered by hand"))
    rows = OutboxMessage.objects.filter(pk=message.pk, problem=BY_HAND)
    words = {"imis_key": imis_key.strip()[:200], "receipt": {"entered_by": str(by)}, "done_at": now}
    if not move(rows, State.PARKED, State.DONE, sent_at=now, problem="", problem_text="", **words):
        raise NotAllowed(WhyNot("This was confirmed or dropped already.", rule="entered by hand"))
    _log("outbox.entered", rows, by, now, after=imis_key)


@transaction.atomic
def keep_theirs(*, message: OutboxMessage, by: Any, now: datetime) -> None:
    """iMIS holds something else than was sent, and that is right."""
    rows = OutboxMessage.objects.filter(pk=message.pk, state=State.DONE, problem="differs")
    _log("outbox.kept_theirs", rows, by, now, reason=message.problem_text)
    rows.update(problem="", problem_text="iMIS was changed since; that was kept.")


@transaction.atomic
def keep_ours(*, message: OutboxMessage, by: Any, now: datetime) -> None:
    """iMIS holds something else than was sent: write ours again. Only fields that may be set."""
    rows = OutboxMessage.objects.filter(pk=message.pk, problem="differs", way=OutboxMessage.Way.SET)
    if move(rows, State.DONE, State.QUEUED, done_at=None, **AGAIN):
        _log("outbox.kept_ours", OutboxMessage.objects.filter(pk=message.pk), by, now)


def refused() -> QuerySet[OutboxMessage]:
    """What a person has to look at."""
    return OutboxMessage.objects.filter(state__in=[State.PARKED, State.DEAD]) | OutboxMessage.objects.filter(
        state=State.DONE, problem="differs"
    )


def _log(action: str, rows: QuerySet[OutboxMessage], by: Any, now: datetime, **detail: Any) -> None:
    only = list(rows.values_list("pk", "imis_id")[:2])
    about = ("outbox", str(only[0][0])) if len(only) == 1 else ("outbox", "")
    imis_id = only[0][1] if len(only) == 1 else ""
    audit.record(action=action, by=by, now=now, about=about, imis_id=imis_id, detail=detail)
