"""What a campaign did, added up from single messages; and how well what was said of members held. Pure."""

import itertools
from collections.abc import Iterable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class One:
    """One draft: to which campaign it belongs, from which text, for what; what was done and what followed.

    `experiment` 0: outside of every comparison. `known`: the time in which an answer counts is over.
    """

    experiment: int
    purpose: str
    text: int
    is_approved: bool = False
    is_rejected: bool = False
    is_edited: bool = False
    is_sent: bool = False
    opened: bool = False
    replied: bool = False
    stopped: bool = False
    renewed: bool = False
    known: bool = False
    seconds: float = 0.0


@dataclass(frozen=True)
class Sum:
    """Counts of messages; `renewed` after a message is no more than influenced."""

    drafted: int = 0
    approved: int = 0
    rejected: int = 0
    edited: int = 0
    sent: int = 0
    opened: int = 0
    replied: int = 0
    stopped: int = 0
    renewed: int = 0
    known: int = 0
    seconds: float = 0.0

    @property
    def minutes(self) -> int:
        return round(self.seconds / 60)

    @property
    def approved_of_100(self) -> int | None:
        decided = self.approved + self.rejected
        return round(100 * self.approved / decided) if decided else None


def add_up(ones: Iterable[One]) -> Sum:
    found = list(ones)
    flags = ("approved", "rejected", "edited", "sent")
    after = ("opened", "replied", "stopped", "renewed", "known")
    counts = {name: sum(getattr(one, f"is_{name}") for one in found) for name in flags}
    counts |= {name: sum(getattr(one, name) for one in found) for name in after}
    return Sum(drafted=len(found), seconds=sum(one.seconds for one in found), **counts)


def by(ones: Iterable[One], part: str) -> dict[int | str, Sum]:
    """The same for each campaign, purpose or text, in the order of their first draft."""
    groups: dict[int | str, list[One]] = {}
    for one in ones:
        groups.setdefault(getattr(one, part), []).append(one)
    return {key: add_up(mine) for key, mine in groups.items()}


@dataclass(frozen=True)
class Band:
    """Members of whom the same was said: how many, what was said on average, how many of 100 lapsed."""

    low: int
    high: int
    members: int
    said: float
    lapsed: int

    @property
    def lapsed_of_100(self) -> float:
        return 100 * self.lapsed / self.members


def held(said: Sequence[tuple[int, bool]], *, edges: Sequence[int] = (0, 30, 60, 101)) -> list[Band]:
    """What was said of members, of 100, against what happened, in bands; empty ones are left out."""
    found = []
    for low, high in itertools.pairwise(edges):
        mine = [(risk, lapsed) for risk, lapsed in said if low <= risk < high]
        if mine:
            mean = sum(risk for risk, _ in mine) / len(mine)
            found.append(Band(low, high - 1, len(mine), mean, sum(lapsed for _, lapsed in mine)))
    return found
