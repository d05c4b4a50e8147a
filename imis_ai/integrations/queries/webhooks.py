"""Receivers and their messages as the pages show them."""

from dataclasses import dataclass

from django.db.models import Count, Max, Q, QuerySet

from imis_ai.governance import rollout
from imis_ai.integrations.models import Delivery, Webhook
from imis_ai.integrations.webhooks.events import EVENTS

State = Delivery.State
KINDS = {State.WAITING: "", State.SENDING: "", State.DONE: "good", State.GIVEN_UP: "crit"}


@dataclass(frozen=True)
class Line:
    """`word` says how it stands; `kind` its colour."""

    webhook: Webhook
    word: str
    kind: str
    tells: list[str]


@dataclass(frozen=True)
class Message:
    delivery: Delivery
    word: str
    kind: str


def lines() -> list[Line]:
    found = Webhook.objects.annotate(
        waiting=Count("deliveries", filter=Q(deliveries__state__in=(State.WAITING, State.SENDING))),
        given_up=Count("deliveries", filter=Q(deliveries__state=State.GIVEN_UP)),
        last_at=Max("deliveries__done_at"),
    )
    return [line(webhook) for webhook in found.order_by("name", "pk")]


def line(webhook: Webhook) -> Line:
    if not webhook.is_on:
        word, kind = "Off", "crit"
    elif webhook.failing_since:
        word, kind = "Failing", "warn"
    else:
        word, kind = "On", "good"
    return Line(webhook, word, kind, [EVENTS[name].what for name in webhook.events if name in EVENTS])


def deliveries(*, webhook: Webhook) -> QuerySet[Delivery]:
    """Newest first."""
    return webhook.deliveries.order_by("-pk")


def shown(deliveries: list[Delivery]) -> list[Message]:
    return [
        Message(each, each.get_state_display().capitalize(), KINDS[State(each.state)]) for each in deliveries
    ]


def is_paused() -> bool:
    return rollout.is_paused()
