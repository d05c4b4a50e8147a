"""What a model has to beat: a rule on the run of terms, and recency with frequency. Pure."""

import numpy as np

from retention.calc import calibrate
from retention.calc.additive import Additive, Codes, Floats, Grid, usual
from retention.calc.rows import LATE, RUN

RULE, RECENCY = "plain rule", "recency-frequency logistic"
RECENCY_FREQUENCY = (
    RUN, LATE, "membership.tenure_days", "membership.terms_count", "membership.gaps",
    "portal.days_since_login",
    "portal.logins_365", "events.days_since_attended", "events.attended_365", "mail.days_since_open",
    "mail.opens_365",
)  # fmt: skip
RIDGE = 1.0


def rule(grid: Grid, codes: Codes, y: Floats, weight: Floats) -> Additive:
    """The lapse rate of members with as many terms in a row."""
    j = grid.names.index(RUN) if RUN in grid.names else None
    overall = float(np.average(y, weights=weight))
    table = np.zeros((1, 1))
    small = grid.take([j] if j is not None else [])
    if j is not None:
        total = np.bincount(codes[:, j], weights=weight, minlength=int(grid.sizes[j]))
        hits = np.bincount(codes[:, j], weights=weight * y, minlength=int(grid.sizes[j]))
        table = calibrate.logit((hits + 5 * overall) / (total + 5))[None] - calibrate.logit(overall)
    own = codes[:, [j]] if j is not None else codes[:, :0]
    return _plain(small, float(calibrate.logit(overall)), table[: len(small.names)], own, weight)


def recency_frequency(grid: Grid, codes: Codes, y: Floats, weight: Floats) -> Additive:
    """Logistic regression on the logarithms of how long, how often and how recently."""
    chosen = [j for j, name in enumerate(grid.names) if name in RECENCY_FREQUENCY]
    small, own = grid.take(chosen), codes[:, chosen]
    columns, tables = [], []
    for j, middles in enumerate(small.middles()):
        values = np.log1p(np.maximum(middles, 0.0))
        known = values[own[:, j]]
        values[0] = np.nanmean(known) if np.isfinite(known).any() else 0.0
        spread = np.std(values[own[:, j]]) or 1.0
        tables.append((values - np.average(values[own[:, j]], weights=weight)) / spread)
        columns.append(tables[-1][own[:, j]])
    slopes = _logistic(np.column_stack([np.ones(len(y)), *columns]), y, weight)
    table = np.zeros((len(chosen), int(small.sizes.max(initial=1))))
    for j, steps in enumerate(tables):
        table[j, : len(steps)] = slopes[j + 1] * steps
    return _plain(small, float(slopes[0]), table, own, weight)


def _logistic(design: Floats, y: Floats, weight: Floats) -> Floats:
    beta = np.zeros(design.shape[1])
    penalty = RIDGE * np.eye(len(beta))
    penalty[0, 0] = 1e-9
    for _ in range(30):
        p = calibrate.chance(design @ beta)
        slope = design.T @ (weight * (y - p)) - penalty @ beta
        bend = (design * (weight * np.maximum(p * (1 - p), 1e-6))[:, None]).T @ design + penalty
        step = np.linalg.solve(bend, slope)
        beta = beta + step
        if np.abs(step).max() < 1e-6:
            break
    return beta


def _plain(grid: Grid, base: float, table: Floats, codes: Codes, weight: Floats) -> Additive:
    nothing = np.zeros((*table.shape, 0), np.float32)
    return Additive(grid, base, table, usual(table, codes, weight), nothing, np.zeros(0, np.float32))
