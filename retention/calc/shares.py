"""Shares of a few with their ranges, and whether two of them differ. Pure."""

import math
from typing import NamedTuple

NORMAL_80 = 1.2816


class Share(NamedTuple):
    """`hits` of `n` with the 80 % range (Wilson), all as shares."""

    hits: int
    n: int
    value: float
    low: float
    high: float


def share(hits: int, n: int, z: float = NORMAL_80) -> Share:
    """The range is wide for few and never leaves 0 to 1."""
    if not n:
        return Share(hits, n, 0.0, 0.0, 1.0)
    p = hits / n
    middle = (p + z * z / (2 * n)) / (1 + z * z / n)
    half = z * math.sqrt(p * (1 - p) / n + z * z / (4 * n * n)) / (1 + z * z / n)
    return Share(hits, n, p, max(0.0, middle - half), min(1.0, middle + half))


def difference(now: Share, before: Share) -> tuple[float, float, float]:
    """(difference, low, high) by Newcombe's rule, from the two ranges."""
    gap = now.value - before.value
    low = gap - math.hypot(now.value - now.low, before.high - before.value)
    high = gap + math.hypot(now.high - now.value, before.value - before.low)
    return gap, low, high
