"""What would keep a member: moves that staff can make, priced, with how much is known of each. Pure.

What nobody can change (age, place, tenure, employer) answers to no move, so it is never suggested.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

TESTED, ELSEWHERE, ASSOCIATION = "tested here", "seen elsewhere", "association only"
ABOUT = {
    TESTED: "Members drawn by lot renewed more with it, in this association.",
    ELSEWHERE: "Compared by lot in other associations, not yet here.",
    ASSOCIATION: "Members who do this renew more often; that it is the cause is not shown.",
}
HOUR = 45.0  # of staff time, in the association's currency
MOST = 3


@dataclass(frozen=True)
class Move:
    """`themes`: what a reason speaks of (the part before the dot of its feature) that this answers."""

    key: str
    label: str
    themes: frozenset[str]
    minutes: int
    cost: float = 0.0

    @property
    def price(self) -> float:
        return self.cost + self.minutes / 60 * HOUR


@dataclass(frozen=True)
class Suggested:
    """A move for one member, because of one of the reasons."""

    move: Move
    because: str
    known: str

    @property
    def about(self) -> str:
        return ABOUT[self.known]


def _move(key: str, label: str, themes: str, minutes: int, cost: float = 0.0) -> Move:
    return Move(key, label, frozenset(themes.split()), minutes, cost)


MOVES = (
    _move("plan", "Offer a payment plan or a new card link", "payments", 10),
    _move("event", "Invite to the next event of the chapter, seat free", "events", 10, 60.0),
    _move("portal", "Show the benefits in the portal, on the phone", "portal content", 20),
    _move("peer", "Introduce to a peer of the same chapter", "community engagement", 15),
    _move("committee", "Ask back to a committee, in a smaller role", "committee", 20),
    _move("mail", "Ask by phone what to write about, and how often", "mail", 10),
    _move("tier", "Go through the tiers together: a smaller one may fit", "tier", 20),
    _move("call", "A personal call before the term ends", "membership giving own", 15),
)
BY_KEY = {move.key: move for move in MOVES}
FIXED = {  # true of the member, and nobody's to change
    "place", "profile", "value",
}  # fmt: skip


def suggested(factors: Sequence[Mapping[str, Any]], *, tested: Collection[str] = ()) -> list[Suggested]:
    """For the reasons that raise the risk, strongest first; each move once. `tested`: keys of moves."""
    found: list[Suggested] = []
    for factor in factors:
        theme = str(factor["feature"]).split(".")[0]
        if factor.get("direction") == "lowers" or theme in FIXED:
            continue
        move = next((each for each in MOVES if theme in each.themes), None)
        if move and move.key not in {each.move.key for each in found}:
            known = TESTED if move.key in tested else ASSOCIATION
            found.append(Suggested(move, str(factor["sentence"]), known))
    return found[:MOST]
