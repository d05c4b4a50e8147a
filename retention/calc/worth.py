"""What a contact is worth: money kept because of it, not risk. Pure; arrays of one length.

Without results of our own, worth is an estimate: risk times value, for members who can be reached. Once
members drawn by lot show what contact changes, it is the difference they show, by group of risk, drawn
towards the common one as far as the groups do not differ (DerSimonian and Laird, Controlled Clinical Trials 7
(1986) 177-188, with the posterior mean of each group).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
ESTIMATE, UPLIFT = "estimate", "uplift"
ENOUGH = 100  # known outcomes among the contacted, and as many among those left alone
Z_80 = 1.2816
STAYS, LEAVES = 0.05, 0.95  # the whole range beyond: certain either way
WORDS = {
    ESTIMATE: "Estimate: risk x value, of members who can be reached",
    UPLIFT: "Measured: what contact changed here x value",
}


@dataclass(frozen=True)
class Cell:
    """Renewed `x` of `n` members drawn by lot in one group: contacted (1) and left alone (0)."""

    group: str
    x1: int
    n1: int
    x0: int
    n0: int


@dataclass(frozen=True)
class Effect:
    """Points of renewal that contact adds in a group, a share of -1 to 1, with its 80 % range."""

    value: float
    low: float
    high: float
    n: int


def mode(cells: Sequence[Cell]) -> str:
    """Whether there are enough results to go by what contact changed."""
    both = sum(cell.n1 for cell in cells), sum(cell.n0 for cell in cells)
    return UPLIFT if min(both) >= ENOUGH else ESTIMATE


def effects(cells: Sequence[Cell]) -> dict[str, Effect]:
    """By group, and "" for any other: each drawn towards what all groups have in common."""
    known = [cell for cell in cells if cell.n1 and cell.n0]
    if not known:
        return {}
    value = np.array([cell.x1 / cell.n1 - cell.x0 / cell.n0 for cell in known])
    variance = np.array([_variance(cell.x1, cell.n1) + _variance(cell.x0, cell.n0) for cell in known])
    between = _between(value, variance)
    weight = 1 / (variance + between)
    common, spread = float((weight * value).sum() / weight.sum()), float(1 / weight.sum())
    keep = between / (between + variance)  # how much of a group's own difference counts
    mean = keep * value + (1 - keep) * common
    own = keep * variance + (1 - keep) ** 2 * spread
    found = {cell.group: _effect(mean[at], own[at], cell.n1 + cell.n0) for at, cell in enumerate(known)}
    total = sum(cell.n1 + cell.n0 for cell in known)
    return found | {"": _effect(common, spread + between, total)}


def of_groups(effects: Mapping[str, Effect], groups: Sequence[str]) -> Floats:
    """The effect of each member's group; the common one where a group was never compared."""
    common = effects[""].value if "" in effects else 0.0
    return np.array([effects[group].value if group in effects else common for group in groups])


def worth(*, risk: Floats, value: Floats, reachable: Floats, effect: Floats | None = None) -> Floats:
    """Money likely kept by a contact; without a measured effect the money at stake stands in for it.

    Nothing is kept of members who cannot be reached, and less than nothing where contact drives them away.
    """
    share = risk if effect is None else effect
    return np.asarray(share * np.nan_to_num(value) * reachable)


def leave_alone(low: float | None, high: float | None, effect: Effect | None) -> str:
    """Why a contact does no good, in a sentence; empty where it may."""
    if effect is not None and effect.high < 0:
        points = abs(round(effect.value * 100))
        return (
            f"Contact cost renewals among members like this one: {points} of 100, from {effect.n} outcomes."
        )
    if low is not None and low >= LEAVES:
        return "Leaves whatever we do: the whole range is over 95 of 100."
    if high is not None and high <= STAYS:
        return "Stays anyway: the whole range is under 5 of 100."
    return ""


def _variance(x: int, n: int) -> float:
    """Of a share, never zero."""
    p = (x + 0.5) / (n + 1)
    return p * (1 - p) / n


def _between(value: Floats, variance: Floats) -> float:
    """How much the groups differ beyond luck."""
    if len(value) < 2:
        return 0.0
    weight = 1 / variance
    mean = (weight * value).sum() / weight.sum()
    apart = float((weight * (value - mean) ** 2).sum()) - (len(value) - 1)
    return max(0.0, apart / float(weight.sum() - (weight**2).sum() / weight.sum()))


def _effect(value: float, variance: float, n: int) -> Effect:
    half = Z_80 * float(np.sqrt(variance))
    return Effect(float(value), float(value) - half, float(value) + half, n)
