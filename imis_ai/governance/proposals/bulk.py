"""Many at once, within one kind. Each item is decided as if alone: its own check, its own transaction."""

import random
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from imis_ai.accounts.models import User
from imis_ai.governance import kinds
from imis_ai.governance.kinds import HOLD, LARGE_GROUP, MANY_ITEMS, Friction, Kind
from imis_ai.governance.models import Proposal
from imis_ai.governance.proposals import decide, needs
from imis_ai.governance.proposals.inbox import visible
from imis_ai.governance.refusals import Blocked, NotAllowed, Refused, WhyNot

MOST = 500  # at once; more than `many.AS_JOB` are decided by a job
SAMPLES = 10
NO_REASON = WhyNot("A rejection needs a reason.", rule="reasons", next_step="Choose one of the five.")
ONE_BY_ONE = (Friction.SECOND, Friction.ERASE)


@dataclass(frozen=True)
class Left:
    """One item that was not decided, and why."""

    proposal: Proposal
    why: WhyNot


@dataclass(frozen=True)
class Batch:
    """What was chosen, before anything is decided: totals, a sample, and what stands against some of it."""

    kind: Kind
    items: list[Proposal]
    against: list[Left]
    sample: list[Proposal]

    @property
    def members(self) -> int:
        return sum(item.members for item in self.items)

    @property
    def amount(self) -> Decimal | None:
        amounts = [item.amount for item in self.items if item.amount is not None]
        return sum(amounts, Decimal(0)) if amounts else None

    @property
    def is_large(self) -> bool:
        """Over 50 items, over 2,000 members, or money: totals are shown first, and the hold is longer."""
        return (
            len(self.items) > MANY_ITEMS
            or self.members > LARGE_GROUP
            or any(kinds.friction(item) == Friction.BULK for item in self.items)
        )

    @property
    def going(self) -> int:
        return len(self.items) - len(self.against)


@dataclass(frozen=True)
class Outcome:
    """What came of it, item by item."""

    done: list[int]
    left: list[Left]

    @property
    def reasons(self) -> list[tuple[int, str]]:
        """How many were left for each reason, most frequent first."""
        return [(n, said) for said, n in Counter(str(each.why) for each in self.left).most_common()]


def batch(*, seen: Mapping[int, str], by: User, now: datetime) -> Batch:
    """Look at what was chosen. Raises Blocked for nothing, for several kinds, for too many."""
    found = visible(viewer=by).filter(pk__in=list(seen)[: MOST + 1])
    items = list(found.select_related("proposed_by", "edited_by").order_by("pk"))
    if not items:
        raise Blocked(WhyNot("Nothing was chosen.", rule="several at once", next_step="Select at least one."))
    if len(seen) > MOST:
        raise Blocked(
            WhyNot(
                f"{len(seen):,} are more than the {MOST} that are decided at once.",
                rule="several at once",
                next_step="Filter the list, or decide on the first ones.",
            )
        )
    names = {item.kind for item in items}
    if len(names) > 1:
        labels = ", ".join(sorted(kinds.find(name).label.lower() for name in names))
        raise Blocked(
            WhyNot(
                f"You chose {len(names)} kinds: {labels}. Several at once are of one kind.",
                rule="several at once",
                next_step="Filter by kind, then select.",
            )
        )
    kind = kinds.find(items[0].kind)
    against = [Left(item, why) for item in items if (why := standing_against(item=item, by=by, now=now))]
    chance = random.Random(now.timestamp())  # noqa: S311  a sample to look at, not a secret
    return Batch(kind, items, against, chance.sample(items, min(SAMPLES, len(items))))


def approve(
    *, chosen: Batch, seen: Mapping[int, str], by: User, now: datetime, note: str = "", is_shown: bool
) -> Outcome:
    """Approve each as it was seen. `is_shown`: the totals were shown; without them a large batch is refused.

    Raises Blocked before anything is decided.
    """
    if chosen.is_large and not is_shown:
        raise Blocked(WhyNot("So many are approved after a look at the totals.", rule="several at once"))
    hold = HOLD[Friction.BULK] if chosen.is_large else HOLD[Friction.LABEL]

    against = {each.proposal.pk: each.why for each in chosen.against}

    def one(item: Proposal) -> None:
        if item.pk in against:
            raise NotAllowed(against[item.pk])
        decide.approve(proposal=item, as_seen=seen[item.pk], by=by, now=now, note=note, least_hold=hold)

    return _each(chosen.items, one)


def reject(*, chosen: Batch, reason: str, by: User, now: datetime, note: str = "") -> Outcome:
    def one(item: Proposal) -> None:
        decide.reject(proposal=item, reason=reason, by=by, now=now, note=note)

    return _each(chosen.items, one)


def later(*, chosen: Batch, until: datetime, by: User, now: datetime) -> Outcome:
    def one(item: Proposal) -> None:
        decide.later(proposal=item, until=until, by=by, now=now)

    return _each(chosen.items, one)


def _each(items: Sequence[Proposal], one: Callable[[Proposal], None]) -> Outcome:
    made = Outcome([], [])
    for item in items:
        try:
            one(item)
        except Refused as refusal:
            made.left.append(Left(item, refusal.why))
        else:
            made.done.append(item.pk)
    return made


def standing_against(*, item: Proposal, by: User, now: datetime) -> WhyNot | None:
    """What can be said before: not this person's, or nothing for several at once."""
    if kinds.friction(item) in ONE_BY_ONE:
        return WhyNot(
            "This kind is approved one by one.", rule="two people", next_step="Open it to decide on it."
        )
    if why := needs.why_not(proposal=item, by=by, now=now):
        return why
    if needs.is_over_limit(proposal=item, by=by, now=now):
        return WhyNot(
            "The amount is over your limit, so it is approved one by one.",
            rule="approval limit",
            next_step="Open it to decide on it.",
        )
    return None
