"""How good chances were, once the outcome is known. Pure."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from imis_ai.registry.calc import coverage
from retention.calc.calibrate import bins

Floats = npt.NDArray[np.float64]
REPEATS = 200


@dataclass(frozen=True)
class Measured:
    """Chances and outcomes of the same members; `low` and `high` may be missing (baselines have no range)."""

    p: Floats
    y: Floats
    low: Floats | None = None
    high: Floats | None = None
    block: npt.NDArray[Any] | None = None  # day or fold; groups of neighbours are formed within one


def measures(found: Measured, *, seed: int) -> dict[str, Any]:
    """AUC, average precision, Brier, calibration error and lift at 10 %, with 80 % intervals and n."""
    p, y = found.p, found.y
    out: dict[str, Any] = {"members": len(p), "lapsed": int(y.sum())}
    if len(p) == 0 or y.min() == y.max():
        return out | dict.fromkeys(("auc", "average_precision", "brier", "calibration_error", "lift_10"))
    out |= _point(p, y)
    rng = np.random.default_rng(seed)
    repeats = []
    for _ in range(REPEATS):
        rows = rng.integers(0, len(p), len(p))
        if 0 < y[rows].sum() < len(rows):
            repeats.append(_point(p[rows], y[rows]))
    for name in ("auc", "average_precision", "brier", "lift_10"):
        low, high = np.quantile([r[name] for r in repeats], [0.1, 0.9])
        out[f"{name}_range"] = [round(float(low), 4), round(float(high), 4)]
    out |= {k: round(v, 4) for k, v in out.items() if isinstance(v, float)}
    if found.low is not None and found.high is not None:
        out |= group_coverage(found)
    return out


def _point(p: Floats, y: Floats) -> dict[str, float]:
    return {
        "auc": auc(p, y),
        "average_precision": _average_precision(p, y),
        "brier": float(((p - y) ** 2).mean()),
        "calibration_error": calibration_error(p, y),
        "lift_10": caught(p, y, max(len(p) // 10, 1)) / (max(len(p) // 10, 1) * float(y.mean())),
    }


def auc(p: Floats, y: Floats) -> float:
    """The chance that a lapser was ranked above a member who stayed; ties count half."""
    _, inverse, counts = np.unique(p, return_inverse=True, return_counts=True)
    rank = (np.cumsum(counts) - (counts - 1) / 2)[inverse]
    hits = y.sum()
    return float((rank[y > 0].sum() - hits * (hits + 1) / 2) / (hits * (len(y) - hits)))


def log_loss(p: Floats, y: Floats, weight: Floats | None = None) -> float:
    clipped = np.clip(p, 1e-6, 1 - 1e-6)
    return float(np.average(-(y * np.log(clipped) + (1 - y) * np.log(1 - clipped)), weights=weight))


def levelled_log_loss(p: Floats, y: Floats) -> float:
    """Log loss after one shift of all log-odds: the level of a coming year is nobody's to know."""
    score = np.log(np.clip(p, 1e-6, 1 - 1e-6) / np.clip(1 - p, 1e-6, 1))
    shift = 0.0
    for _ in range(30):
        q = 1 / (1 + np.exp(-(score + shift)))
        step = float((y - q).sum() / max((q * (1 - q)).sum(), 1e-9))
        shift += float(np.clip(step, -1, 1))
    return log_loss(1 / (1 + np.exp(-(score + shift))), y)


def calibration_error(p: Floats, y: Floats, *, count: int = 10) -> float:
    """Mean distance between said and happened over groups of equal size."""
    return float(sum(b["members"] * abs(b["said"] - b["happened"]) for b in bins(p, y, count=count)) / len(p))


def group_coverage(found: Measured) -> dict[str, Any]:
    """How often the rate observed among 50 neighbours by score lies inside the group's 80 % range.

    The group's range: its mean chance, give or take what its members' ranges share and what luck does to 50.
    """
    low, high = found.low, found.high
    if low is None or high is None:
        return {}
    block = np.zeros(len(found.p)) if found.block is None else found.block
    groups = coverage.neighbours(found.p, block)
    inside = [coverage.holds(found.p[g], found.y[g], low[g], high[g]) for g in groups]
    plain = [bool(low[g].mean() <= found.y[g].mean() <= high[g].mean()) for g in groups]
    return {
        "groups": len(groups),
        "range_coverage": round(float(np.mean(inside)), 4),
        "range_coverage_without_luck": round(float(np.mean(plain)), 4),
    }


def _average_precision(p: Floats, y: Floats) -> float:
    """Mean precision over the lapsers, members of equal chance taken together."""
    order = np.argsort(-p, kind="stable")
    ends = np.flatnonzero(np.append(np.diff(p[order]) != 0, True))
    hits = np.cumsum(y[order])[ends]
    return float((hits / (ends + 1) * np.diff(hits, prepend=0)).sum() / y.sum())


def caught(p: Floats, y: Floats, size: int) -> float:
    """Lapsers among the `size` highest chances; of a tie at the edge, the share that fits."""
    edge = np.sort(p)[len(p) - size]
    above, tied = p > edge, p == edge
    return float(y[above].sum() + y[tied].mean() * (size - above.sum()))
