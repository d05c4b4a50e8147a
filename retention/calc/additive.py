"""A model that is a sum of one step function per feature: exact contributions, stored as plain arrays."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

BINS = 12
SUPPORT = 15.0  # decisions at a code that are worth as much as the belief that it says nothing
STEP_SD = 0.5  # how far the members at a step may be from what their features say
DISTINCT_YEARS = 3  # years that a code should come from to be believed in full
SAMPLE = 50_000  # values looked at to place the steps

Floats = npt.NDArray[np.float64]
Codes = npt.NDArray[np.uint8]


@dataclass(frozen=True)
class Grid:
    """Steps per feature. Code 0: not known; code k: between step k-1 and step k."""

    names: list[str]
    edges: list[Floats]

    @property
    def sizes(self) -> npt.NDArray[np.int64]:
        return np.array([len(e) + 2 for e in self.edges], np.int64)

    def codes(self, x: npt.NDArray[Any], names: Sequence[str]) -> Codes:
        """(n, features) codes of the values `x`, whose columns are called `names`. Raises KeyError."""
        at = {name: i for i, name in enumerate(names)}
        out = np.empty((len(x), len(self.names)), np.uint8)
        for j, (name, edges) in enumerate(zip(self.names, self.edges, strict=True)):
            column = x[:, at[name]]
            found = np.searchsorted(edges, column, side="right") + 1
            out[:, j] = np.where(np.isnan(column), 0, found)
        return out

    def middles(self) -> list[Floats]:
        """A typical value of each code of each feature, NaN for code 0."""
        return [
            np.concatenate([[np.nan], [e[0]] if len(e) else [0.0], (e[1:] + e[:-1]) / 2, e[-1:]])
            for e in self.edges
        ]

    def take(self, columns: Sequence[int]) -> "Grid":
        return Grid([self.names[j] for j in columns], [self.edges[j] for j in columns])


@dataclass(frozen=True)
class Additive:
    """log-odds = base + sum of table[feature, code]; `draws` are deviations that show how sure that is."""

    grid: Grid
    base: float
    table: Floats  # (features, codes)
    usual: Floats  # (features,) what the feature contributes to the average training row
    draws: npt.NDArray[np.float32]  # (features, codes, draws)
    base_draws: npt.NDArray[np.float32]

    def contributions(self, codes: Codes) -> Floats:
        """(n, features) log-odds above or below the average row; their sum is score less `usual_score`."""
        found: Floats = self._look_up(codes) - self.usual
        return found

    def score(self, codes: Codes) -> Floats:
        """(n,) log-odds."""
        return np.asarray(self.base + self._look_up(codes).sum(axis=1))

    @property
    def usual_score(self) -> float:
        return float(self.base + self.usual.sum())

    def spread(self, codes: Codes) -> Floats:
        """(n,) standard deviation of the log-odds."""
        if not self.draws.shape[-1]:
            return np.zeros(len(codes))
        out = np.empty(len(codes))
        for a in range(0, len(codes), 20_000):
            part = codes[a : a + 20_000]
            total = np.repeat(self.base_draws[None], len(part), axis=0)
            for j in range(part.shape[1]):
                total += self.draws[j][part[:, j]]
            out[a : a + 20_000] = np.sqrt((total**2).mean(axis=1))
        return out

    def _look_up(self, codes: Codes) -> Floats:
        return np.asarray(np.take_along_axis(self.table.T, codes.astype(np.intp), axis=0))


def grid(x: npt.NDArray[Any], names: Sequence[str], *, bins: int = BINS) -> Grid:
    """Steps at quantiles, between values that occur; features with a single value are left out."""
    kept, edges = [], []
    for j, name in enumerate(names):
        column = x[:, j]
        values = column[~np.isnan(column)].astype(np.float64)
        step = max(len(values) // SAMPLE, 1)
        found = _steps(np.sort(values)[::step], bins)
        if len(found) or 0 < len(values) < len(column):
            kept.append(name)
            edges.append(found)
    return Grid(kept, edges)


def _steps(values: Floats, bins: int) -> Floats:
    if not len(values):
        return np.zeros(0)
    distinct = np.unique(values)
    if len(distinct) > bins:
        chosen = np.quantile(values, np.arange(1, bins) / bins, method="lower")
        low = np.unique(np.searchsorted(distinct, chosen))
        low = low[low < len(distinct) - 1]
    else:
        low = np.arange(len(distinct) - 1)
    return np.asarray((distinct[low] + distinct[low + 1]) / 2)


def average(parts: Sequence[Additive]) -> Additive:
    """The mean of models on one grid; draws are those of the model that has some."""
    drawn = next((p for p in parts if p.draws.shape[-1]), parts[0])
    return Additive(
        grid=parts[0].grid,
        base=float(np.mean([p.base for p in parts])),
        table=np.mean([p.table for p in parts], axis=0),
        usual=np.mean([p.usual for p in parts], axis=0),
        draws=drawn.draws,
        base_draws=drawn.base_draws,
    )


def believe_supported(model: Additive, codes: Codes, weight: Floats, year: npt.NDArray[np.int64]) -> Additive:
    """Draw codes that few decisions, or few years, had in training towards the average contribution.

    Without it a value that suddenly appears for everybody (a field no longer filled) moves all scores.
    """
    table = model.table.copy()
    span = min(len(np.unique(year)), DISTINCT_YEARS)
    index = np.unique(year, return_inverse=True)[1]
    for j in range(len(table)):
        size = np.zeros((index.max(initial=0) + 1, table.shape[1]))
        np.add.at(size, (index, codes[:, j]), weight)
        total = size.sum(axis=0)
        years = total**2 / np.maximum((size**2).sum(axis=0), 1e-9)
        backed = total * np.minimum(years / span, 1.0)
        share = backed / (backed + SUPPORT)
        table[j] = model.usual[j] + share * (table[j] - model.usual[j])
    level = usual(table, codes, weight)
    return replace(model, table=table, usual=level, base=model.usual_score - float(level.sum()))


def settle(model: Additive, name: str, codes: Codes, y: Floats, weight: Floats) -> Additive:
    """Shift the steps of one feature until what is said at each of them, on average, is what happened.

    What all features together leave over for the members at a step is drawn to nothing by `STEP_SD`.
    """
    if name not in model.grid.names:
        return model
    j = model.grid.names.index(name)
    table, own, score = model.table.copy(), codes[:, j], model.score(codes)
    shift = np.zeros(table.shape[1])
    for _ in range(10):
        said = 1 / (1 + np.exp(-np.clip(score + shift[own], -30, 30)))
        gain = np.bincount(own, weights=weight * (y - said), minlength=len(shift)) - shift / STEP_SD**2
        bend = np.bincount(own, weights=weight * said * (1 - said), minlength=len(shift)) + 1 / STEP_SD**2
        shift = shift + np.clip(gain / bend, -1, 1)
    table[j] += shift
    return replace(model, table=table, usual=usual(table, codes, weight))


def usual(table: Floats, codes: Codes, weight: Floats) -> Floats:
    """The average contribution of each feature over weighted rows."""
    total = weight.sum()
    return np.array(
        [
            np.bincount(codes[:, j], weights=weight, minlength=table.shape[1]) @ table[j] / total
            for j in range(len(table))
        ]
    )


def relative(model: Additive, codes: Codes, weight: Floats) -> Additive:
    """The model with the doubt about how members differ, without that about the level they share."""
    draws = model.draws.copy()
    for j in range(len(draws)):
        share = np.bincount(codes[:, j], weights=weight, minlength=draws.shape[1]) / weight.sum()
        draws[j] -= (share @ draws[j]).astype(np.float32)
    return replace(model, draws=draws, base_draws=np.zeros_like(model.base_draws))


def pack(model: Additive) -> dict[str, Any]:
    """Plain arrays and lists, for storing."""
    sizes = np.array([len(e) for e in model.grid.edges], np.int64)
    flat = np.concatenate(model.grid.edges) if len(sizes) else np.zeros(0)
    return {
        "names": list(model.grid.names), "edges": flat, "edge_counts": sizes, "base": float(model.base),
        "table": model.table, "usual": model.usual, "draws": model.draws, "base_draws": model.base_draws,
    }  # fmt: skip


def unpack(stored: dict[str, Any]) -> Additive:
    ends = np.cumsum(stored["edge_counts"])
    edges = np.split(stored["edges"], ends[:-1]) if len(ends) else []
    return Additive(
        Grid(list(stored["names"]), edges), stored["base"], stored["table"], stored["usual"], stored["draws"],
        stored["base_draws"],
    )  # fmt: skip
