"""The states of a proposal: one table, one way to move."""

from typing import Any

from imis_ai.governance.models import Proposal
from imis_ai.governance.refusals import Changed, WhyNot

State = Proposal.State

TRANSITIONS: dict[str, frozenset[str]] = {
    State.SUGGESTED: frozenset({State.LATER, State.HALF, State.APPROVED, State.REJECTED, State.EXPIRED}),
    State.LATER: frozenset({State.SUGGESTED, State.HALF, State.APPROVED, State.REJECTED, State.EXPIRED}),
    State.HALF: frozenset({State.SUGGESTED, State.APPROVED, State.REJECTED, State.EXPIRED}),
    State.REJECTED: frozenset({State.SUGGESTED}),
    State.APPROVED: frozenset({State.UNDONE}),
    State.UNDONE: frozenset(),
    State.EXPIRED: frozenset(),
}
OPEN = (State.SUGGESTED, State.LATER, State.HALF)
WORDS = {
    State.SUGGESTED: "suggested",
    State.LATER: "set aside",
    State.HALF: "approved by one of two",
    State.APPROVED: "approved",
    State.REJECTED: "rejected",
    State.UNDONE: "undone",
    State.EXPIRED: "expired",
}


def move(*, proposal: Proposal, new: str, **fields: Any) -> None:
    """The only way a proposal changes its state: an UPDATE that asks for the state and version read before.

    Raises Changed when somebody was faster or the step is not in the table; nothing is written then.
    """
    old = proposal.state
    if new not in TRANSITIONS[old]:
        raise Changed(
            WhyNot(
                f"This is {WORDS[State(old)]} already, so it cannot become {WORDS[State(new)]}.",
                rule="states of a decision",
                next_step="Open it again to see who decided.",
            )
        )
    _update(proposal, new, fields)
    for name, value in {"state": new, **fields}.items():
        setattr(proposal, name, value)


def state_of(pk: int) -> str:
    """How far a suggestion has come, by its number."""
    return Proposal.objects.values_list("state", flat=True).get(pk=pk)


def rewrite(*, proposal: Proposal, **fields: Any) -> None:
    """Change fields within the open states, by the same conditional UPDATE."""
    new = State.SUGGESTED if proposal.state == State.HALF else proposal.state
    _update(proposal, new, fields)
    proposal.refresh_from_db()  # as JSON keeps it


def _update(proposal: Proposal, new: str, fields: dict[str, Any]) -> None:
    rows = Proposal.objects.filter(pk=proposal.pk, state=proposal.state, version=proposal.version)
    if not rows.update(state=new, **fields):
        raise Changed(
            WhyNot(
                "A colleague was faster: this was decided or changed a moment ago.",
                rule="states of a decision",
                next_step="Open it again to see what happened.",
            )
        )
