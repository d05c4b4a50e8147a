"""Drawing lots: the same seed gives the same arms, in whatever order members come. Pure.

Within each group members are put in an order that only the seed knows, and the arms are laid over it from
a random place: every member has exactly the arm's share as chance, and each group is divided evenly.
"""

import hashlib
from bisect import bisect_right
from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import accumulate, groupby

SMALLEST = 20  # members; smaller groups are drawn together
REST = "smaller groups"


def joined(strata: Mapping[str, str], smallest: int = SMALLEST) -> dict[str, str]:
    """Member -> group, small groups put together, since a group without both arms compares nothing."""
    sizes = Counter(strata.values())
    return {member: group if sizes[group] >= smallest else REST for member, group in strata.items()}


def draw(*, seed: str, strata: Mapping[str, str], shares: Sequence[float]) -> dict[str, int]:
    """Member -> place of the arm, for everybody who is there at the start."""
    found = {}
    ordered = sorted(strata, key=lambda member: (strata[member], _chance(seed, member)))
    for group, members in groupby(ordered, key=strata.__getitem__):
        inside, start = list(members), _chance(seed, f"group {group}")
        for place, member in enumerate(inside):
            found[member] = _arm((place + start) / len(inside), shares)
    return found


def late(*, seed: str, member: str, shares: Sequence[float]) -> int:
    """The arm of somebody who comes after the start."""
    return _arm(_chance(seed, member), shares)


def _arm(position: float, shares: Sequence[float]) -> int:
    return min(bisect_right(list(accumulate(shares)), position), len(shares) - 1)


def _chance(seed: str, word: str) -> float:
    """A number from 0 to 1 that only the seed decides."""
    digest = hashlib.sha256(f"{seed} {word}".encode()).digest()
    return int.from_bytes(digest[:7], "big") / 2**56
