"""From the chance at a renewal and the hazard of leaving mid-term to chances by day and a lapse date. Pure.

A member can lapse at the end of a term (no renewal within grace) or on any day by resigning. Both make
one curve over days, so a longer horizon can never have a smaller chance.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
MONTH = 30.0
YEAR = 365  # a lapse date is looked for within a year, or at the next renewal where that is later
MASS = 0.8


@dataclass(frozen=True)
class Ahead:
    """What lies before each member: days to the end of the term (0 or less: it has ended) and its length."""

    lead: Ints
    length: Ints

    @property
    def ended(self) -> npt.NDArray[np.bool_]:
        return self.lead <= 0


def within(ahead: Ahead, renewal: Floats, monthly: Floats, days: int) -> Floats:
    """(n,) chance of a lapse date in (today, today + days].

    `renewal` is the chance to lapse at each renewal, `monthly` to resign within 30 days. Where the term has
    ended the open renewal cannot fall in the window: only what comes after it can.
    """
    next_end = np.where(ahead.ended, ahead.lead + ahead.length, ahead.lead)
    renewals = np.where(next_end <= days, (days - next_end) // np.maximum(ahead.length, 1) + 1, 0)
    stays = (1 - monthly) ** (days / MONTH) * (1 - renewal) ** renewals
    return np.where(ahead.ended, (1 - renewal) * (1 - stays), 1 - stays)


def still_open(renewal: Floats, ahead: Ahead, late: Floats) -> Floats:
    """The chance to lapse once some days of grace have passed without a renewal (Bayes).

    `late[d]` is the share of renewals that begin `d` days after the end or later.
    """
    gone = np.clip(-ahead.lead, 0, len(late) - 1)
    waiting = np.where(ahead.ended, late[gone], 1.0)
    return renewal / np.maximum(renewal + (1 - renewal) * waiting, 1e-9)


def late_curve(delays: Ints, grace: int) -> Floats:
    """`late[d]`: share of renewals begun `d` days after the term's end or later, for d = 0 to grace."""
    counts = np.array([(delays >= d).sum() for d in range(grace + 1)], np.float64)
    counts[0] = len(delays)
    return (counts + 0.5) / (len(delays) + 0.5)


def lapse_dates(ahead: Ahead, renewal: Floats, monthly: Floats) -> tuple[Ints, Ints, Ints]:
    """(most likely, from, to) in days from today, given that the member lapses within the window.

    The most likely day is the end of the current term. The range is grown from there, first to the side with
    more mass, until it holds 80 % of the lapses of the window.
    """
    window = np.maximum(ahead.lead, YEAR).astype(np.float64)
    first = np.maximum(ahead.lead, 0).astype(np.float64)
    early = _leaves(monthly, first)
    atom = (1 - early) * renewal
    after = _later(ahead, renewal, monthly, window)
    total = early + atom + after
    short = np.clip(MASS * total - atom, 0, None)
    right = np.where(after > early, np.minimum(short, after), np.clip(short - early, 0, after))
    left = np.clip(short - right, 0, early)
    start = np.floor(first - first * left / np.maximum(early, 1e-12)).astype(np.int64)
    end = np.ceil(_reach(ahead, renewal, monthly, window, right)).astype(np.int64)
    over = ahead.ended
    return (
        ahead.lead,
        np.where(over, ahead.lead, np.where(left > 0, start, ahead.lead)),
        np.where(right > 0, np.maximum(end, ahead.lead), ahead.lead),
    )


def _leaves(monthly: Floats, days: Floats) -> Floats:
    return np.asarray(1 - (1 - monthly) ** (days / MONTH))


def _later(ahead: Ahead, renewal: Floats, monthly: Floats, window: Floats) -> Floats:
    """Chance to lapse between the next renewal and the end of the window."""
    first = np.maximum(ahead.lead, 0)
    renewals = np.floor((window - first) / np.maximum(ahead.length, 1))
    stays = (1 - renewal) ** renewals * (1 - _leaves(monthly, window - first))
    return np.asarray((1 - _leaves(monthly, first)) * (1 - renewal) * (1 - stays))


def _reach(ahead: Ahead, renewal: Floats, monthly: Floats, window: Floats, mass: Floats) -> Floats:
    """The day by which lapses worth `mass` have happened after the next renewal, term by term."""
    at = np.maximum(ahead.lead, 0).astype(np.float64)
    alive = (1 - _leaves(monthly, at)) * (1 - renewal)
    left, day = mass.copy(), at.copy()
    while (open_ := (left > 1e-12) & (at < window)).any():
        stop = np.minimum(at + np.maximum(ahead.length, 1), window)
        leaving = alive * _leaves(monthly, stop - at)
        used = np.clip(left / np.maximum(leaving, 1e-12), 0, 1)
        day = np.where(open_, at + used * (stop - at), day)
        left = np.where(open_, left - leaving, left)
        alive = alive - leaving
        lapsing = np.where(stop < at + ahead.length, 0.0, alive * renewal)
        day = np.where(open_ & (left > 1e-12), stop, day)
        left = np.where(open_, left - lapsing, left)
        alive, at = alive - lapsing, stop
    return day


def monthly_rate(events: float, exposure: float) -> tuple[float, float]:
    """(rate per 30 days, standard deviation of its logarithm) with half an event of caution."""
    if exposure <= 0:
        return 0.0, 0.0
    return (float(events) / float(exposure), float(1 / np.sqrt(events + 0.5))) if events else (0.0, 0.0)


def day_offsets(days: Any, offsets: Ints) -> npt.NDArray[Any]:
    return np.asarray(days + offsets.astype("timedelta64[D]"))
