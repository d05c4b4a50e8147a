"""Breaks in monthly series: at the day of a known change, or found by looking at every month. Pure.

A break is a step in the level that neither a steady trend, nor the month of the year, nor luck explains. How
large a step luck alone would find is seen by shuffling the months, so that looking everywhere is paid for.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

EDGE = 4  # months that must lie on either side
SHORTEST = 14
SHUFFLES = 400
ALARM = 0.05  # of series without any break, how many may show one, over all series together
AROUND = 6  # months on either side by which a dated change is measured
Z = 1.2816
SEASONS = 24  # months from which the month of the year is taken out


class Step(NamedTuple):
    """A change of level: place of its first month, size with its 80 % range, chance that luck made it."""

    place: int
    size: float
    low: float
    high: float
    luck: float
    before: float


@dataclass(frozen=True)
class Series:
    """One value a month, oldest first; `month` is the month of the year of the first, from 0."""

    values: Floats
    month: int = 0

    def __len__(self) -> int:
        return len(self.values)


def search(series: Series, *, seed: int, alarm: float = ALARM) -> list[Step]:
    """Every break that is there, oldest first: the strongest, then those on either side of it."""
    level = _without_season(series)
    found: list[Step] = []
    _look(level, 0, np.random.default_rng(seed), alarm, found)
    return sorted(found, key=lambda step: step.place)


def _look(values: Floats, offset: int, rng: np.random.Generator, alarm: float, found: list[Step]) -> None:
    if len(values) < SHORTEST:
        return
    rest = values - _trend(values)
    places, strengths = _strengths(np.column_stack([rest, *(rng.permutation(rest) for _ in range(SHUFFLES))]))
    by_luck = strengths[:, 1:].max(axis=0)
    best = int(strengths[:, 0].argmax())
    strength, place = float(strengths[best, 0]), int(places[best])
    luck = float(1 + (by_luck >= strength).sum()) / (SHUFFLES + 1)
    if luck > alarm:
        return
    size, error = _step(values, place)
    found.append(
        Step(offset + place, size, size - Z * error, size + Z * error, luck, float(values[:place].mean()))
    )
    _look(values[:place], offset, rng, alarm, found)
    _look(values[place:], offset + place, rng, alarm, found)


def at(series: Series, place: int) -> Step | None:
    """The step at a known month, from the months around it; None with too few on one side."""
    level = _without_season(series)
    before, after = level[max(0, place - AROUND) : place], level[place : place + AROUND]
    if min(len(before), len(after)) < EDGE - 1:
        return None
    size = float(after.mean() - before.mean())
    spread = (before.var(ddof=1) / len(before) + after.var(ddof=1) / len(after)) ** 0.5
    error = float(spread) * (1 + 1 / (len(before) + len(after) - 2))
    return Step(place, size, size - Z * error, size + Z * error, float("nan"), float(before.mean()))


def holm(luck: Sequence[float], alarm: float = ALARM) -> list[bool]:
    """Which of several findings stand when it is considered that all were looked for."""
    order = np.argsort(luck)
    kept, standing = [False] * len(luck), True
    for rank, place in enumerate(order.tolist()):
        standing = standing and luck[place] <= alarm / (len(luck) - rank)
        kept[place] = standing
    return kept


def _strengths(columns: Floats) -> tuple[Ints, Floats]:
    """(places, how many standard errors a step at each place is in each column), beside a steady trend."""
    n = len(columns)
    t = np.arange(n, dtype=np.float64)
    basis, _ = np.linalg.qr(np.column_stack([np.ones(n), t]))
    places = np.arange(EDGE, n - EDGE + 1)
    steps = (t[None, :] >= places[:, None]).astype(np.float64)
    steps -= steps @ basis @ basis.T
    steps /= np.linalg.norm(steps, axis=1, keepdims=True)
    rest = columns - basis @ (basis.T @ columns)
    told = steps @ rest
    noise = np.maximum((rest**2).sum(axis=0) - told**2, 1e-12) / (n - 3)
    return places, np.abs(told) / np.sqrt(noise)


def _step(values: Floats, place: int) -> tuple[float, float]:
    """(size, standard error) of a step at `place`, beside a steady trend that both sides share."""
    t = np.arange(len(values), dtype=np.float64)
    design = np.column_stack([np.ones(len(t)), (t - t.mean()) / len(t), t >= place])
    inverse = np.linalg.inv(design.T @ design + np.diag([0.0, 1e-6, 0.0]))
    beta = inverse @ design.T @ values
    rest = values - design @ beta
    noise = float(rest @ rest) / (len(t) - 3)
    return float(beta[2]), float(np.sqrt(noise * inverse[2, 2]))


def _trend(values: Floats) -> Floats:
    t = np.arange(len(values), dtype=np.float64)
    return np.asarray(np.polyval(np.polyfit(t, values, 1), t))


def _without_season(series: Series) -> Floats:
    """The values less what is usual for the month of the year, as far as two years or more tell it."""
    values = np.asarray(series.values, np.float64)
    if len(values) < SEASONS:
        return values
    rest, out = values - _running(values), values.copy()
    month = (series.month + np.arange(len(values))) % 12
    for each in range(12):
        own = month == each
        if own.sum() >= 2:
            out[own] -= np.median(rest[own]) * own.sum() / (own.sum() + 1)
    return out


def _running(values: Floats) -> Floats:
    """The median of the year around each month, which a step moves and a season does not."""
    return np.array([np.median(values[max(0, k - 6) : k + 7]) for k in range(len(values))])
