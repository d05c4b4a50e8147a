"""What a model and its baselines are worth on time later than their training. Pure.

A twin is the same model, stopped earlier; what it says about decisions seen after its cut is compared with
what happened. The baselines are fitted by the same cut and measured on the same decisions.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from imis_ai.registry.calc.reading import Outcomes
from retention.calc import additive, baselines, boost, calibrate, churn, evaluate
from retention.calc.rows import NEAR, Rows, weights

TYPICAL_LEAD = 45  # the snapshot of a decision that is measured is the one closest to this many days before
GAP_WARNING = 0.01
LOSS_TOLERANCE = 1.02  # who ranks best may have this much more log loss
YARDSTICK = "with interactions"

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Twin:
    """A model trained by `cut`, the rows it learned from, and the decisions seen after it."""

    cut: np.datetime64
    model: churn.Model
    seen: Rows
    later: Rows

    @property
    def y(self) -> Floats:
        return self.later.lapsed.astype(np.float64)

    def raw(self) -> Floats:
        """Log-odds before calibration."""
        grid = self.model.renewal.grid
        return self.model.renewal.score(grid.codes(self.later.x, self.later.names))


def slope_of(twins: Sequence[Twin]) -> float:
    """How much log-odds should be stretched, from the newest twin, which knew most; 1 without twins.

    Its level is left to itself: it tells of the years between, not of the years to come.
    """
    newest = twins[-1:]
    score = [t.raw() - t.model.renewal.usual_score for t in newest]
    return calibrate.slope(score, [t.y for t in newest])


def stretched(model: churn.Model, slope: float) -> churn.Model:
    """The model with its log-odds stretched around those of the average member."""
    return replace(model, slope=slope, level=model.renewal.usual_score * (1 - slope))


def compare(twins: Sequence[Twin], *, seed: int) -> dict[str, Any]:
    """Figures of the model and each baseline, by name, on the twins' later decisions.

    The yardstick, boosting that may combine features, is measured on the newest twin's only.
    """
    if not twins:
        return {}
    said: dict[str, list[evaluate.Measured]] = {}
    for k, twin in enumerate(twins):
        for kind, measured in _fold(twin, slope_of(twins[:k]), seed).items():
            said.setdefault(kind, []).append(measured)
    found = {kind: _figures(parts, seed) for kind, parts in said.items()}
    newest = twins[-1]
    free = evaluate.Measured(_with_interactions(newest, seed), newest.y)
    gap = evaluate.auc(free.p, free.y) - evaluate.auc(said[churn.KIND][-1].p, newest.y)
    return found | {YARDSTICK: _figures([free], seed) | {"auc_gap": round(gap, 4)}}


def choose(compared: dict[str, Any], notes: list[str]) -> str:
    """The model, unless a baseline did better on later time; then the baseline ships and says so."""
    if not compared:
        notes.append("No later time to measure on, so the plain recency-frequency logistic is used.")
        return baselines.RECENCY
    offered = [churn.KIND, baselines.RECENCY, baselines.RULE]
    best = max(offered, key=lambda kind: compared[kind]["auc"] or 0.0)
    if compared[best]["log_loss"] > LOSS_TOLERANCE * min(compared[kind]["log_loss"] for kind in offered):
        best = min(offered, key=lambda kind: compared[kind]["log_loss"])
    if best != churn.KIND:
        notes.append(f"The model did not beat the {best} on later time, so the {best} is used instead.")
    gap = compared[YARDSTICK]["auc_gap"]
    if gap > GAP_WARNING:
        notes.append(
            f"A model that combines features ranks better by {gap:.3f} (AUC): look for interactions."
        )
    return best


def said_and_happened(twins: Sequence[Twin], slope: float) -> list[dict[str, float]]:
    """Calibration bins of the model on the twins' later decisions."""
    if not twins:
        return []
    chances = [calibrate.chance(_stretched_score(t, slope)) for t in twins]
    return calibrate.bins(np.concatenate(chances), np.concatenate([t.y for t in twins]))


def told(twins: Sequence[Twin], kind: str, *, seed: int) -> Outcomes | None:
    """What `kind` said about each of the twins' later decisions, and what happened; None without twins."""
    parts = [(twin, _fold(twin, slope_of(twins[:k]), seed)[kind]) for k, twin in enumerate(twins)]
    if not parts:
        return None
    return Outcomes(
        member=np.concatenate([twin.later.member for twin, _ in parts]),
        day=np.concatenate([twin.later.day for twin, _ in parts]),
        said=np.concatenate([m.p for _, m in parts]),
        low=np.concatenate([_or_nothing(m.low, m.p) for _, m in parts]),
        high=np.concatenate([_or_nothing(m.high, m.p) for _, m in parts]),
        happened=np.concatenate([m.y for _, m in parts]),
    )


def _or_nothing(bound: Floats | None, p: Floats) -> Floats:
    return np.full(len(p), np.nan) if bound is None else bound


def typical(rows: Rows) -> Rows:
    """One row per decision: the snapshot closest to `TYPICAL_LEAD` days before the end."""
    order = np.argsort(np.abs(rows.lead - TYPICAL_LEAD), kind="stable")
    _, first = np.unique(rows.decision[order], return_index=True)
    return rows.take(np.sort(order[first]))


def _stretched_score(twin: Twin, slope: float) -> Floats:
    usual = twin.model.renewal.usual_score
    return np.asarray(usual + slope * (twin.raw() - usual))


def _fold(twin: Twin, slope: float, seed: int) -> dict[str, evaluate.Measured]:
    models = {churn.KIND: stretched(twin.model, slope)}
    for kind in (baselines.RECENCY, baselines.RULE):
        models[kind] = churn.plain(kind, twin.model, twin.seen, by=twin.cut)
    found = {}
    for kind, model in models.items():
        said = churn.predict(model, twin.later)
        ranges = (said.renewal_low, said.renewal_high) if kind == churn.KIND else (None, None)
        found[kind] = evaluate.Measured(calibrate.chance(said.score), twin.y, *ranges)
    return found


def _figures(parts: list[evaluate.Measured], seed: int) -> dict[str, Any]:
    low = [p.low for p in parts if p.low is not None]
    high = [p.high for p in parts if p.high is not None]
    whole = evaluate.Measured(
        np.concatenate([p.p for p in parts]), np.concatenate([p.y for p in parts]),
        np.concatenate(low) if low else None, np.concatenate(high) if high else None,
        np.repeat(np.arange(len(parts)), [len(p.y) for p in parts]),
    )  # fmt: skip
    sizes = [len(p.y) for p in parts]
    losses = [evaluate.levelled_log_loss(p.p, p.y) for p in parts]
    return evaluate.measures(whole, seed=seed) | {
        "log_loss": round(float(np.average(losses, weights=sizes)), 4)
    }


def _with_interactions(twin: Twin, seed: int) -> Floats:
    """Boosting that may combine features, same rows: what the additive form costs."""
    part = twin.seen.take(churn.learnable(twin.seen, by=twin.cut, nearest=0, farthest=NEAR))
    grid = additive.grid(part.x, part.names)
    score = boost.full(
        grid.codes(part.x, part.names), part.lapsed.astype(np.float64), weights(part),
        grid.codes(twin.later.x, twin.later.names), seed=seed,
    )  # fmt: skip
    return calibrate.chance(score)
