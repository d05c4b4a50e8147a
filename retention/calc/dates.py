"""The most likely day of a lapse and the days it may fall on. Pure.

Many lapses fall on the last day of a term, so ranges that hold at least 80 % of each member's chance hold far
more than 80 % of all lapses. How much a range must hold is therefore set for all members together.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from retention.calc import leaving
from retention.calc.leaving import Ahead, Pace

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
YEAR = 365  # a lapse date is looked for within a year, or at the next renewal where that is later
HELD = 0.8  # of those who lapse, the share whose day is to lie in the range
MASS = HELD  # of a member's own chance, as long as it is not set


def window(ahead: Ahead) -> Floats:
    return np.maximum(ahead.lead, YEAR).astype(np.float64)


@dataclass(frozen=True)
class Parts:
    """(n,) chances of a lapse in the window: by resigning before the term ends, at its end, and after it."""

    early: Floats
    atom: Floats
    after: Floats

    @property
    def total(self) -> Floats:
        return self.early + self.atom + self.after


def parts(ahead: Ahead, renewal: Floats, monthly: Floats, pace: Pace) -> Parts:
    first, until = np.maximum(ahead.lead, 0), window(ahead)
    before, whole = pace.months(ahead, first)[0], pace.months(ahead, until)[0]
    early = leaving.chance(monthly, before)
    renewals = np.floor((until - first) / np.maximum(ahead.length, 1))
    stays = (1 - renewal) ** renewals * (1 - monthly) ** (whole - before)
    return Parts(early, (1 - early) * renewal, (1 - early) * (1 - renewal) * (1 - stays))


def fitting_mass(found: Parts) -> float:
    """The smallest mass of which ranges are expected to hold `HELD` of the lapses of these members."""
    goal = HELD * float(found.total.sum())
    low, high = 0.0, 1.0
    for _ in range(30):
        middle = (low + high) / 2
        if np.maximum(middle * found.total, found.atom).sum() < goal:
            low = middle
        else:
            high = middle
    return high


def lapse_dates(
    ahead: Ahead, renewal: Floats, monthly: Floats, pace: Pace, *, mass: float
) -> tuple[Ints, Ints, Ints]:
    """(most likely, from, to) in days from today, given that the member lapses within the window.

    The most likely day is the end of the current term. The range is grown from there, first to the side with
    more chance, until it holds `mass` of the lapses of the window.
    """
    found = parts(ahead, renewal, monthly, pace)
    short = mass * found.total - found.atom
    start, end = ahead.lead.copy(), ahead.lead.copy()
    wide = np.flatnonzero(short > 0)
    if len(wide):
        few = Ahead(ahead.lead[wide], ahead.length[wide])
        some = Parts(found.early[wide], found.atom[wide], found.after[wide])
        start[wide], end[wide] = _grown(few, renewal[wide], monthly[wide], pace, some, short[wide])
    return ahead.lead, start, end


def _grown(
    ahead: Ahead, renewal: Floats, monthly: Floats, pace: Pace, found: Parts, short: Floats
) -> tuple[Ints, Ints]:
    """(from, to) of ranges that hold `short` more than the end of the term."""
    early, after = found.early, found.after
    right = np.where(after > early, np.minimum(short, after), np.clip(short - early, 0, after))
    left = np.clip(short - right, 0, early)
    start = np.floor(pace.when(ahead, _months(monthly, early - left)) + 1e-6).astype(np.int64)
    end = np.ceil(pace.when(ahead, _reach(ahead, renewal, monthly, pace, right)) - 1e-6).astype(np.int64)
    return (
        np.where(ahead.ended | (left <= 0), ahead.lead, np.minimum(start, ahead.lead)),
        np.where(right > 0, np.maximum(end, ahead.lead), ahead.lead),
    )


def _months(monthly: Floats, gone: Floats) -> Floats:
    """Months of average pace after which the chance to have resigned is `gone`."""
    return np.log1p(-np.clip(gone, 0, 1 - 1e-9)) / np.log1p(-np.clip(monthly, 1e-12, 1 - 1e-9))


def _reach(ahead: Ahead, renewal: Floats, monthly: Floats, pace: Pace, mass: Floats) -> Floats:
    """Months of average pace by which lapses worth `mass` came after the next renewal, term by term."""
    at, last = np.maximum(ahead.lead, 0).astype(np.float64), window(ahead)
    spent = pace.months(ahead, at)[0]
    alive = (1 - monthly) ** spent * (1 - renewal)
    left, reached = mass.copy(), spent.copy()
    while (open_ := (left > 1e-12) & (at < last)).any():
        stop = np.minimum(at + np.maximum(ahead.length, 1), last)
        until = pace.months(ahead, stop)[0]
        going = alive * leaving.chance(monthly, until - spent)
        used = np.clip(left / np.maximum(going, 1e-12), 0, 1)
        reached = np.where(open_, spent + used * (until - spent), reached)
        left = np.where(open_, left - going, left)
        alive = alive - going
        lapsing = np.where(stop < at + ahead.length, 0.0, alive * renewal)
        left = np.where(open_, left - lapsing, left)
        alive, at, spent = alive - lapsing, stop, until
    return reached
