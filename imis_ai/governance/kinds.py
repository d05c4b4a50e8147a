"""What can be proposed. Each domain registers its kinds from its wiring; everything else is common to all."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from imis_ai.governance.models import Proposal
    from imis_ai.governance.outbox import Message

LARGE_GROUP = 2000  # members; from here a proposal counts as bulk
MANY_ITEMS = 50  # decided at once; above, with totals first


class Friction(StrEnum):
    """How much stands between a click and its effect."""

    LABEL = "L"  # acts at once, undone in 30 minutes
    SINGLE = "S"  # one click that names the effect
    BULK = "B"  # money or many members: a dialog with totals first
    SECOND = "T"  # a second person
    ERASE = "X"  # a second person and the member's number


HOLD = {
    Friction.LABEL: timedelta(0),
    Friction.SINGLE: timedelta(minutes=10),
    Friction.BULK: timedelta(minutes=60),
    Friction.SECOND: timedelta(minutes=60),
    Friction.ERASE: timedelta(hours=24),
}

REASONS = (
    ("wrong", "The facts are wrong"),
    ("known", "Known and taken care of"),
    ("timing", "Not now"),
    ("wording", "Not how we would say it"),
    ("other", "Another reason"),
)


def _nothing(proposal: "Proposal", now: datetime) -> list[str]:
    return []


def _no_facts(proposal: "Proposal") -> dict[str, Any]:
    return {}


def _no_context(proposal: "Proposal", viewer: Any) -> dict[str, Any]:
    return {}


def _nothing_against(proposal: "Proposal", now: datetime) -> str:
    return ""


@dataclass(frozen=True)
class Automatic:
    """That the policy of an area may approve this kind in its third phase.

    `most_per_day` caps whatever people allow; `why_not(proposal, now)` is the kind's own condition, such as a
    low risk: a sentence, or empty when it holds.
    """

    most_per_day: int
    why_not: Callable[["Proposal", datetime], str] = _nothing_against


@dataclass(frozen=True)
class Kind:
    """One sort of proposal.

    `messages(payload)` is what leaves after approval, `effect(proposal)` says it in a few words
    ("14 messages"), `consequence(proposal)` in a sentence beside the button. `still_true(proposal, now)`
    lists what changed since it was made, `facts(proposal)` is what guardrails look at. `template` shows
    the payload, with `context`. `is_outreach`: it contacts a member; `is_service`: because it is owed
    or was asked for (an invoice, an answer), so a control group gets it too. `sides`: roles of
    which each must stand behind it, with one of its people. `queue`: name of the area's own list for many.
    """

    name: str
    area: str
    label: str
    reads: str
    decides: str
    friction: Friction
    messages: Callable[[dict], "Sequence[Message]"]
    effect: Callable[["Proposal"], str]
    consequence: Callable[["Proposal"], str]
    template: str = "governance/kinds/_plain.html"
    context: Callable[["Proposal", Any], dict[str, Any]] = _no_context
    still_true: Callable[["Proposal", datetime], list[str]] = _nothing
    facts: Callable[["Proposal"], dict[str, Any]] = _no_facts
    clean: Callable[[dict, dict], dict] | None = None
    needs_proof: bool = False
    is_outreach: bool = False
    is_service: bool = False
    may_word_own: bool = False
    automatic: Automatic | None = None
    lives: timedelta = timedelta(days=7)
    sides: tuple[frozenset[str], ...] = ()
    reasons: tuple[tuple[str, str], ...] = field(default=REASONS)
    queue: str = ""

    def __post_init__(self) -> None:
        if self.automatic and self.friction not in (Friction.LABEL, Friction.SINGLE):
            raise ValueError(f"{self.name}: only what one click decides may be automatic.")

    @property
    def can_edit(self) -> bool:
        return self.clean is not None


KINDS: dict[str, Kind] = {}


class UnknownKind(Exception):
    """No kind of that name is registered."""


def register(kind: Kind) -> Kind:
    KINDS[kind.name] = kind
    return kind


def find(name: str) -> Kind:
    """The registered kind. Raises UnknownKind."""
    try:
        return KINDS[name]
    except KeyError:
        known = ", ".join(sorted(KINDS)) or "none"
        raise UnknownKind(f"There is no kind of proposal named {name!r}. Use one of: {known}.") from None


def is_service(name: str) -> bool:
    """Whether what this kind sends is owed to the member. What is not known is not."""
    return name in KINDS and KINDS[name].is_service


def friction(proposal: "Proposal") -> Friction:
    """That of the kind; money and large groups are at least bulk."""
    own = find(proposal.kind).friction
    is_large = proposal.amount is not None or proposal.members > LARGE_GROUP
    return Friction.BULK if is_large and own in (Friction.LABEL, Friction.SINGLE) else own


def hold(proposal: "Proposal") -> timedelta:
    return HOLD[friction(proposal)]
