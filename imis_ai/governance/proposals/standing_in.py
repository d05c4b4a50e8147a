"""Passing decisions on for a while: to somebody who holds the right too, never a right of its own.

Who stands in decides under their own name, limit and chapters; the decision says on whose behalf.
"""

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils.timezone import localdate

from imis_ai.accounts.models import User
from imis_ai.governance import audit, kinds
from imis_ai.governance.kinds import Kind
from imis_ai.governance.models import Delegation, Proposal
from imis_ai.governance.proposals import needs
from imis_ai.governance.refusals import Blocked, NotAllowed, WhyNot
from imis_ai.mirror import access
from imis_ai.ui import words

LONGEST = timedelta(days=90)
RIGHT = "approvals.delegate"


@dataclass(frozen=True)
class Standing:
    """What one person has passed on, and for whom they stand in, today."""

    given: list[Delegation] = field(default_factory=list)
    received: list[Delegation] = field(default_factory=list)


def standing(*, person: User, now: datetime) -> Standing:
    """One query for both sides."""
    rows = list(
        _active(now).filter(Q(person=person) | Q(stand_in=person)).select_related("person", "stand_in")
    )
    return Standing(
        given=[row for row in rows if row.person_id == person.pk],
        received=[row for row in rows if row.stand_in_id == person.pk],
    )


def behalf_of(*, proposal: Proposal, by: User, now: datetime) -> User | None:
    """Whose decision it is that `by` takes for them; None for their own.

    Never of somebody who could not decide on it: who made it, approved it already or lost the right.
    """
    rows = _active(now).filter(_covers(proposal.area, proposal.kind), stand_in=by)
    for row in rows.select_related("person").order_by("pk"):
        if proposal.assigned_to_id in (None, row.person_id) and not needs.why_not(
            proposal=proposal, by=row.person, now=now
        ):
            return row.person
    return None


@transaction.atomic
def pass_on(
    *, to: User, area: str, kind: str, from_on: date, to_on: date, reason: str, by: User, now: datetime
) -> Delegation:
    """Let `to` decide on one kind, one area or everything of mine from one day to another.

    Raises NotAllowed for what `by` or `to` may not decide, Blocked for dates or two at once.
    """
    User.objects.select_for_update().get(pk=by.pk)  # one at a time, so that no two overlap
    mine = _own_kinds(area, kind, by)
    if why := why_not_stand_in(person=to, kinds_of=mine, by=by):
        raise NotAllowed(why)
    _check_dates(from_on, to_on, localdate(now))
    _refuse_overlap(mine, from_on, to_on, by, to)
    made = Delegation.objects.create(
        person=by, stand_in=to, area=area, kind=kind, from_on=from_on, to_on=to_on, reason=reason, made_at=now
    )
    _record("delegation.made", made, by, now)
    return made


@transaction.atomic
def end(*, delegation: Delegation, by: User, now: datetime) -> None:
    """Back to the person at once; each of the two may end it, and an administrator. Raises NotAllowed."""
    if by.pk not in (delegation.person_id, delegation.stand_in_id) and not by.may("people.change"):
        raise NotAllowed(WhyNot("Only the two people concerned can end this.", rule=RIGHT))
    ended = Delegation.objects.filter(pk=delegation.pk, ended_at=None).update(ended_at=now)
    if ended:
        delegation.refresh_from_db()
        _record("delegation.ended", delegation, by, now)


def history(*, person: User) -> list[Delegation]:
    """What this person passed on and took over, newest first."""
    rows = Delegation.objects.filter(Q(person=person) | Q(stand_in=person))
    return list(rows.select_related("person", "stand_in")[:20])


def covered(area: str, kind: str) -> list[Kind]:
    """The kinds that a delegation of this area and kind is about; empty means all."""
    return [each for each in kinds.KINDS.values() if area in ("", each.area) and kind in ("", each.name)]


def decided_by(person: User) -> list[Kind]:
    """Every kind this person decides on, by label."""
    found = [kind for kind in kinds.KINDS.values() if person.may(kind.decides)]
    return sorted(found, key=lambda kind: kind.label)


def could_stand_in(*, by: User) -> list[User]:
    """Who decides on something that `by` decides on too."""
    mine = decided_by(by)
    others = User.objects.filter(is_active=True).exclude(pk=by.pk).order_by("first_name", "last_name")
    return [other for other in others if any(other.may(kind.decides) for kind in mine)]


def in_words(delegation: Delegation) -> str:
    """What was passed on: a kind, an area, or everything."""
    if delegation.kind:
        return kinds.KINDS[delegation.kind].label if delegation.kind in kinds.KINDS else delegation.kind
    return f"everything in {delegation.area}" if delegation.area else "everything I decide on"


def why_not_stand_in(*, person: User, kinds_of: list[Kind], by: User) -> WhyNot | None:
    """Why this person cannot stand in for these kinds; None when they can."""
    if person == by:
        return WhyNot("You decide on this yourself.", rule=RIGHT, next_step="Choose somebody else.")
    lacks = [kind.label for kind in kinds_of if not person.may(kind.decides)]
    if lacks:
        return WhyNot(
            f"{person} does not decide on: {', '.join(lacks).lower()}. Standing in lends no right.",
            rule="nobody passes on a right",
            next_step="Choose one kind, or somebody who decides on all of them.",
        )
    if person.role == User.Role.CHAPTER and not _reaches(by, person):
        return WhyNot(
            f"{person} sees fewer chapters than you decide on.",
            rule="own chapters",
            next_step="Choose somebody who sees all of yours.",
        )
    return None


def _own_kinds(area: str, kind: str, by: User) -> list[Kind]:
    mine = [each for each in covered(area, kind) if by.may(each.decides)]
    if not by.may(RIGHT) or not mine:
        raise NotAllowed(
            WhyNot(
                "You do not decide on this yourself, so you cannot pass it on.",
                rule="nobody passes on a right",
                next_step="Choose something that you decide on.",
            )
        )
    return mine


def _reaches(by: User, person: User) -> bool:
    if by.role != User.Role.CHAPTER:
        return False
    own = set(access.chapters_for(by).values_list("code", flat=True))
    return own <= set(access.chapters_for(person).values_list("code", flat=True))


def _check_dates(from_on: date, to_on: date, today: date) -> None:
    if from_on < today:
        raise Blocked(
            WhyNot("The first day has passed.", rule="dates", next_step="Begin today or on a day to come.")
        )
    if to_on < from_on:
        raise Blocked(
            WhyNot("The last day is before the first.", rule="dates", next_step="Exchange the two days.")
        )
    if to_on - from_on > LONGEST:
        raise Blocked(
            WhyNot(
                f"That is longer than {LONGEST.days} days.",
                rule="dates",
                next_step="Choose a shorter time; for good, ask an administrator to change the rights.",
            )
        )


def _refuse_overlap(mine: list[Kind], from_on: date, to_on: date, by: User, to: User) -> None:
    """Nobody passes the same on twice, and nobody is asked who is away too."""
    wanted = {kind.name for kind in mine}
    rows = Delegation.objects.filter(
        person__in=(by, to), from_on__lte=to_on, to_on__gte=from_on, ended_at=None
    )
    for row in rows.select_related("person", "stand_in"):
        if not wanted & {kind.name for kind in covered(row.area, row.kind)}:
            continue
        who = "You have" if row.person == by else f"{row.person} has"
        until = words.short_date(row.to_on, from_on)
        raise Blocked(
            WhyNot(
                f"{who} passed this on to {row.stand_in} until {until} already.",
                rule="one at a time",
                next_step="End that first, or choose other days.",
            )
        )


def _active(now: datetime) -> QuerySet[Delegation]:
    today = localdate(now)
    return Delegation.objects.filter(from_on__lte=today, to_on__gte=today, ended_at=None)


def _covers(area: str, kind: str) -> Q:
    return Q(area__in=("", area), kind__in=("", kind))


def _record(action: str, delegation: Delegation, by: User, now: datetime) -> None:
    audit.record(
        action=action,
        by=by,
        now=now,
        about=("delegation", str(delegation.pk)),
        detail={
            "person": str(delegation.person),
            "stand_in": str(delegation.stand_in),
            "area": delegation.area,
            "kind": delegation.kind,
            "from": delegation.from_on.isoformat(),
            "to": delegation.to_on.isoformat(),
            "reason": delegation.reason,
        },
    )
