"""Whether ranges hold what happened: among neighbours by what was said, since one member is no rate. Pure."""

from typing import Any

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
GROUP = 50  # neighbours by score whose observed rate a range must hold
Z80 = 1.2816


def neighbours(p: Floats, block: npt.NDArray[Any]) -> list[npt.NDArray[np.int64]]:
    """Groups of about 50 rows of near chances, each within one block."""
    groups = []
    for value in np.unique(block):
        rows = np.flatnonzero(block == value)
        order = rows[np.argsort(p[rows], kind="stable")]
        groups += [g for g in np.array_split(order, max(len(order) // GROUP, 1)) if len(g)]
    return groups


def holds(p: Floats, y: Floats, low: Floats, high: Floats) -> bool:
    """Does the group's range hold its rate: its mean chance, give or take what its members' ranges share and
    what luck does to so few.
    """
    luck = Z80 * np.sqrt((p * (1 - p)).sum()) / len(p)
    down = np.hypot(luck, (p - low).mean()) + 0.5 / len(p)
    up = np.hypot(luck, (high - p).mean()) + 0.5 / len(p)
    return bool(p.mean() - down <= y.mean() <= p.mean() + up)


def share_range(hits: float, n: float) -> tuple[float, float]:
    """The 80 % range of a share seen on `n` (Wilson)."""
    if not n:
        return 0.0, 1.0
    share, z2 = hits / n, Z80**2
    middle = (share + z2 / (2 * n)) / (1 + z2 / n)
    half = Z80 / (1 + z2 / n) * float(np.sqrt(share * (1 - share) / n + z2 / (4 * n * n)))
    return max(0.0, middle - half), min(1.0, middle + half)
