"""Changing the policy: asked for by one person, decided by another, in force from the next scores on."""

from datetime import datetime
from typing import TYPE_CHECKING

from django.db import transaction

from imis_ai.accounts.models import User
from imis_ai.governance import audit, proposals
from imis_ai.governance.refusals import Blocked, WhyNot
from imis_ai.ui import words
from retention.calc import cuts
from retention.calc.bands import of_100
from retention.models import Policy as Kept
from retention.queries import policy as policies
from retention.queries.policy import Move, Policy

if TYPE_CHECKING:
    from imis_ai.governance.models import Proposal


@transaction.atomic
def propose_policy(*, wanted: Policy, effect: list[Move], by: User, now: datetime) -> "Proposal":
    """Put a change before a second person, with what it does to the scores on show and what it would have
    meant in the past. Raises Blocked when nothing would change or the past is not known.
    """
    before, past = policies.current(), policies.counts()
    if wanted.as_json() == before.as_json():
        raise Blocked(WhyNot("Nothing would change.", rule="policy", next_step="Choose another line."))
    if past is None and wanted.mode != Kept.Mode.CUT:
        raise Blocked(
            WhyNot(
                "How many calls a score means is not known before a model is trained here.",
                rule="policy",
                next_step="Choose a score as the line.",
            )
        )
    wanted = policies.lines(wanted, past)
    draft = proposals.Draft(
        kind=policies.KIND,
        title=f"Risk policy: high from {of_100(wanted.high_from)}, {wanted.calls_a_week} calls a week",
        payload={
            "before": before.as_json(),
            "after": wanted.as_json(),
            "effect": [vars(move) for move in effect],
            "instead_of": before.version,
        },
        members=sum(move.enter + move.leave for move in effect),
        checks=_checks(wanted, past),
    )
    return proposals.propose(draft=draft, by=by, now=now)


@transaction.atomic
def take_effect(*, now: datetime) -> Kept | None:
    """Put in force what was decided and held long enough: the last decision only. Part of every scoring."""
    approved = proposals.of_kind(kind=policies.KIND).filter(
        state=proposals.State.APPROVED, hold_until__lte=now
    )
    proposal = approved.order_by("-decided_at", "-pk").first()
    if proposal is None or Kept.objects.filter(proposal__gte=proposal.pk).exists():
        return None
    after = proposal.payload["after"]
    Kept.objects.filter(replaced_at=None).update(replaced_at=now)
    last = Kept.objects.order_by("-version").values_list("version", flat=True).first() or 0
    made = Kept.objects.create(
        version=last + 1, proposal=proposal.pk, decided_by=_who(proposal), live_from=now, **after
    )
    audit.record(
        action="retention.policy",
        by=None,
        now=now,
        about=("policy", str(made.version)),
        detail={"before": proposal.payload["before"], "after": after, "proposal": proposal.pk},
    )
    return made


def _checks(wanted: Policy, past: cuts.Counts | None) -> tuple[proposals.Check, ...]:
    """What it would have meant; a line that needs more calls than there are is a warning."""
    if past is None:
        said = "No model was trained here yet, so its effect on calls is not known."
        return (proposals.Check("past", said, "warn"),)
    line = cuts.cut(past, of_100(wanted.high_from))
    many = line.calls_a_week > wanted.calls_a_week * 1.05
    said = (
        f"On {words.count(past.total)} finished memberships: {line.calls_a_week:.1f} calls a week reach "
        f"{words.count(line.caught)} of {words.count(line.caught + line.missed)} lapses; "
        f"{words.count(line.wasted)} calls go to members who stay."
    )
    capacity = f"You have {wanted.calls_a_week} calls a week."
    return (
        proposals.Check("past", said),
        proposals.Check("capacity", capacity, "warn" if many else "ok"),
    )


def still_true(*, proposal: "Proposal", now: datetime) -> list[str]:
    """What changed since it was asked for."""
    if policies.current().version != proposal.payload["instead_of"]:
        return ["Another policy took effect meanwhile, so this compares with an old one."]
    return []


def _who(proposal: "Proposal") -> str:
    approved = [decision.by for decision in proposal.decisions.filter(what="approve").select_related("by")]
    return " and ".join(dict.fromkeys(str(person) for person in [proposal.proposed_by, *approved] if person))
