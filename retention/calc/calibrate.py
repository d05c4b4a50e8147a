"""Correcting log-odds so that what is said to happen 3 times in 10 does. Pure."""

from typing import Any

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
LEVEL_SD, SLOPE_SD = 0.25, 0.15  # how far level and slope are believed to be off before looking
YEAR_SD = 0.3  # log-odds by which whole years differ: many members of one year say little about the next
LOGIT_NORMAL = 0.393  # pi / 8: how far a normal spread of log-odds pulls the mean chance towards one half


def chance(logit: Any) -> Floats:
    return np.asarray(1 / (1 + np.exp(-np.clip(logit, -30, 30))))


def logit(share: Any) -> Floats:
    clipped = np.clip(share, 1e-6, 1 - 1e-6)
    return np.asarray(np.log(clipped / (1 - clipped)))


def line(score: Floats, y: Floats, weight: Floats, *, years: int) -> tuple[float, float]:
    """(level, slope) of a logistic line through log-odds `score`, near (0, 1) when there is little.

    `years` counts the calendar years the rows come from: no more certainty about the level than they give.
    """
    theta = np.array([0.0, 1.0])
    if not len(score):
        return 0.0, 1.0
    known = float((weight * y.mean() * (1 - y.mean())).sum())
    weight = weight * min(1.0, years / YEAR_SD**2 / max(known, 1e-9))
    prior = np.diag([LEVEL_SD**-2, SLOPE_SD**-2])
    design = np.column_stack([np.ones(len(score)), score])
    for _ in range(30):
        p = chance(design @ theta)
        slope = design.T @ (weight * (y - p)) - prior @ (theta - np.array([0.0, 1.0]))
        bend = (design * (weight * p * (1 - p))[:, None]).T @ design + prior
        step = np.linalg.solve(bend, slope)
        theta = theta + np.clip(step, -1, 1)
        if np.abs(step).max() < 1e-6:
            break
    return float(theta[0]), float(np.clip(theta[1], 0.2, 2.0))


def bounds(score: Floats, variance: Floats, *, z: float) -> tuple[Floats, Floats]:
    """Low and high chance around calibrated log-odds whose true value spreads with `variance`.

    The score is the log-odds of the *mean* chance; the middle of the spread lies further out.
    """
    middle = score * np.sqrt(1 + LOGIT_NORMAL * variance)
    half = z * np.sqrt(variance)
    return chance(middle - half), chance(middle + half)


def bins(p: Floats, y: Floats, *, count: int = 10) -> list[dict[str, float]]:
    """Groups of equal size by chance: what was said, what happened, how many."""
    order = np.argsort(p, kind="stable")
    return [
        {"said": float(p[part].mean()), "happened": float(y[part].mean()), "members": len(part)}
        for part in np.array_split(order, min(count, max(len(p), 1)))
        if len(part)
    ]
