"""Making and changing proposals."""

import hashlib
import json
from dataclasses import asdict, dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db import transaction

from imis_ai.accounts.models import User
from imis_ai.governance import audit, guardrails, kinds
from imis_ai.governance.messages import contact
from imis_ai.governance.models import Decision, Proposal, RolloutChange
from imis_ai.governance.proposals import needs
from imis_ai.governance.proposals.states import OPEN, rewrite
from imis_ai.governance.refusals import Blocked, Changed, NotAllowed, WhyNot

What = Decision.What


@dataclass(frozen=True)
class Check:
    """One line of the evidence. `result`: ok, warn (approved only with a note) or fail (never approved)."""

    name: str
    sentence: str
    result: str = "ok"


@dataclass(frozen=True)
class Replay:
    """The proposal on the association's own past beside present practice.

    `measured` names what is counted ("lapses found with 200 calls"); `verdict` as in Proposal.Verdict.
    """

    measured: str
    present: float
    proposed: float
    n: int
    as_of: datetime
    verdict: str
    sentence: str


@dataclass(frozen=True)
class Draft:
    """What a domain hands over. `kind` names the rest; `title` holds no personal data."""

    kind: str
    title: str
    payload: dict[str, Any]
    members: int = 0
    amount: Decimal | None = None
    imis_id: str = ""
    chapter: str = ""
    scope: dict[str, Any] = field(default_factory=dict)
    made_from: dict[str, Any] = field(default_factory=dict)
    checks: tuple[Check, ...] = ()
    replay: Replay | None = None
    due_at: datetime | None = None


@transaction.atomic
def propose(*, draft: Draft, by: User | None, now: datetime) -> Proposal:
    """Put a suggestion before the people who decide. Raises Blocked when a guardrail stands against it.

    `by` is None for what a model or rule made. The same open suggestion is returned instead of made twice.
    """
    kind = kinds.find(draft.kind)
    digest = digest_of(kind=draft.kind, payload=draft.payload)
    twin = Proposal.objects.filter(kind=draft.kind, digest=digest, state__in=OPEN).first()
    if twin:
        return twin
    proposal = Proposal(
        kind=kind.name,
        area=kind.area,
        title=draft.title,
        payload=draft.payload,
        digest=digest,
        evidence=_evidence(draft),
        verdict=draft.replay.verdict if draft.replay else "",
        members=draft.members,
        amount=draft.amount,
        imis_id=draft.imis_id,
        chapter=draft.chapter,
        scope=draft.scope,
        made_from=draft.made_from,
        proposed_by=by,
        created_at=now,
        due_at=draft.due_at,
        expires_at=now + kind.lives,
    )
    refuse_blocked(proposal=proposal, now=now)
    proposal.save()
    note_decision(proposal=proposal, what=What.PROPOSE, by=by, now=now)
    return proposal


@transaction.atomic
def edit(*, proposal: Proposal, changes: dict[str, Any], by: User, now: datetime, note: str = "") -> Proposal:
    """Adjust what would take effect. A new version: earlier approvals do not count for it.

    Raises NotAllowed, Blocked, Changed, and whatever the kind's `clean` raises for bad input.
    """
    kind = kinds.find(proposal.kind)
    needs.refuse_stranger(proposal=proposal, by=by, now=now)
    if proposal.state not in OPEN:
        raise Changed(WhyNot("This is decided already, so it stays as it is.", rule="states of a decision"))
    if kind.clean is None:
        raise NotAllowed(
            WhyNot(
                f"A {kind.label.lower()} cannot be adjusted.",
                rule="kinds of proposals",
                next_step="Reject it with a reason; a new one is made with the next run.",
            )
        )
    before = proposal.payload
    payload = kind.clean(before, changes)
    if payload == before:
        return proposal
    candidate = Proposal.objects.get(pk=proposal.pk)
    candidate.payload = payload
    refuse_blocked(proposal=candidate, now=now)
    rewrite(
        proposal=proposal,
        payload=payload,
        digest=digest_of(kind=proposal.kind, payload=payload),
        version=proposal.version + 1,
        edited_by=by,
    )
    note_decision(proposal=proposal, what=What.EDIT, by=by, now=now, note=note, before=before)
    return proposal


def refuse_blocked(*, proposal: Proposal, now: datetime) -> None:
    """Raises Blocked with the first guardrail that stands against it, or for a member who is left alone."""
    _refuse_control_group(proposal, now)
    proposal.facts = kinds.find(proposal.kind).facts(proposal)
    for objection in guardrails.check(proposal_like=proposal, now=now):
        if objection.is_block:
            raise Blocked(
                WhyNot(
                    objection.sentence, rule=objection.rule, owner=objection.owner, next_step=_ask(objection)
                )
            )


def _refuse_control_group(proposal: Proposal, now: datetime) -> None:
    """Nothing that contacts a member of a control group is drafted, changed or approved, by whatever road."""
    kind = kinds.find(proposal.kind)
    if not proposal.imis_id or not kind.is_outreach or kind.is_service:
        return
    if why := contact.left_alone(imis_id=proposal.imis_id, area=proposal.area, now=now):
        raise Blocked(why)


def digest_of(*, kind: str, payload: dict[str, Any]) -> str:
    """SHA-256 over kind and payload: what an approval is bound to."""
    text = json.dumps([kind, payload], sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()


def note_decision(
    *,
    proposal: Proposal,
    what: str,
    by: User | None,
    now: datetime,
    reason: str = "",
    note: str = "",
    before: dict | None = None,
    behalf: User | None = None,
    policy: RolloutChange | None = None,
) -> Decision:
    """Append to the proposal's own history and to the audit log.

    `behalf`: who had passed the decision on. `policy`: the step to automatic that decided, `by` is None then.
    """
    decision = Decision.objects.create(
        proposal=proposal,
        what=what,
        by=by,
        on_behalf_of=behalf,
        policy=policy,
        drafted_by=needs.drafter(proposal=proposal) if what == What.APPROVE else None,
        role=by.role if by else "",
        at=now,
        version=proposal.version,
        digest=proposal.digest,
        reason=reason,
        note=note,
        before=before,
    )
    audit.record(
        action=f"proposal.{what}",
        by=by,
        now=now,
        about=("proposal", str(proposal.pk)),
        imis_id=proposal.imis_id,
        detail={
            "kind": proposal.kind,
            "title": proposal.title,
            "version": proposal.version,
            "digest": proposal.digest,
            "made_from": proposal.made_from,
            "reason": reason,
            "note": note,
            "state": proposal.state,
        }
        | _stands_for(behalf, policy),
    )
    return decision


def _stands_for(behalf: User | None, policy: RolloutChange | None) -> dict[str, str]:
    """Who else stands behind it, for the log."""
    said = {"on_behalf_of": str(behalf)} if behalf else {}
    if policy:
        said |= {"policy": str(policy.pk), "raised_by": f"{policy.asked_by} and {policy.decided_by}"}
    return said


def _evidence(draft: Draft) -> dict[str, Any]:
    replay = asdict(draft.replay) | {"as_of": draft.replay.as_of.isoformat()} if draft.replay else None
    return {"checks": [asdict(check) for check in draft.checks], "replay": replay}


def _ask(objection: Any) -> str:
    return f"Ask {objection.owner}." if objection.owner else ""
