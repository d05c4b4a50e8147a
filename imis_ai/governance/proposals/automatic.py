"""The third phase: the policy of an area approves what its kind, its limits and every guardrail let through.

Two people raised the area to it; taking it back is one click. What is left goes to people, with the reason.
Never money, never the most valuable members, never what needs a second person.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils.timezone import localtime

from imis_ai.governance import guardrails, kinds, outbox, reviewing, rollout
from imis_ai.governance.guardrails import facts
from imis_ai.governance.kinds import Friction, Kind
from imis_ai.governance.models import Decision, Proposal, RolloutChange, RolloutStep
from imis_ai.governance.outbox.message import IMIS
from imis_ai.governance.proposals import decide
from imis_ai.governance.proposals.make import note_decision
from imis_ai.governance.proposals.states import State, move
from imis_ai.governance.refusals import Refused
from imis_ai.imis.targets import TARGETS

MOST_VALUABLE = 5.0  # percent by value; a guardrail may make it more, never less
AT_ONCE = 200
What = Decision.What


@dataclass
class Decided:
    """Counts of one run."""

    approved: int = 0
    left: int = 0


@dataclass(frozen=True)
class Standing:
    """The policy of one area as its page shows it: who raised it, its limit, what it approved today."""

    change: RolloutChange
    lines: list[tuple[Kind, int, int]]  # kind, approved today, most a day


def is_by_policy(*, proposal: Proposal) -> bool:
    return proposal.decisions.filter(what=What.APPROVE, policy__isnull=False).exists()


def is_due(now: datetime) -> bool:
    """Whether a policy would find something it has not looked at."""
    return not rollout.is_paused() and candidates(now).exists()


def candidates(now: datetime) -> QuerySet[Proposal]:
    """Fresh suggestions of ours, of kinds that declare it, in areas of the third phase; oldest first."""
    names = [kind.name for kind in kinds.KINDS.values() if kind.automatic]
    areas = RolloutStep.objects.filter(level=rollout.AUTOMATIC).values("area")
    found = Proposal.objects.filter(
        Q(expires_at=None) | Q(expires_at__gt=now),
        kind__in=names,
        area__in=areas,
        state=State.SUGGESTED,
        proposed_by=None,
        policy_looked_at=None,
    )
    return found.order_by("created_at", "pk")


def decide_due(*, now: datetime, checkpoint: Callable[[], None] = lambda: None) -> Decided:
    """Look once at each candidate, one transaction each; a stop in between ends it."""
    count = Decided()
    for number in list(candidates(now).values_list("pk", flat=True)[:AT_ONCE]):
        checkpoint()
        approved = _decide(number, now)
        count.approved += approved is True
        count.left += approved is False
    return count


def standing(*, area: str, now: datetime) -> Standing | None:
    """None below the third phase."""
    change = rollout.policy(area)
    if change is None:
        return None
    own = [kind for kind in kinds.KINDS.values() if kind.automatic and kind.area == area]
    return Standing(change, [(kind, _today(kind, now), most_per_day(kind, change)) for kind in own])


def most_per_day(kind: Kind, policy: RolloutChange) -> int:
    return min(policy.most_per_day, kind.automatic.most_per_day) if kind.automatic else 0


@transaction.atomic
def _decide(number: int, now: datetime) -> bool | None:
    """True approved, False left to people; None when the policy may not decide any more.

    The step is locked first: two workers count one after the other, and a stop waits or has won.
    """
    area = Proposal.objects.values_list("area", flat=True).get(pk=number)
    step = RolloutStep.objects.select_for_update().filter(area=area, level=rollout.AUTOMATIC).first()
    policy = rollout.policy(area) if step else None
    if policy is None or rollout.is_paused():
        return None
    proposal = Proposal.objects.select_for_update().get(pk=number)
    if proposal.state != State.SUGGESTED or proposal.policy_looked_at:
        return None
    kind = kinds.find(proposal.kind)
    Proposal.objects.filter(pk=number).update(policy_looked_at=now)
    if said := why_not(proposal=proposal, policy=policy, now=now):
        note_decision(proposal=proposal, what=What.NOTE, by=None, now=now, note=f"Left to a person: {said}")
        return False
    hold_until = now + kinds.hold(proposal)
    move(proposal=proposal, new=State.APPROVED, decided_at=now, hold_until=hold_until)
    note_decision(proposal=proposal, what=What.APPROVE, by=None, policy=policy, now=now)
    outbox.enqueue(
        proposal=proposal, messages=kind.messages(proposal.payload), not_before=hold_until, now=now
    )
    return True


def why_not(*, proposal: Proposal, policy: RolloutChange, now: datetime) -> str:
    """The first reason why a person decides instead; empty when the policy may."""
    kind = kinds.find(proposal.kind)
    return (
        _not_its_sort(proposal, kind)
        or _in_hand(proposal)
        or _most_valuable(proposal, now)
        or (kind.automatic.why_not(proposal, now) if kind.automatic else "")
        or _over_the_day(kind, policy, now)
        or _against_rules(proposal, now)
    )


def _not_its_sort(proposal: Proposal, kind: Kind) -> str:
    if kind.automatic is None:
        return "this kind is never approved without a person."
    if proposal.amount is not None or _moves_money(kind.messages(proposal.payload)):
        return "money is never moved without a person."
    if kinds.friction(proposal) not in (Friction.LABEL, Friction.SINGLE):
        return "it reaches too far for one click."
    return "" if proposal.imis_id else "it is not about one member, so nobody can be looked at."


def _moves_money(messages) -> bool:
    """What no target is known of counts as money too."""
    return any(
        message.way in IMIS and (message.target not in TARGETS or TARGETS[message.target].is_money)
        for message in messages
    )


def _in_hand(proposal: Proposal) -> str:
    if proposal.edited_by_id:
        return "somebody has changed it."
    if proposal.assigned_to_id:
        return "somebody was asked by name."
    is_unsure = proposal.imis_id and reviewing.waits(area=proposal.area, imis_id=proposal.imis_id)
    return "the model is not sure of this member, who waits in the review queue." if is_unsure else ""


def _most_valuable(proposal: Proposal, now: datetime) -> str:
    """By the value that the association's guardrails use; whoever is not known counts as valuable."""
    share = max(MOST_VALUABLE, guardrails.contact_limits().people_only_percent or 0)
    known = facts.of(proposal=proposal, wanted=frozenset({"value_rank"}), now=now, is_automatic=True)
    rank = known.get("value_rank")
    if rank is not None and float(rank) >= share:
        return ""
    return "one of the most valuable members, who always hears from a person."


def _over_the_day(kind: Kind, policy: RolloutChange, now: datetime) -> str:
    most = most_per_day(kind, policy)
    return f"the {most} of today are used up." if _today(kind, now) >= most else ""


def _today(kind: Kind, now: datetime) -> int:
    """What policies approved of this kind since the association's midnight."""
    midnight = localtime(now).replace(hour=0, minute=0, second=0, microsecond=0)
    made = Decision.objects.filter(what=What.APPROVE, policy__isnull=False, at__gte=midnight)
    return made.filter(proposal__kind=kind.name).count()


def _against_rules(proposal: Proposal, now: datetime) -> str:
    """What would stop a person too, and every warning: nobody is here to write a note."""
    try:
        decide.refuse_old(proposal=proposal, now=now)
        decide.refuse_unproven(proposal=proposal, note="", now=now)
    except Refused as refusal:
        return str(refusal.why)
    proposal.facts = kinds.find(proposal.kind).facts(proposal)
    for objection in guardrails.check(proposal_like=proposal, now=now, is_automatic=True):
        return objection.sentence
    against = rollout.may_proposal(proposal=proposal, action="automatic", now=now)
    return str(against) if against else ""
