"""Gradient boosting without interactions, read back as one step function per feature."""

from typing import Any

import numpy as np
import numpy.typing as npt

from retention.calc.additive import Additive, Codes, Floats, Grid, usual

REFITS = 2
SETTINGS: dict[str, Any] = {
    "max_iter": 150,
    "learning_rate": 0.08,
    "max_leaf_nodes": 4,
    "min_samples_leaf": 40,
    "l2_regularization": 5.0,
    "early_stopping": False,
}


def fit(
    grid: Grid,
    codes: Codes,
    y: Floats,
    weight: Floats,
    cluster: npt.NDArray[Any],
    *,
    seed: int,
    refits: int = REFITS,
) -> Additive:
    """The mean of `refits` additive boosted models, each on members (`cluster`) weighted at random."""
    rng = np.random.default_rng(seed)
    inputs = _inputs(codes)
    models = [
        _fit(inputs, y, weight * rng.exponential(size=cluster.max() + 1)[cluster], seed=seed, additive=True)
        for _ in range(refits)
    ]
    probe = _probe(grid)
    answers = np.mean([m.decision_function(probe) for m in models], axis=0)
    table = np.zeros((len(grid.names), int(grid.sizes.max(initial=1))))
    at = 1
    for j, size in enumerate(grid.sizes):
        table[j, :size] = answers[at : at + size] - answers[0]
        at += size
    nothing = np.zeros((*table.shape, 0), np.float32)
    return Additive(grid, float(answers[0]), table, usual(table, codes, weight), nothing, nothing[0, 0])


def full(codes: Codes, y: Floats, weight: Floats, test: Codes, *, seed: int) -> Floats:
    """Log-odds on `test` of a boosted model that may combine features; a yardstick, never shipped."""
    model = _fit(_inputs(codes), y, weight, seed=seed, additive=False)
    return np.asarray(model.decision_function(_inputs(test)), np.float64)


def _fit(inputs: npt.NDArray[Any], y: Floats, weight: Floats, *, seed: int, additive: bool) -> Any:
    from sklearn.ensemble import HistGradientBoostingClassifier

    return HistGradientBoostingClassifier(
        random_state=seed, interaction_cst="no_interactions" if additive else None, **SETTINGS
    ).fit(inputs, y, sample_weight=weight / weight.mean())


def _inputs(codes: Codes) -> npt.NDArray[Any]:
    return np.where(codes == 0, np.nan, codes).astype(np.float32)


def _probe(grid: Grid) -> npt.NDArray[Any]:
    """A reference row, then one row per feature and code that differs from it in that feature only."""
    rows = np.ones((1 + int(grid.sizes.sum()), len(grid.names)), np.uint8)
    at = 1
    for j, size in enumerate(grid.sizes):
        rows[at : at + size, j] = np.arange(size)
        at += size
    return _inputs(rows)
