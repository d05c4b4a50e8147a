"""Payment plans: pre-approved, offered before the invoice, answered by the member, then set up by staff."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils.timezone import localdate

from imis_ai.accounts.models import User
from imis_ai.governance import audit, proposals
from imis_ai.governance.messages import contact, drafts, ledger, offers
from imis_ai.governance.refusals import Blocked, Changed, WhyNot
from imis_ai.ui import words
from retention.actions import alerts
from retention.calc import hardship
from retention.models import Alert, PlanOffer
from retention.queries import alerts as listed
from retention.queries import plans, signals

OFFER, SETUP = "retention.plan", "retention.plan_setup"
AREA, CHANNEL, PAGE = "retention", "email", "plan"
Answer = PlanOffer.Answer


@transaction.atomic
def offer(*, pick: int, plan: int, by: User, now: datetime) -> Any:
    """Draft the offer of a pre-approved plan; it waits for a decision with totals. Raises refusals.

    In order: is there time before the invoice, may the member be written to, the money set aside, the draft,
    the suggestion with its amount, the alert acted on. Above the plan's own limit the person who offers
    counts as its maker, so that somebody else approves.
    """
    alert, today = alerts.one(pick=pick, by=by), localdate(now)
    version = next((each for each in offers.plans(reason=listed.REASON) if each.pk == plan), None)
    if version is None:
        raise Blocked(
            WhyNot(
                "This is no approved payment plan.", rule="offers", next_step="Choose one of the catalogue."
            )
        )
    money = _in_time(alert, today)
    total = Decimal(money.amount or 0)
    _refuse_contact(alert.member.imis_id, now)
    use = offers.reserve(
        version=version, imis_id=alert.member.imis_id, amount=total, reason=listed.REASON, now=now
    )
    parts = hardship.split(total, parts=version.parts, first_on=money.invoice_on)
    is_second = offers.needs_second(version=version, amount=total)
    proposal = _propose(alert, version, total, parts, money, by if is_second else None, now)
    offers.attach(use=use, proposal=proposal)
    PlanOffer.objects.create(
        member=alert.member,
        alert=alert,
        proposal=proposal.pk,
        use=use.pk,
        name=version.offer.name,
        total=total,
        parts=[{"due_on": part.due_on.isoformat(), "amount": f"{part.amount:.2f}"} for part in parts],
        invoice_on=money.invoice_on,
        made_at=now,
        made_by=by,
    )
    Alert.objects.filter(pk=alert.pk).update(proposal=proposal.pk)
    alerts.close(alert=alert, state=Alert.State.DONE, by=by, now=now, note="payment plan")
    return proposal


@transaction.atomic
def answer(*, proposal: int, accepts: bool, now: datetime) -> PlanOffer:
    """What the member said on the signed page. The same answer twice changes nothing. Raises Changed.

    On acceptance nothing is charged: setting the plan up is suggested to staff, with its amount.
    """
    plan = PlanOffer.objects.select_for_update(of=["self"]).select_related("member").get(proposal=proposal)
    said = Answer.ACCEPTED if accepts else Answer.DECLINED
    if plan.answer == said:
        return plan
    if plan.answer or plan.ended_at or plans.is_over(plan, now=now):
        raise Changed(
            WhyNot(
                "This offer has been answered or has ended.",
                rule="one answer",
                next_step="Reply to our message, and a person helps you.",
            )
        )
    plan.answer, plan.answered_at = said, now
    if accepts:
        plan.setup = _suggest_setup(plan, now).pk
    else:
        offers.give_back(use=offers.use_of(plan.use), now=now)
    plan.save(update_fields=["answer", "answered_at", "setup"])
    audit.record(
        action=f"retention.plan_{said}",
        by=None,
        now=now,
        about=("plan offer", str(plan.pk)),
        imis_id=plan.member.imis_id,
        detail={"after": {"plan": plan.name, "total": plan.total}, "reason": "signed page"},
    )
    return plan


@transaction.atomic
def end_offers(*, now: datetime) -> int:
    """Offers rejected, undone or run out are over, and their money is free; returns how many."""
    ended = [plan for plan in plans.unanswered() if plans.is_over(plan, now=now)]
    for plan in ended:
        offers.give_back(use=offers.use_of(plan.use), now=now)
        PlanOffer.objects.filter(pk=plan.pk).update(ended_at=now)
    return len(ended)


def _in_time(alert: Alert, today: date) -> signals.Money:
    money = signals.money_of(members=[alert.member_id], today=today)[alert.member_id]
    if money.invoice_on is None:
        said = "The invoice of the coming term is out already, or its day is not known."
        raise Blocked(WhyNot(said, rule="before the invoice", next_step="Call, or agree on a date."))
    if not money.may_offer:
        last = words.long_date(hardship.last_day_to_offer(money.invoice_on), today)
        raise Blocked(
            WhyNot(
                f"A plan is offered {hardship.NOTICE_DAYS} days before the invoice, so by {last}.",
                rule="before the invoice",
                next_step="Call, or agree on a date.",
            )
        )
    return money


def _refuse_contact(imis_id: str, now: datetime) -> None:
    held = contact.refusals(imis_ids=[imis_id], channel=CHANNEL, area=AREA, now=now).get(imis_id)
    if held and not held.waits:
        raise Blocked(held.why)


def _propose(
    alert: Alert, version: Any, total: Decimal, parts: Any, money: Any, by: Any, now: datetime
) -> Any:
    texts = drafts.usable(area=AREA, channel=CHANNEL, use=PAGE)
    imis_id = alert.member.imis_id
    made = drafts.make(imis_ids=[imis_id], area=AREA, versions=texts, now=now, offer=version).get(imis_id)
    if made is None:
        raise Blocked(
            WhyNot(
                "There is no approved text for payment plans that fits this member.",
                rule="templates",
                next_step="Approve it under Guardrails and texts.",
            )
        )
    payload = made.payload() | {
        "page": PAGE,
        "channel_reason": "an offer that needs an answer",
        "is_automatic": False,
        "plan": {
            "name": version.offer.name,
            "parts": [[part.due_on.isoformat(), f"{part.amount:.2f}"] for part in parts],
            "invoice_on": money.invoice_on.isoformat(),
        },
    }
    draft = proposals.Draft(
        kind=OFFER,
        title=f"Payment plan: {words.money(total, settings.CURRENCY)} in {len(parts)} parts",
        payload=payload,
        members=1,
        amount=total,
        imis_id=imis_id,
        chapter=alert.member.chapter_id or "",
        made_from={"alert": alert.pk, "template": str(made.version), "offer": str(version)},
        checks=(
            proposals.Check("pre-approved", f"“{version.offer}” is in the catalogue of offers."),
            proposals.Check("before the invoice", f"The invoice is expected on {money.invoice_on}."),
        ),
    )
    proposal = proposals.propose(draft=draft, by=by, now=now)
    ledger.plan(
        imis_id=imis_id, channel=CHANNEL, area=AREA, now=now, proposal=proposal, version_id=made.version.pk
    )
    return proposal


def _suggest_setup(plan: PlanOffer, now: datetime) -> Any:
    said = "; ".join(f"{part['amount']} on {part['due_on']}" for part in plan.parts)
    draft = proposals.Draft(
        kind=SETUP,
        title=f"Set up an accepted payment plan of {words.money(plan.total, settings.CURRENCY)}",
        payload={
            "imis_id": plan.member.imis_id,
            "title": f"Set up the payment plan “{plan.name}”"[:100],
            "due_on": plan.parts[0]["due_on"],
            "factors": f"Accepted by the member on {localdate(now)}: {said}"[:400],
        },
        members=1,
        amount=plan.total,
        imis_id=plan.member.imis_id,
        chapter=plan.member.chapter_id or "",
        made_from={"plan offer": plan.pk, "proposal": plan.proposal},
        checks=(proposals.Check("accepted", f"The member accepted on {localdate(now)} by the signed page."),),
    )
    return proposals.propose(draft=draft, by=None, now=now)
