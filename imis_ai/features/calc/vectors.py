"""Frames to a few numbers per member whose distances say how alike two members are."""

import numpy as np

from imis_ai.features.calc.arrays import Array, Floats

DIMENSIONS = 16
FARTHEST = 3.0  # standard deviations; one odd number shall not decide


def reduced(values: Array, dimensions: int = DIMENSIONS) -> Floats:
    """(members, features) with NaN -> (members, dimensions): ranked, standardised, put on the main axes.

    Ranks make a feature's unit and long tail irrelevant. A missing value stands in the middle. What varies
    most counts most. With fewer features than dimensions the rest is 0.
    """
    standard = (
        np.column_stack([_standard(column) for column in values.T])
        if values.size
        else np.zeros((len(values), 0))
    )
    standard = standard[:, standard.any(axis=0)]
    out = np.zeros((len(values), dimensions))
    if standard.shape[1]:
        size, axes = np.linalg.eigh(standard.T @ standard)
        main = axes[:, np.argsort(size)[::-1][:dimensions]]
        main = main * np.where(main.sum(axis=0) < 0, -1, 1)  # an axis has no sign of its own
        out[:, : main.shape[1]] = standard @ main
    return out


def _standard(column: Array) -> Floats:
    """Mean 0, deviation 1 over the mid-ranks of the known values; 0 for missing and constant ones."""
    is_known = ~np.isnan(column)
    out = np.zeros(len(column))
    ordered = np.sort(column[is_known])
    if not len(ordered) or ordered[0] == ordered[-1]:
        return out
    rank = np.searchsorted(ordered, column[is_known], "left") + np.searchsorted(
        ordered, column[is_known], "right"
    )
    out[is_known] = np.clip((rank - rank.mean()) / rank.std(), -FARTHEST, FARTHEST)
    return out
