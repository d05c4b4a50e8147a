"""Additive logistic regression whose smoothness is learned from the data, with its posterior spread.

Each feature is a step function with two penalties (jumps between neighbouring steps, size), whose strengths
follow Fellner and Schall's update until they settle. The posterior at the end gives the draws for ranges.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from retention.calc.additive import Additive, Codes, Floats, Grid, usual

ROUNDS = 14
SETTLED = 0.02  # log-odds
DRAWS = 32
CHUNK = 16_384
WEAKEST, STRONGEST = 1e-2, 1e5


@dataclass
class _Penalties:
    """Strengths per feature: of the jumps and of the size."""

    starts: npt.NDArray[np.int64]
    jumps: list[Floats]
    jump: Floats
    size: Floats

    def matrix(self, width: int) -> Floats:
        out = np.zeros((width, width))
        for j, a in enumerate(self.starts):
            b = a + len(self.jumps[j])
            out[a:b, a:b] = self.jump[j] * self.jumps[j] + self.size[j] * np.eye(b - a)
        return out

    def update(self, beta: Floats, cov: Floats) -> None:
        for j, a in enumerate(self.starts):
            d = self.jumps[j]
            b = a + len(d)
            own, part = beta[a:b], cov[a:b, a:b]
            inverse = np.linalg.inv(self.jump[j] * d + self.size[j] * np.eye(b - a))
            rough = _ratio(float((inverse * d).sum() - (part * d).sum()), float(own @ d @ own))
            large = _ratio(float(np.trace(inverse) - np.trace(part)), float(own @ own))
            self.jump[j] = np.clip(self.jump[j] * rough, WEAKEST, STRONGEST)
            self.size[j] = np.clip(self.size[j] * large, WEAKEST, STRONGEST)


def fit(grid: Grid, codes: Codes, y: Floats, weight: Floats, *, seed: int) -> Additive:
    """Posterior mean and draws. `weight` counts independent decisions, or the spread comes out too small."""
    starts = 1 + np.concatenate([[0], np.cumsum(grid.sizes)[:-1]]).astype(np.int64)
    width = 1 + int(grid.sizes.sum())
    penalties = _Penalties(
        starts, [_jumps(int(s)) for s in grid.sizes], np.full(len(starts), 3.0), np.full(len(starts), 3.0)
    )
    beta, cov = np.zeros(width), np.eye(width)
    rate = np.average(y, weights=weight)
    beta[0] = np.log(rate / (1 - rate))
    for _ in range(ROUNDS):
        gram, right = _normal_equations(codes, starts, beta, y, weight)
        cov = np.asarray(np.linalg.inv(gram + penalties.matrix(width) + 1e-8 * np.eye(width)))
        new = cov @ right
        moved = np.abs(new - beta).max()
        beta = new
        if moved < SETTLED:
            break
        penalties.update(beta, cov)
    return _as_additive(grid, codes, weight, starts, beta, cov, seed)


def _normal_equations(
    codes: Codes, starts: npt.NDArray[np.int64], beta: Floats, y: Floats, weight: Floats
) -> tuple[Floats, Floats]:
    width = len(beta)
    gram, right = np.zeros((width, width)), np.zeros(width)
    for a in range(0, len(codes), CHUNK):
        at = codes[a : a + CHUNK] + starts
        eta = beta[0] + beta[at].sum(axis=1)
        chance = 1 / (1 + np.exp(-np.clip(eta, -30, 30)))
        bend = np.maximum(chance * (1 - chance), 1e-6)
        w = weight[a : a + CHUNK] * bend
        design = np.zeros((len(at), width), np.float32)
        design[:, 0] = 1
        np.put_along_axis(design, at.astype(np.intp), 1, axis=1)
        scaled = design * np.sqrt(w)[:, None].astype(np.float32)
        gram += scaled.T @ scaled
        right += design.T @ (w * (eta + (y[a : a + CHUNK] - chance) / bend)).astype(np.float32)
    return gram, right


def _as_additive(
    grid: Grid, codes: Codes, weight: Floats, starts: Any, beta: Floats, cov: Floats, seed: int
) -> Additive:
    root = np.linalg.cholesky(cov + 1e-10 * np.eye(len(cov)))
    drawn = root @ np.random.default_rng(seed).standard_normal((len(cov), DRAWS))
    shape = (len(starts), int(grid.sizes.max(initial=1)))
    table, draws = np.zeros(shape), np.zeros((*shape, DRAWS), np.float32)
    for j, (a, size) in enumerate(zip(starts, grid.sizes, strict=True)):
        table[j, :size], draws[j, :size] = beta[a : a + size], drawn[a : a + size]
    return Additive(
        grid, float(beta[0]), table, usual(table, codes, weight), draws, drawn[0].astype(np.float32)
    )


def _jumps(size: int) -> Floats:
    """Squared differences of neighbouring codes; code 0 (not known) has no neighbour."""
    step = np.diff(np.eye(size)[1:], axis=0)
    return np.asarray(step.T @ step)


def _ratio(expected: float, found: float) -> float:
    return float(np.clip(max(expected, 1e-9) / max(found, 1e-9), 0.2, 5.0))
