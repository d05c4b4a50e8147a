"""From the audit log to the receivers: rows are made first, then sent, again and again, or given up loudly.

At least once: a worker that dies while sending leaves a lease that runs out, and the message goes again under
the same number. Receivers keep the numbers that they have seen.
"""

import logging
import math
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import F, Q, QuerySet

from imis_ai.governance import audit, rollout
from imis_ai.integrations.models import Delivery, Webhook
from imis_ai.integrations.webhooks import events
from imis_ai.integrations.webhooks.post import NotTaken
from imis_ai.integrations.webhooks.secret import headers

State = Delivery.State
LEASE = timedelta(seconds=60)
AT_ONCE = 500
# seconds after each failed try; about three and a half days in all
PAUSES = (5, 60, 300, 1800, 7200, 18_000, 36_000, 50_400, 72_000, 86_400)
GONE = 410

log = logging.getLogger(__name__)


@dataclass
class Done:
    """What one turn did; `switched_off` are those that failed for too long."""

    made: int = 0
    delivered: int = 0
    failed: int = 0
    switched_off: list[Webhook] = field(default_factory=list)


def is_due(now: datetime) -> bool:
    """Whether a turn would find something to do."""
    on = list(Webhook.objects.filter(is_on=True))
    if any(audit.happened(after=each.told_seq, actions=_actions(each), limit=1) for each in on):
        return True
    return due(now).exists() and not rollout.is_paused()


def due(now: datetime) -> QuerySet[Delivery]:
    """Messages that may go, those of a worker that died among them."""
    ready = Q(state=State.WAITING, next_try_at__lte=now) | Q(state=State.SENDING, lease_until__lt=now)
    return Delivery.objects.filter(ready, webhook__is_on=True).order_by("next_try_at", "pk")


def make_deliveries(*, now: datetime) -> int:
    """One row per receiver and entry of the log that concerns it; returns how many are new."""
    return sum(_tell(pk, now) for pk in Webhook.objects.filter(is_on=True).values_list("pk", flat=True))


@transaction.atomic
def _tell(pk: int, now: datetime) -> int:
    """The rows and the number up to which it was told, together or not at all."""
    webhook = Webhook.objects.select_for_update().get(pk=pk)
    newest, wanted = audit.newest(), events.actions_of(webhook.events)
    found = audit.happened(after=webhook.told_seq, actions=list(wanted), limit=AT_ONCE)
    rows = [
        Delivery(
            webhook=webhook,
            event=wanted[seen.action].name,
            seq=seen.seq,
            message_id=events.new_id(),
            body=events.body(wanted[seen.action], seen),
            made_at=now,
            next_try_at=now,
        )
        for seen in found
    ]
    Delivery.objects.bulk_create(rows, ignore_conflicts=True)
    told = found[-1].seq if len(found) == AT_ONCE else max(newest, webhook.told_seq)
    Webhook.objects.filter(pk=pk).update(told_seq=told)
    return len(rows)


def deliver_due(
    *, clock: Callable[[], datetime], post: Callable[..., int], checkpoint: Callable[[], None]
) -> Done:
    """Make the rows, then send what is due, one after another. Nothing while everything is paused."""
    done = Done(made=make_deliveries(now=clock()))
    for _ in range(AT_ONCE):
        delivery = _claim(clock())
        if delivery is None:
            break
        _send(delivery, clock, post, done)
        checkpoint()
    return done


@transaction.atomic
def _claim(now: datetime) -> Delivery | None:
    if rollout.is_paused():
        return None
    found = due(now).select_for_update(of=("self",), skip_locked=True).first()
    if found is None:
        return None
    Delivery.objects.filter(pk=found.pk).update(
        state=State.SENDING, lease_until=now + LEASE, tries=F("tries") + 1
    )
    return Delivery.objects.select_related("webhook").get(pk=found.pk)


def _send(delivery: Delivery, clock: Callable[[], datetime], post: Callable[..., int], done: Done) -> None:
    webhook = delivery.webhook
    signed = headers(webhook=webhook, message_id=delivery.message_id, body=delivery.body, now=clock())
    try:
        status = post(address=webhook.address, headers=signed, body=delivery.body)
    except NotTaken as problem:
        _failed(delivery, str(problem), clock(), done)
        return
    if 200 <= status < 300:
        _mine(delivery).update(
            state=State.DONE, done_at=clock(), answer=f"Answered {status}.", lease_until=None
        )
        Webhook.objects.filter(pk=webhook.pk).update(failing_since=None)
        done.delivered += 1
        return
    _failed(delivery, f"Answered {status}.", clock(), done, is_gone=status == GONE)


@transaction.atomic
def _failed(delivery: Delivery, text: str, now: datetime, done: Done, *, is_gone: bool = False) -> None:
    """Later again, or given up; a receiver that fails for days, or says that it is gone, is switched off."""
    is_last = delivery.tries > len(PAUSES)
    pause = timedelta(seconds=PAUSES[min(delivery.tries, len(PAUSES)) - 1] * random.uniform(1, 1.1))  # noqa: S311
    _mine(delivery).update(
        state=State.GIVEN_UP if is_last else State.WAITING,
        next_try_at=now + pause,
        lease_until=None,
        answer=text[:200],
    )
    done.failed += 1
    webhook = Webhook.objects.select_for_update().get(pk=delivery.webhook_id)
    since = webhook.failing_since or now
    Webhook.objects.filter(pk=webhook.pk).update(failing_since=since)
    if is_gone:
        _switch_off(webhook, "The receiver says that it is gone (410).", now, done)
    elif now - since >= timedelta(days=settings.WEBHOOK_GIVE_UP_DAYS):
        days = math.floor((now - since).total_seconds() / 86_400)
        _switch_off(webhook, f"Nothing was taken for {days} days. {text}"[:200], now, done)


def _switch_off(webhook: Webhook, reason: str, now: datetime, done: Done) -> None:
    if not Webhook.objects.filter(pk=webhook.pk, is_on=True).update(is_on=False, off_reason=reason):
        return
    webhook.off_reason = reason
    audit.record(
        action="webhook.switched_off",
        by=None,
        now=now,
        about=("webhook", str(webhook.pk)),
        detail={"reference": webhook.name, "reason": reason},
    )
    done.switched_off.append(webhook)
    log.warning("webhook %s is switched off", webhook.pk)


def _mine(delivery: Delivery) -> QuerySet[Delivery]:
    """The row, as long as it is at the try in which we hold it."""
    return Delivery.objects.filter(pk=delivery.pk, state=State.SENDING, tries=delivery.tries)


def _actions(webhook: Webhook) -> list[str]:
    return list(events.actions_of(webhook.events))


def purge(*, before: datetime) -> int:
    """What was delivered or given up goes after its period; what waits stays."""
    return Delivery.objects.filter(state__in=(State.DONE, State.GIVEN_UP), made_at__lt=before).delete()[0]
