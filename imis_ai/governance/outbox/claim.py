"""Who may go next: one message in flight per member, in order, taken by conditional UPDATE."""

from collections.abc import Collection
from datetime import datetime, timedelta

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import Exists, F, OuterRef, Q, QuerySet

from imis_ai.governance.models import OutboxMessage
from imis_ai.governance.outbox import checks, results
from imis_ai.governance.outbox.message import Way
from imis_ai.governance.outbox.states import IN_FLIGHT, OPEN, State, move
from imis_ai.governance.outbox.superseding import alike, covers


def lease() -> timedelta:
    return timedelta(seconds=settings.OUTBOX_LEASE_SECONDS)


def due(now: datetime, ways: Collection[str]) -> QuerySet[OutboxMessage]:
    """Messages that may go at this moment, in order.

    A member's message waits for the one in flight and for an earlier one to the same target. One without a
    member, such as the refresh of a group, waits for all earlier ones of its proposal.
    """
    others = OutboxMessage.objects.filter(imis_id=OuterRef("imis_id")).exclude(imis_id="")
    before = others.filter(state=State.QUEUED, target=OuterRef("target"), pk__lt=OuterRef("pk"))
    siblings = OutboxMessage.objects.filter(
        proposal=OuterRef("proposal"), state__in=OPEN, number__lt=OuterRef("number")
    )
    return (
        OutboxMessage.objects.filter(state=State.QUEUED, way__in=list(ways), not_before__lte=now)
        .filter(Q(next_try_at=None) | Q(next_try_at__lte=now))
        .exclude(Exists(others.filter(state__in=IN_FLIGHT)))
        .exclude(Exists(before))
        .exclude(Q(imis_id="") & Exists(siblings))
        .order_by("pk")
    )


def claim(*, now: datetime, ways: Collection[str]) -> OutboxMessage | None:
    """Take the next message. What may not leave is stopped, parked or put off on the way."""
    while True:
        try:
            with transaction.atomic():
                message = due(now, ways).select_for_update(of=("self",), skip_locked=True).first()
                if message is None:
                    return None
                message = _newest(message, now)
                if against := checks.objection(message, now):
                    results.stop(message=message, objection=against, now=now)
                elif _take(message, now):
                    return OutboxMessage.objects.select_related("proposal").get(pk=message.pk)
        except IntegrityError:  # another one of this member is in flight since a moment ago
            return None


def _take(message: OutboxMessage, now: datetime) -> int:
    rows = OutboxMessage.objects.filter(pk=message.pk)
    busy = OutboxMessage.objects.filter(imis_id=message.imis_id, state__in=IN_FLIGHT).exclude(imis_id="")
    return move(
        rows.filter(~Exists(busy)),
        State.QUEUED,
        State.SENDING,
        claimed_at=now,
        lease_until=now + lease(),
        tries=F("tries") + 1,
        next_try_at=None,
        problem="",
        problem_text="",
    )


def _newest(message: OutboxMessage, now: datetime) -> OutboxMessage:
    """A later setting of the same fields speaks for all earlier ones that wait; they go when it is done."""
    if message.way != Way.SET or not message.imis_id:
        return message
    waiting = list(alike(message).filter(state=State.QUEUED).order_by("pk"))
    for newest in reversed(waiting):
        earlier = [each for each in waiting if each.pk < newest.pk]
        is_due = newest.not_before <= now and (newest.next_try_at is None or newest.next_try_at <= now)
        if is_due and all(covers(newest, each) for each in earlier):
            return newest
    return message
