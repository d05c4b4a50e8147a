"""What alerts add: kinds of proposals for tasks and payment plans, and what people are told."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.urls import reverse

from imis_ai.governance import kinds, outreach
from imis_ai.governance.data import worth
from imis_ai.governance.guardrails import switching
from imis_ai.governance.messages import defaults, pages
from imis_ai.governance.messages.offers import Terms
from imis_ai.governance.notices import sources
from imis_ai.governance.notices.sources import Item
from imis_ai.governance.outbox import Message
from retention.actions import plans, tasks_for_staff
from retention.queries import alerts as listed
from retention.queries import dataworth

RECENT = timedelta(days=2)


def _task(payload: dict[str, Any]) -> list[Message]:
    fields = {
        name: payload[name]
        for name in ("title", "assignee", "due_on", "factors", "draft")
        if payload.get(name)
    }
    return [Message("append", "task", payload["imis_id"], fields | {"status": "open"})]


TASK_KIND = kinds.Kind(
    name=tasks_for_staff.KIND,
    area="retention",
    label="Task in iMIS",
    reads="retention.tasks",
    decides="retention.tasks",
    friction=kinds.Friction.SINGLE,
    messages=_task,
    effect=lambda proposal: "1 task",
    consequence=lambda proposal: "One task is put into iMIS after the hold; nobody outside is written to.",
    template="retention/alerts/_task.html",
    is_outreach=True,
)
PLAN_KIND = replace(
    outreach.message_kind(
        area="retention", label="Payment plan offer", reads="alerts.read", decides="plans.decide"
    ),
    name=plans.OFFER,
    friction=kinds.Friction.BULK,
    clean=None,
    may_word_own=False,
    effect=lambda proposal: "1 offer of a payment plan",
    consequence=lambda proposal: (
        "One e-mail leaves after the hold. It opens a page on which the member chooses the plan or not; "
        "nothing is charged by us."
    ),
    template="retention/plan/_proposal.html",
)
SETUP_KIND = kinds.Kind(
    name=plans.SETUP,
    area="retention",
    label="Accepted payment plan",
    reads="alerts.read",
    decides="plans.decide",
    friction=kinds.Friction.BULK,
    messages=_task,
    effect=lambda proposal: "1 task for finance",
    consequence=lambda proposal: (
        "A task for finance is put into iMIS after the hold; nothing is charged by us."
    ),
    template="retention/alerts/_task.html",
)


TEXT = defaults.Shipped(
    "Payment plan",
    "retention",
    "email",
    "For members to whom a payment plan is offered before their invoice",
    "Paying your dues in parts",
    "Dear {{ first_name }},\n\n"
    "You can pay the dues of your coming term in parts: {{ offer }}. Nothing is charged by choosing it,"
    " and paying at once stays possible.[[ The offer holds until {{ offer_until }}.]]\n\n"
    "Choose below, or reply to this message if something else would suit you better.\n\n"
    "Kind regards[[\n{{ staff_owner }}]]",
    use=plans.PAGE,
)
PLAN = defaults.ShippedOffer(
    "Dues in three parts",
    "",
    Terms(
        what="three equal parts, a month apart",
        cost=Decimal(0),
        ceiling=Decimal("1500.00"),
        budget=Decimal("30000.00"),
        needs_approval_above=Decimal("750.00"),
        expires_after_days=21,
        reasons=[listed.REASON],
        parts=3,
    ),
)


def connect() -> None:
    """Called once at start."""
    defaults.ship(texts=[TEXT], offers=[PLAN])
    for kind in (TASK_KIND, PLAN_KIND, SETUP_KIND):
        kinds.register(kind)
    pages.register(plans.PAGE, "Choose your payment plan")
    sources.register(_told)
    worth.register(model=dataworth.NAME, teller=dataworth.lines, page="dataworth")
    switching.told_by(dataworth.told)


def _told(now: datetime) -> Iterable[Item]:
    """Whoever was given an alert: how many, never who it is about."""
    for alert in listed.given(since=now - RECENT):
        text = f"An alert is yours: {alert.get_signal_display().lower()}"
        where = f"{reverse('alerts')}?panel={alert.pk}"
        yield Item(alert.owner_id, "assigned", f"alert:{alert.pk}:{alert.owner_id}", text, where)
