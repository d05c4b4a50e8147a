"""How much more renewed than would have anyway: a difference with its range. Pure; on many tables at once.

`final` is for one look that was fixed before the start: the stratified Newcombe interval, a hybrid of Wilson
limits with Cochran-Mantel-Haenszel weights (Yan and Su, "Stratified Wilson and Newcombe confidence intervals
for multiple binomial proportions", Statistics in Biopharmaceutical Research 2 (2010) 329-335; for one stratum
Newcombe, Statistics in Medicine 17 (1998) 873-890). It keeps its level in small cells and near 0 and 100 %.

`anytime` holds at every look together: the asymptotic confidence sequence of Waudby-Smith, Arbour, Sinha,
Kennedy and Ramdas ("Time-uniform central limit theory and asymptotic confidence sequences", Annals of
Statistics 52 (2024) 2613-2640, theorem 2.2), its free parameter tuned to the number of members planned.

Arrays end with an axis over strata; whatever stands before it is kept.
"""

from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Difference:
    """Shares, the arm minus the base. Not a number where no stratum holds members of both."""

    value: Floats
    low: Floats
    high: Floats


@dataclass(frozen=True)
class Counts:
    """Renewed `x` of `n` in the arm and in the base, by stratum."""

    x1: ArrayLike
    n1: ArrayLike
    x0: ArrayLike
    n0: ArrayLike

    def arrays(self) -> tuple[Floats, Floats, Floats, Floats]:
        return tuple(np.asarray(each, dtype=float) for each in (self.x1, self.n1, self.x0, self.n0))


def final(counts: Counts, *, level: float = 0.95) -> Difference:
    """The difference after the last outcome, with its range."""
    x1, n1, x0, n0 = counts.arrays()
    weights, p1, p0 = _parts(x1, n1, x0, n0)
    value = _sum(weights * (p1 - p0))
    z = NormalDist().inv_cdf((1 + level) / 2)
    (low1, high1), (low0, high0) = (_wilson(p, n, weights, z) for p, n in ((p1, n1), (p0, n0)))
    spread1, spread0 = (_sum(weights**2 / np.where(n > 0, n, 1)) for n in (n1, n0))
    below = z * np.sqrt(spread1 * low1 * (1 - low1) + spread0 * high0 * (1 - high0))
    above = z * np.sqrt(spread0 * low0 * (1 - low0) + spread1 * high1 * (1 - high1))
    return _bounded(value, below, above, weights)


def anytime(counts: Counts, *, planned: int, level: float = 0.95) -> Difference:
    """The difference so far; its range holds for all looks together, however often somebody looks."""
    x1, n1, x0, n0 = counts.arrays()
    weights, p1, p0 = _parts(x1, n1, x0, n0)
    value = _sum(weights * (p1 - p0))
    total = np.maximum((n1 + n0).sum(axis=-1), 1)
    variance = _sum(weights**2 * (_variance(x1, n1) + _variance(x0, n0))) * total
    alpha = 1 - level
    rho2 = (-2 * np.log(alpha) + np.log(-2 * np.log(alpha)) + 1) / max(planned, 1)
    inside = total * rho2 + 1
    half = np.sqrt(variance * 2 * inside / (total**2 * rho2) * np.log(np.sqrt(inside) / alpha))
    return _bounded(value, half, half, weights)


def _parts(x1: Floats, n1: Floats, x0: Floats, n0: Floats) -> tuple[Floats, Floats, Floats]:
    both = n1 + n0
    raw = np.where(both > 0, n1 * n0 / np.where(both > 0, both, 1), 0)
    total = raw.sum(axis=-1, keepdims=True)
    weights = raw / np.where(total > 0, total, 1)
    return weights, x1 / np.where(n1 > 0, n1, 1), x0 / np.where(n0 > 0, n0, 1)


def _wilson(p: Floats, n: Floats, weights: Floats, z: float) -> tuple[Floats, Floats]:
    """Stratified Wilson limits: each stratum at the quantile that gives the weighted sum its level."""
    safe = np.where(n > 0, n, 1)
    sigma = np.sqrt(p * (1 - p) / safe + z**2 / (4 * safe**2)) / (1 + z**2 / safe)
    together = _sum(weights * sigma)
    share = z * np.sqrt(_sum(weights**2 * sigma**2)) / np.where(together > 0, together, 1)
    q = share[..., None]
    middle = (p + q**2 / (2 * safe)) / (1 + q**2 / safe)
    half = q * np.sqrt(p * (1 - p) / safe + q**2 / (4 * safe**2)) / (1 + q**2 / safe)
    return _sum(weights * np.clip(middle - half, 0, 1)), _sum(weights * np.clip(middle + half, 0, 1))


def _variance(x: Floats, n: Floats) -> Floats:
    """Of a share, never zero: an arm in which everybody renewed is not known without doubt."""
    p = (x + 0.5) / (n + 1)
    return p * (1 - p) / np.where(n > 0, n, 1)


def _bounded(value: Floats, below: Floats, above: Floats, weights: Floats) -> Difference:
    known = weights.sum(axis=-1) > 0
    low, high = np.maximum(value - below, -1), np.minimum(value + above, 1)
    return Difference(*(np.where(known, each, np.nan) for each in (value, low, high)))


def _sum(values: Floats) -> Floats:
    return values.sum(axis=-1)
