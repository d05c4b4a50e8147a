"""Whether what a model looks at is still what it learnt from: population stability, per feature. Pure."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

BINS = 10
LIMIT = 0.1  # population stability below it is never called a shift
UNKNOWN_LIMIT = 0.25  # where too few months say what is usual
FEWEST_MONTHS, FEWEST_MEMBERS = 3, 30
BEYOND = 1.5  # times the largest shift of a usual month
NOISE = 3.0  # times what chance alone does to so few members
SURE = 3.3

Matrix = npt.NDArray[Any]


def shifts(*, names: Sequence[str], months: Sequence[Matrix], now: Matrix) -> list[dict[str, Any]]:
    """Per feature: its shift against the months learnt from, the usual one, and whether it moved.

    Every matrix has one row per member active on a day and one column per name. A month's own shift against
    the other months is what is usual.
    """
    if len(now) < FEWEST_MEMBERS or not months:
        return []
    found = [_shift(name, [month[:, j] for month in months], now[:, j]) for j, name in enumerate(names)]
    return sorted(found, key=lambda row: (not row["moved"], row["limit"] - row["shift"]))


def _shift(name: str, months: Sequence[Matrix], now: Matrix) -> dict[str, Any]:
    before = np.concatenate(list(months)).astype(np.float64)
    edges = _edges(before)
    counts = np.stack([_counts(month, edges) for month in months])
    today, total = _counts(now, edges), counts.sum(axis=0)
    shift = stability(total, today)
    usual = [stability(total - own, own) for own in counts] if len(months) >= FEWEST_MONTHS else []
    chance = NOISE * (len(edges) + 1) * (1 / max(total.sum(), 1) + 1 / max(today.sum(), 1))
    limit = max(LIMIT, BEYOND * max(usual), chance) if usual else max(UNKNOWN_LIMIT, chance)
    return {
        "feature": name,
        "shift": round(shift, 4),
        "usual": round(max(usual), 4) if usual else None,
        "limit": round(limit, 4),
        "moved": bool(shift > limit),
        "before": _middle(before),
        "now": _middle(now),
    }


def stability(before: Matrix, now: Matrix) -> float:
    """Population stability index of two sets of counts over the same bins; 0 when alike."""
    p = (before + 0.5) / (before + 0.5).sum()
    q = (now + 0.5) / (now + 0.5).sum()
    return float(((q - p) * np.log(q / p)).sum())


def rate_moved(rates: Sequence[tuple[str, int, int]]) -> dict[str, Any] | None:
    """The newest of (month, decided, happened) against the months before it; None while there are too few.

    Moved when it lies outside what those months showed by more than luck does to so few.
    """
    if len(rates) <= FEWEST_MONTHS or rates[-1][1] < FEWEST_MEMBERS:
        return None
    month, n, hits = rates[-1]
    past = [(decided, found) for _, decided, found in rates[:-1] if decided >= FEWEST_MEMBERS]
    if len(past) < FEWEST_MONTHS:
        return None
    shares = [found / decided for decided, found in past]
    overall = sum(found for _, found in past) / sum(decided for decided, _ in past)
    luck = SURE * float(np.sqrt(max(overall * (1 - overall), 0.01) / n))
    low, high = max(min(shares) - luck, 0.0), min(max(shares) + luck, 1.0)
    share = hits / n
    return {
        "month": month, "share": round(share, 4), "low": round(low, 4), "high": round(high, 4), "n": n,
        "moved": bool(share < low or share > high),
    }  # fmt: skip


def _edges(values: Matrix) -> Matrix:
    known = values[~np.isnan(values)]
    if not len(known):
        return np.zeros(0)
    return np.unique(np.quantile(known, np.arange(1, BINS) / BINS))


def _counts(values: Matrix, edges: Matrix) -> Matrix:
    """How many lie between the edges; those not known have a bin of their own."""
    missing = np.isnan(values.astype(np.float64))
    place = np.searchsorted(edges, values[~missing], side="left")
    return np.append(np.bincount(place, minlength=len(edges) + 1), missing.sum()).astype(np.float64)


def _middle(values: Matrix) -> float | None:
    known = values[~np.isnan(values.astype(np.float64))]
    return round(float(known.mean()), 4) if len(known) else None
