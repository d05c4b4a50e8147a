"""What is asked again just before something leaves. The domains and the rules register theirs."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from imis_ai.governance.models import OutboxMessage, Proposal
from imis_ai.governance.outbox.message import IMIS
from imis_ai.governance.refusals import WhyNot
from imis_ai.imis.writes import Live
from imis_ai.mirror.queries import merged_into

Look = Callable[[OutboxMessage, datetime], WhyNot | None]
Invariant = Callable[[OutboxMessage, Live], WhyNot | None]


class Then(StrEnum):
    """What an objection does with the message."""

    STOP = "stop"  # it is not sent at all: paid, opted out, control group
    PARK = "park"  # a person looks at it
    WAIT = "wait"  # it stays where it is and is asked again


@dataclass(frozen=True)
class Objection:
    """What stands against sending. `problem` groups it with others of its sort."""

    why: WhyNot
    then: Then
    problem: str


class Stopped(Exception):
    """Raised right before sending; nothing has left."""

    def __init__(self, objection: Objection) -> None:
        super().__init__(str(objection.why))
        self.objection = objection


@dataclass(frozen=True)
class Check:
    """`problem` groups what it stopped."""

    look: Look
    then: Then
    problem: str


CHECKS: dict[str, Check] = {}
INVARIANTS: dict[str, list[Invariant]] = {}
GATES: dict[str, Look] = {}


def register(*, name: str, look: Look, then: Then = Then.STOP, problem: str = "stopped") -> None:
    """`look(message, now)` answers why a message may not leave now, or None."""
    CHECKS[name] = Check(look, then, problem)


def gate(*, name: str, look: Look) -> None:
    """The rollout phase and the pause. Without a gate nothing leaves."""
    GATES[name] = look


def invariant(*, kind: str, look: Invariant) -> None:
    """`look(message, live)` compares what was approved with the member as iMIS has it at this moment."""
    INVARIANTS.setdefault(kind, []).append(look)


def objection(message: OutboxMessage, now: datetime) -> Objection | None:
    """The first thing that stands against sending, read fresh from the database."""
    for check in (Check(_is_approved, Then.STOP, "undone"), Check(_is_not_merged, Then.PARK, "merged")):
        if why := check.look(message, now):
            return Objection(why, check.then, check.problem)
    if not GATES:
        return Objection(SHUT, Then.WAIT, "rollout")
    for look in GATES.values():
        if why := look(message, now):
            return Objection(why, Then.WAIT, "rollout")
    for check in CHECKS.values():
        if why := check.look(message, now):
            return Objection(why, check.then, check.problem)
    return None


def changed(message: OutboxMessage, live: Live) -> Objection | None:
    """Whether the member is still as it was when a person approved."""
    for look in INVARIANTS.get(message.proposal.kind, ()):
        if why := look(message, live):
            return Objection(why, Then.PARK, "stale")
    return None


SHUT = WhyNot("Nothing may leave: no rollout phase is set.", rule="rollout phase")


def _is_approved(message: OutboxMessage, _now: datetime) -> WhyNot | None:
    held = Proposal.objects.filter(pk=message.proposal_id).values_list("state", "digest").get()
    if held == (Proposal.State.APPROVED, message.digest):
        return None
    return WhyNot(
        "Not sent: the approval was withdrawn or is for another version.", rule="approved as it was seen"
    )


def _is_not_merged(message: OutboxMessage, _now: datetime) -> WhyNot | None:
    retained = merged_into(message.imis_id) if message.imis_id and message.way in IMIS else ""
    if not retained:
        return None
    return WhyNot(
        f"Not sent: member {message.imis_id} was merged into {retained}.",
        rule="merged members",
        next_step=f"Send it to {retained} instead, or drop it.",
    )


def clear() -> dict[str, Any]:
    """For tests: forget everything that was registered; gives what was there."""
    before = {"checks": dict(CHECKS), "gates": dict(GATES), "invariants": dict(INVARIANTS)}
    CHECKS.clear()
    GATES.clear()
    INVARIANTS.clear()
    return before
