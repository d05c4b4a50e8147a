"""Receivers: registered, given a new secret, switched off and on, tested. Each step is in the audit log."""

import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db import transaction

from imis_ai.accounts.models import User
from imis_ai.governance import audit
from imis_ai.governance.refusals import Blocked, NotAllowed, WhyNot
from imis_ai.integrations.models import Delivery, Webhook
from imis_ai.integrations.webhooks import events, post
from imis_ai.integrations.webhooks.secret import secret_of

BOTH_FOR = timedelta(hours=24)
STEPS = ("rotate", "on", "off", "test")


@transaction.atomic
def register(*, name: str, address: str, wanted: Sequence[str], by: User, now: datetime) -> Webhook:
    """It hears of everything from now on. Raises NotAllowed, Blocked."""
    _refuse_stranger(by)
    if problem := post.objection(address):
        raise Blocked(WhyNot(problem, rule="webhook address"))
    if not wanted or set(wanted) - set(events.EVENTS):
        raise Blocked(
            WhyNot("A webhook needs something to tell.", rule="events", next_step="Choose an event.")
        )
    webhook = Webhook.objects.create(
        name=name,
        address=address,
        events=[event for event in events.EVENTS if event in wanted],
        nonce=secrets.token_urlsafe(32),
        told_seq=audit.newest(),
        registered_by=by,
        registered_at=now,
    )
    _log("webhook.registered", webhook, by, now, after={"address": address, "events": webhook.events})
    return webhook


@transaction.atomic
def rotate(*, webhook: Webhook, by: User, now: datetime) -> str:
    """A new secret, shown once; the old one signs beside it for a day."""
    webhook = _locked(webhook, by)
    webhook.old_nonce, webhook.old_until = webhook.nonce, now + BOTH_FOR
    webhook.nonce = secrets.token_urlsafe(32)
    webhook.save(update_fields=["old_nonce", "old_until", "nonce"])
    _log("webhook.secret_changed", webhook, by, now)
    return secret_of(webhook, webhook.nonce)


@transaction.atomic
def switch_off(*, webhook: Webhook, by: User, now: datetime) -> None:
    """Nothing leaves; what waits is kept and goes when it is on again."""
    webhook = _locked(webhook, by)
    webhook.is_on, webhook.off_reason = False, f"Switched off by {by}."
    webhook.save(update_fields=["is_on", "off_reason"])
    _log("webhook.switched_off", webhook, by, now)


@transaction.atomic
def switch_on(*, webhook: Webhook, by: User, now: datetime) -> None:
    """What happened meanwhile is told as well."""
    webhook = _locked(webhook, by)
    webhook.is_on, webhook.off_reason, webhook.failing_since = True, "", None
    webhook.save(update_fields=["is_on", "off_reason", "failing_since"])
    waiting = webhook.deliveries.filter(state=Delivery.State.WAITING)
    waiting.update(next_try_at=now)
    _log("webhook.switched_on", webhook, by, now)


@transaction.atomic
def test(*, webhook: Webhook, by: User, now: datetime) -> Delivery:
    """A message that says that it is a test, on the same road as all others."""
    webhook = _locked(webhook, by)
    if not webhook.is_on:
        raise Blocked(WhyNot(f"{webhook} is off.", rule="webhook", next_step="Switch it on first."))
    _log("webhook.tested", webhook, by, now)
    return Delivery.objects.create(
        webhook=webhook,
        event=events.TEST,
        message_id=events.new_id(),
        body=events.test_body(now.isoformat()),
        made_at=now,
        next_try_at=now,
    )


@transaction.atomic
def again(*, delivery: Delivery, by: User, now: datetime) -> None:
    """Send it once more under the same number, so that a receiver can tell that it has it. Raises Blocked."""
    _refuse_stranger(by)
    over = (Delivery.State.DONE, Delivery.State.GIVEN_UP, Delivery.State.WAITING)
    rows = Delivery.objects.filter(pk=delivery.pk, state__in=over)
    if not rows.update(state=Delivery.State.WAITING, next_try_at=now, tries=0, done_at=None):
        raise Blocked(
            WhyNot("It is on its way at this moment.", rule="webhook", next_step="Wait for its end.")
        )
    _log("webhook.redelivered", delivery.webhook, by, now, message=delivery.message_id)


def _locked(webhook: Webhook, by: User) -> Webhook:
    _refuse_stranger(by)
    return Webhook.objects.select_for_update().get(pk=webhook.pk)


def _refuse_stranger(by: User) -> None:
    if not by.may("api.change"):
        raise NotAllowed(WhyNot("Your role does not change webhooks.", rule="api.change"))


def _log(action: str, webhook: Webhook, by: User, now: datetime, **detail: object) -> None:
    audit.record(
        action=action,
        by=by,
        now=now,
        about=("webhook", str(webhook.pk)),
        detail={"reference": webhook.name, **detail},
    )
