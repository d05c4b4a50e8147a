"""Payment plans that were offered: what the member sees, and what staff see of them."""

from collections.abc import Collection
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from imis_ai.governance import proposals
from imis_ai.governance.messages import offers, pages
from retention.models import PlanOffer

PAGE = "plan"
STILL = {proposals.State.SUGGESTED, proposals.State.LATER, proposals.State.HALF, proposals.State.APPROVED}


def by_token(token: str) -> PlanOffer:
    """The offer that a message's link opens. Raises pages.BadLink."""
    proposal = pages.proposal_of(page=PAGE, token=token)
    found = PlanOffer.objects.filter(proposal=proposal).select_related("member").first()
    if found is None:
        raise pages.BadLink("The offer behind this link is not known here any more.")
    return found


def parts(plan: PlanOffer) -> list[tuple[date, Decimal]]:
    """Day and amount of each."""
    return [(date.fromisoformat(part["due_on"]), Decimal(part["amount"])) for part in plan.parts]


def unanswered() -> list[PlanOffer]:
    return list(PlanOffer.objects.filter(answer="", ended_at=None).order_by("pk"))


def is_over(plan: PlanOffer, *, now: datetime) -> bool:
    """Nobody approved it in time, somebody said no, or the last day of the offer has passed."""
    state = proposals.state_of(plan.proposal)
    return state not in STILL or has_run_out(plan, now=now)


def has_run_out(plan: PlanOffer, *, now: datetime) -> bool:
    """Whether the last day of the offer has passed."""
    return offers.use_of(plan.use).expires_at <= now


def of_members(members: Collection[int]) -> dict[int, PlanOffer]:
    """The newest offer of each member."""
    return {plan.member_id: plan for plan in PlanOffer.objects.filter(member__in=members).order_by("pk")}


def said(plan: PlanOffer) -> str:
    """Its state as one word for a list."""
    if plan.answer:
        return str(plan.get_answer_display())
    return "Ended" if plan.ended_at else "Offered"


def shown(plan: PlanOffer, *, now: datetime) -> dict[str, Any]:
    """What the member's page says."""
    is_open = not plan.answer and not plan.ended_at and not is_over(plan, now=now)
    return {
        "plan": plan,
        "parts": parts(plan),
        "is_open": is_open,
        "until": offers.use_of(plan.use).expires_at,
    }
