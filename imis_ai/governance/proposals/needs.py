"""Who may decide what: the right, the chapter, never one's own work, a second person, the limit in money."""

from datetime import datetime, timedelta
from decimal import Decimal

from django.db.models import Q, Sum

from imis_ai.accounts.models import User
from imis_ai.accounts.rights import RIGHTS, ROLE_WORDS
from imis_ai.governance import kinds
from imis_ai.governance.kinds import Friction
from imis_ai.governance.models import Decision, Proposal
from imis_ai.governance.refusals import NotAllowed, WhyNot
from imis_ai.mirror import access

ROLLING = timedelta(days=30)
TOGETHER = timedelta(hours=24)  # two approvals count only this close to each other
SMALL_BATCH = 25  # messages; up to here the person who worded a suggestion may send it

STRANGER, OWN, TWICE, LIMIT, AUDITOR = "right", "own work", "one of two", "limit", "auditor"


def drafter(*, proposal: Proposal) -> User | None:
    """Who may not approve this version: its last editor, else who proposed it.

    Whoever only worded a suggestion of ours to few members may send it where the kind says so.
    """
    kind = kinds.find(proposal.kind)
    if proposal.edited_by and not (kind.may_word_own and proposal.members <= SMALL_BATCH):
        return proposal.edited_by
    return proposal.proposed_by


def why_not(*, proposal: Proposal, by: User, now: datetime) -> WhyNot | None:
    """Why this person may not approve it now; None when they may."""
    kind = kinds.find(proposal.kind)
    return (
        _no_right(proposal, kind, by)
        or _own_work(proposal, kind, by)
        or _already(proposal, by)
        or _same_side(proposal, kind, by, now)
        or _over_limit(proposal, by, now)
    )


def refuse_stranger(*, proposal: Proposal, by: User, now: datetime) -> None:
    """Raises NotAllowed unless the person's role decides such proposals, and this chapter."""
    why = _no_right(proposal, kinds.find(proposal.kind), by)
    if why:
        raise NotAllowed(why)


def people_needed(*, proposal: Proposal, by: User, now: datetime) -> int:
    """How many different people must approve: two where nobody else has stood behind it or money is large."""
    needs_two = kinds.friction(proposal) in (Friction.SECOND, Friction.ERASE)
    if needs_two and drafter(proposal=proposal) is None:
        return 2
    return 2 if is_over_limit(proposal=proposal, by=by, now=now) else 1


def is_over_limit(*, proposal: Proposal, by: User, now: datetime) -> bool:
    """Whether money on this proposal and its last 30 days goes over what this person may approve alone.

    Summed per member and per approver, so that an amount in parts counts as a whole.
    """
    if proposal.amount is None:
        return False
    before = approved_sums(proposal=proposal, by=by, now=now)
    return abs(proposal.amount) + max(before) > by.approval_limit


def approved_sums(*, proposal: Proposal, by: User, now: datetime) -> tuple[Decimal, Decimal]:
    """What was approved in the last 30 days for the same member, and by this person."""
    recent = Proposal.objects.filter(
        state=Proposal.State.APPROVED, decided_at__gt=now - ROLLING, amount__isnull=False
    ).exclude(pk=proposal.pk)
    of_member = recent.filter(imis_id=proposal.imis_id) if proposal.imis_id else recent.none()
    mine = Decision.objects.filter(by=by, what=Decision.What.APPROVE, at__gt=now - ROLLING)
    by_person = recent.filter(pk__in=mine.values("proposal"))
    return _sum(of_member), _sum(by_person)


def earlier_approvals(*, proposal: Proposal, now: datetime) -> list[Decision]:
    """Approvals of exactly this version that still count."""
    found = proposal.decisions.filter(
        what=Decision.What.APPROVE, digest=proposal.digest, version=proposal.version, at__gt=now - TOGETHER
    )
    return list(found.select_related("by"))


def _sum(proposals) -> Decimal:
    rows = proposals.aggregate(
        up=Sum("amount", filter=Q(amount__gt=0)), down=Sum("amount", filter=Q(amount__lt=0))
    )
    return (rows["up"] or Decimal(0)) - (rows["down"] or Decimal(0))


def _no_right(proposal: Proposal, kind: kinds.Kind, by: User) -> WhyNot | None:
    if not by.may(kind.decides):
        allowed = ", ".join(ROLE_WORDS[role].lower() for role in RIGHTS[kind.decides].roles)
        return WhyNot(
            f"Your role does not decide on this kind: {kind.label.lower()}.",
            rule=kind.decides,
            next_step=f"Those who do: {allowed}.",
        )
    if by.role == User.Role.CHAPTER and not _is_in_own_chapters(proposal, by):
        return WhyNot(
            "This reaches beyond your chapters.",
            rule="own chapters",
            next_step="A membership manager decides on it.",
        )
    return None


def _is_in_own_chapters(proposal: Proposal, by: User) -> bool:
    if proposal.imis_id:
        return access.members(by).filter(imis_id=proposal.imis_id).exists()
    return bool(proposal.chapter) and access.chapters_for(by).filter(code=proposal.chapter).exists()


def _own_work(proposal: Proposal, kind: kinds.Kind, by: User) -> WhyNot | None:
    if by == drafter(proposal=proposal):
        made = "changed" if by == proposal.edited_by else "made"
    elif by == proposal.proposed_by:
        made = "made"
    else:
        return None
    return WhyNot(
        f"You {made} this, so someone else approves it.",
        rule="four eyes",
        next_step=f"Asked: {_others(kind, by)}.",
    )


def _already(proposal: Proposal, by: User) -> WhyNot | None:
    same = proposal.decisions.filter(
        Q(by=by) | Q(on_behalf_of=by),
        what=Decision.What.APPROVE,
        digest=proposal.digest,
        version=proposal.version,
    ).first()
    if same is None:
        return None
    said = "You approved this" if same.by_id == by.pk else f"{same.by} approved this on your behalf"
    return WhyNot(f"{said} already; a second person is needed.", rule="two people")


def _same_side(proposal: Proposal, kind: kinds.Kind, by: User, now: datetime) -> WhyNot | None:
    """Two people of the same side do not decide what both sides must stand behind."""
    if not kind.sides:
        return None
    earlier = [decision.by for decision in earlier_approvals(proposal=proposal, now=now)]
    behind = [person for person in (drafter(proposal=proposal), *earlier) if person]
    roles = {person.role for person in behind} | {by.role}
    missing = [side for side in kind.sides if not side & roles]
    if not missing or not behind:
        return None
    wanted = " or ".join(ROLE_WORDS[role].lower() for role in ROLE_WORDS if role in missing[0])
    return WhyNot(
        "Both people would be of the same side, so this is not enough.",
        rule="two sides",
        next_step=f"Asked: {wanted}.",
    )


def _over_limit(proposal: Proposal, by: User, now: datetime) -> WhyNot | None:
    """The second of two must carry the whole amount."""
    if not is_over_limit(proposal=proposal, by=by, now=now):
        return None
    earlier = [decision.by for decision in earlier_approvals(proposal=proposal, now=now)]
    if not earlier or any(person.approval_limit >= abs(proposal.amount or 0) for person in earlier):
        return None
    if by.approval_limit >= abs(proposal.amount or 0):
        return None
    return WhyNot(
        "This amount is over the limit of both people who would approve it.",
        rule="approval limit",
        next_step="One of the two must have a limit that covers it.",
    )


def _others(kind: kinds.Kind, by: User) -> str:
    roles = RIGHTS[kind.decides].roles
    number = User.objects.filter(role__in=roles, is_active=True).exclude(pk=by.pk).count()
    names = " and ".join(ROLE_WORDS[role].lower() for role in roles)
    return f"{names} ({number} {'person' if number == 1 else 'people'})"
