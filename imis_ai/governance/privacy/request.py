"""Asking for an erasure: typed by one person, agreed by a second, then held for 24 hours."""

from datetime import datetime, timedelta

from django.db import transaction

from imis_ai.accounts.models import User
from imis_ai.governance import kinds, proposals
from imis_ai.governance.messages import ledger
from imis_ai.governance.models import Decision, Erasure, LegalHold, OptOut, Proposal
from imis_ai.governance.privacy.erase import begin, why_not
from imis_ai.governance.proposals import states
from imis_ai.governance.refusals import Blocked, WhyNot
from imis_ai.jobs import actions as jobs

NAME = "privacy.erase"
LIVES = timedelta(days=30)  # the time in which we promise an answer


def _still_true(proposal: Proposal, now: datetime) -> list[str]:
    why = why_not(imis_id=proposal.payload["imis_id"])
    return [str(why)] if why else []


KIND = kinds.Kind(
    name=NAME,
    area="governance",
    label="Erasure of a member",
    reads="privacy.read",
    decides="privacy.agree",
    friction=kinds.Friction.ERASE,
    messages=lambda payload: (),
    effect=lambda proposal: "1 member erased",
    consequence=lambda proposal: (
        "After a hold of 24 hours everything about this member is deleted here, in ten steps. "
        "There is no way back after that. iMIS keeps its own record until a person erases it there."
    ),
    still_true=_still_true,
    lives=LIVES,
)


@transaction.atomic
def ask(*, imis_id: str, typed: str, reason: str, by: User, now: datetime) -> Proposal:
    """Suggest the erasure to a second person and stop contact at once. Raises Blocked."""
    if typed.strip() != imis_id:
        raise Blocked(
            WhyNot(f"The number you typed is not {imis_id}.", rule="typed number", next_step="Type it again.")
        )
    if not reason.strip():
        raise Blocked(
            WhyNot("An erasure needs a reason.", rule="reason", next_step="Say who asked for it, and when.")
        )
    if why := why_not(imis_id=imis_id):
        raise Blocked(why)
    draft = proposals.Draft(
        kind=NAME,
        title="Erase everything about one member",
        payload={"imis_id": imis_id, "reason": reason.strip()[:300]},
        members=1,
        imis_id=imis_id,
    )
    made = proposals.propose(draft=draft, by=by, now=now)
    ledger.opt_out(imis_id=imis_id, kind=OptOut.Kind.RESTRICTED, source="erasure", by=by, now=now)
    return made


def open_request(*, imis_id: str) -> Proposal | None:
    """The request that waits for its second person or for the end of its hold."""
    alive = (*proposals.OPEN, proposals.State.APPROVED)
    return Proposal.objects.filter(kind=NAME, imis_id=imis_id, state__in=alive).order_by("-pk").first()


def due(*, now: datetime) -> list[Proposal]:
    """Agreed, held long enough, not begun, no legal hold."""
    begun = Erasure.objects.exclude(proposal_id=None).values("proposal_id")
    held = LegalHold.objects.filter(lifted_at=None).values("imis_id")
    approved = Proposal.objects.filter(kind=NAME, state=proposals.State.APPROVED, hold_until__lte=now)
    return list(approved.exclude(pk__in=begun).exclude(imis_id__in=held).exclude(imis_id=""))


def is_due(now: datetime) -> bool:
    return bool(due(now=now))


@transaction.atomic
def start_due(*, now: datetime) -> int:
    """Queue one job per erasure whose hold is over. Who is gone from the mirror by then needs none."""
    started = 0
    for proposal in due(now=now):
        if why_not(imis_id=proposal.payload["imis_id"]):
            states.move(proposal=proposal, new=proposals.State.UNDONE)
            continue
        agreed = proposal.decisions.filter(what=Decision.What.APPROVE).select_related("by").last()
        erasure = begin(
            imis_id=proposal.payload["imis_id"],
            reason=proposal.payload["reason"],
            now=now,
            asked_by=proposal.proposed_by,
            agreed_by=agreed.by if agreed else None,
            proposal=proposal,
        )
        jobs.request(name=NAME, args={"erasure": erasure.pk}, by=proposal.proposed_by, now=now)
        started += 1
    return started
