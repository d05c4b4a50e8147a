"""Deciding: approve, reject, set aside, assign, note. One of several people who decide at once wins."""

from datetime import datetime, timedelta

from django.db import IntegrityError, transaction

from imis_ai.accounts.models import User
from imis_ai.governance import kinds, outbox, rollout
from imis_ai.governance.models import Decision, Proposal
from imis_ai.governance.proposals import needs
from imis_ai.governance.proposals.make import note_decision, refuse_blocked
from imis_ai.governance.proposals.standing_in import behalf_of
from imis_ai.governance.proposals.states import OPEN, State, move
from imis_ai.governance.refusals import Blocked, Changed, NotAllowed, WhyNot

What = Decision.What
PROOF_LASTS = timedelta(days=7)


def seen(*, proposal: Proposal) -> str:
    """What a decision form carries, so that only what the person saw can be approved."""
    return f"{proposal.version}:{proposal.digest}"


@transaction.atomic
def approve(
    *,
    proposal: Proposal,
    as_seen: str,
    by: User,
    now: datetime,
    note: str = "",
    least_hold: timedelta = timedelta(0),
) -> Proposal:
    """Let it take effect after its hold, or stand as the first of two.

    `least_hold`: many at once wait longer than one. In order: the person, what they saw, its age and facts,
    its proof, guardrails; then the state, the history, the audit and what leaves, all or nothing. Raises
    NotAllowed, Changed, Blocked.
    """
    proposal = Proposal.objects.select_for_update().get(pk=proposal.pk)
    kind = kinds.find(proposal.kind)
    if why := needs.why_not(proposal=proposal, by=by, now=now):
        raise NotAllowed(why)
    _refuse_unseen(proposal, as_seen)
    refuse_old(proposal=proposal, now=now)
    refuse_unproven(proposal=proposal, note=note, now=now)
    refuse_blocked(proposal=proposal, now=now)
    _refuse_early(proposal, kind, now)
    behalf = behalf_of(proposal=proposal, by=by, now=now)
    earlier = len(needs.earlier_approvals(proposal=proposal, now=now))
    if earlier + 1 < needs.people_needed(proposal=proposal, by=by, now=now):
        if proposal.state != State.HALF:  # else an earlier approval was too long ago to count
            move(proposal=proposal, new=State.HALF)
        _note_approval(proposal, by, now, note, behalf)
        return proposal
    hold_until = now + max(kinds.hold(proposal), least_hold)
    move(proposal=proposal, new=State.APPROVED, decided_at=now, hold_until=hold_until)
    _note_approval(proposal, by, now, note, behalf)
    outbox.enqueue(
        proposal=proposal, messages=kind.messages(proposal.payload), not_before=hold_until, now=now
    )
    return proposal


@transaction.atomic
def reject(*, proposal: Proposal, reason: str, by: User, now: datetime, note: str = "") -> Proposal:
    """Turn it down for one of the kind's five reasons. Raises NotAllowed, Changed, Blocked."""
    needs.refuse_stranger(proposal=proposal, by=by, now=now)
    known = dict(kinds.find(proposal.kind).reasons)
    if reason not in known:
        raise Blocked(
            WhyNot(
                "A rejection needs a reason.",
                rule="reasons",
                next_step=f"Choose one of: {', '.join(known.values())}.",
            )
        )
    behalf = behalf_of(proposal=proposal, by=by, now=now)
    move(proposal=proposal, new=State.REJECTED, decided_at=now)
    note_decision(
        proposal=proposal, what=What.REJECT, by=by, now=now, reason=reason, note=note, behalf=behalf
    )
    return proposal


@transaction.atomic
def later(*, proposal: Proposal, until: datetime, by: User, now: datetime) -> Proposal:
    """Set it aside; it comes back by itself. Raises NotAllowed, Changed, Blocked."""
    needs.refuse_stranger(proposal=proposal, by=by, now=now)
    if until <= now:
        raise Blocked(WhyNot("That time has passed.", rule="later", next_step="Choose a time to come."))
    behalf = behalf_of(proposal=proposal, by=by, now=now)
    if proposal.state == State.LATER:
        Proposal.objects.filter(pk=proposal.pk, state=State.LATER).update(later_until=until)
        proposal.refresh_from_db()
    else:
        move(proposal=proposal, new=State.LATER, later_until=until)
    note_decision(proposal=proposal, what=What.LATER, by=by, now=now, note=until.isoformat(), behalf=behalf)
    return proposal


@transaction.atomic
def assign(*, proposal: Proposal, to: User, by: User, now: datetime) -> Proposal:
    """Ask one person. Raises NotAllowed when they could not decide on it either."""
    needs.refuse_stranger(proposal=proposal, by=by, now=now)
    needs.refuse_stranger(proposal=proposal, by=to, now=now)
    Proposal.objects.filter(pk=proposal.pk).update(assigned_to=to)
    proposal.refresh_from_db()
    note_decision(proposal=proposal, what=What.ASSIGN, by=by, now=now, note=str(to))
    return proposal


@transaction.atomic
def add_note(*, proposal: Proposal, text: str, by: User, now: datetime) -> Decision:
    """A word to the others. Raises NotAllowed."""
    needs.refuse_stranger(proposal=proposal, by=by, now=now)
    return note_decision(proposal=proposal, what=What.NOTE, by=by, now=now, note=text)


def expire_due(*, now: datetime) -> int:
    """Close what nobody decided in time, and bring back what was set aside; returns how many were closed."""
    for proposal in Proposal.objects.filter(state=State.LATER, later_until__lte=now):
        move(proposal=proposal, new=State.SUGGESTED, later_until=None)
    closed = 0
    for proposal in Proposal.objects.filter(state__in=OPEN, expires_at__lte=now):
        with transaction.atomic():
            move(proposal=proposal, new=State.EXPIRED)
            note_decision(proposal=proposal, what=What.EXPIRE, by=None, now=now)
        closed += 1
    return closed


def _note_approval(proposal: Proposal, by: User, now: datetime, note: str, behalf: User | None) -> None:
    try:
        with transaction.atomic():
            note_decision(proposal=proposal, what=What.APPROVE, by=by, now=now, note=note, behalf=behalf)
    except IntegrityError:
        raise NotAllowed(
            WhyNot("You made or approved this already, so someone else approves it.", rule="four eyes")
        ) from None


def _refuse_unseen(proposal: Proposal, as_seen: str) -> None:
    if as_seen == seen(proposal=proposal):
        return
    last = proposal.decisions.filter(what=What.EDIT).last()
    who = str(last.by) if last and last.by else "Somebody"
    raise Changed(
        WhyNot(
            f"{who} changed this after you opened it.",
            rule="approved as it was seen",
            next_step="Compare, then approve again.",
        )
    )


def refuse_old(*, proposal: Proposal, now: datetime) -> None:
    """Raises Changed for what has expired or is not true any more."""
    if proposal.expires_at and proposal.expires_at <= now:
        raise Changed(
            WhyNot(
                "This suggestion has expired, so its facts may be old.",
                rule="expiry",
                next_step="The next run makes a new one.",
            )
        )
    for sentence in kinds.find(proposal.kind).still_true(proposal, now):
        raise Changed(
            WhyNot(
                sentence, rule="facts at the moment of approval", next_step="The next run makes a new one."
            )
        )


def _refuse_early(proposal: Proposal, kind: kinds.Kind, now: datetime) -> None:
    """What the phase of the area does not allow to leave is not approved either. A standstill only waits."""
    ways = [message.way for message in kind.messages(proposal.payload)]
    if not ways:
        return
    action = rollout.action_of(ways=ways, amount=proposal.amount)
    if why := rollout.may_proposal(proposal=proposal, action=action, now=now, leaves_now=False):
        raise Blocked(why)


def refuse_unproven(*, proposal: Proposal, note: str, now: datetime) -> None:
    """Raises Blocked for a failed check, a proof that is missing, bad or old, and doubts without a note."""
    checks = proposal.evidence.get("checks", [])
    for check in checks:
        if check["result"] == "fail":
            raise Blocked(WhyNot(check["sentence"], rule=check["name"]))
    if proposal.verdict == Proposal.Verdict.NO_BETTER:
        said = (proposal.evidence.get("replay") or {}).get("sentence", "")
        raise Blocked(WhyNot(f"No better than what you do now. {said}".strip(), rule="proof before live"))
    if kinds.find(proposal.kind).needs_proof and not proposal.verdict:
        raise Blocked(
            WhyNot(
                "There is no proof on your own past yet.", rule="proof before live", next_step="Run it first."
            )
        )
    if proposal.verdict and proposal.created_at < now - PROOF_LASTS:
        raise Blocked(
            WhyNot(
                "The proof is older than 7 days.", rule="proof before live", next_step="Run it again first."
            )
        )
    doubts = [check for check in checks if check["result"] == "warn"]
    if (doubts or proposal.verdict == Proposal.Verdict.UNPROVEN) and not note.strip():
        said = doubts[0]["sentence"] if doubts else "There is too little past to tell whether this is better."
        raise Blocked(
            WhyNot(
                said, rule="warnings", next_step="Write a note why it is right all the same, then approve."
            )
        )
