"""Correcting log-odds so that what is said to happen 3 times in 10 does. Pure."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
LEVEL_SD, SLOPE_SD = 1.0, 0.1  # how far level and slope are believed to be off before looking


def chance(logit: Any) -> Floats:
    return np.asarray(1 / (1 + np.exp(-np.clip(logit, -30, 30))))


def logit(share: Any) -> Floats:
    clipped = np.clip(share, 1e-6, 1 - 1e-6)
    return np.asarray(np.log(clipped / (1 - clipped)))


def slope(scores: Sequence[Floats], outcomes: Sequence[Floats]) -> float:
    """How much log-odds should be stretched, each group with its own level; near 1 when there is little."""
    if not scores:
        return 1.0
    score, y = np.concatenate(list(scores)), np.concatenate(list(outcomes))
    group = np.repeat(np.arange(len(scores)), [len(s) for s in scores])
    design = np.column_stack([group == g for g in range(len(scores))] + [score]).astype(np.float64)
    prior = np.full(design.shape[1], LEVEL_SD**-2)
    prior[-1] = SLOPE_SD**-2
    return float(np.clip(_fit(design, y, np.ones(len(y)), prior)[-1], 0.2, 2.0))


def line(score: Floats, y: Floats, weight: Floats, *, slope_sd: float = SLOPE_SD) -> tuple[float, float]:
    """(level, slope) of a logistic line through log-odds `score`, near (0, 1) when there is little."""
    if not len(score):
        return 0.0, 1.0
    prior = np.array([LEVEL_SD**-2, slope_sd**-2])
    level, stretch = _fit(np.column_stack([np.ones(len(score)), score]), y, weight, prior)
    return float(level), float(np.clip(stretch, 0.0, 2.0))


def _fit(design: Floats, y: Floats, weight: Floats, prior: Floats) -> Floats:
    """Logistic coefficients; the last is believed to be 1, the others 0, with precision `prior`."""
    start = np.zeros(design.shape[1])
    start[-1] = 1.0
    theta = start.copy()
    for _ in range(30):
        p = chance(design @ theta)
        uphill = design.T @ (weight * (y - p)) - prior * (theta - start)
        bend = (design * (weight * p * (1 - p))[:, None]).T @ design + np.diag(prior)
        step = np.linalg.solve(bend, uphill)
        theta = theta + np.clip(step, -1, 1)
        if np.abs(step).max() < 1e-6:
            break
    return np.asarray(theta)


def bounds(score: Floats, variance: Floats, *, z: float) -> tuple[Floats, Floats]:
    """Low and high chance around calibrated log-odds whose true value spreads with `variance`."""
    half = z * np.sqrt(variance)
    return chance(score - half), chance(score + half)


def bins(p: Floats, y: Floats, *, count: int = 10) -> list[dict[str, float]]:
    """Groups of equal size by chance: what was said, what happened, how many."""
    order = np.argsort(p, kind="stable")
    return [
        {"said": float(p[part].mean()), "happened": float(y[part].mean()), "members": len(part)}
        for part in np.array_split(order, min(count, max(len(p), 1)))
        if len(part)
    ]
