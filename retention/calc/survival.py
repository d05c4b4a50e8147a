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
    window = np.maximum(np.maximum(ahead.lead, 0), YEAR).astype(np.float64)
    first = np.maximum(ahead.lead, 0).astype(np.float64)
    early = 1 - (1 - monthly) ** (first / MONTH)
    atom = (1 - early) * renewal
    after = _later_mass(ahead, renewal, monthly, window)
    total = np.maximum(early + atom + after, 1e-12)
    short = np.clip(MASS - atom / total, 0, None) * total
    right_first = after > early
    right = np.where(right_first, np.minimum(short, after), np.clip(short - early, 0, after))
    left = np.clip(short - right, 0, early)
    start = first - first * left / np.maximum(early, 1e-12)
    reach = np.minimum(right / np.maximum(after, 1e-12), 1.0)
    end = first + _quantile_later(ahead, renewal, reach) * (window - first)
    most = ahead.lead
    held = ahead.ended & (right <= 0)
    return (
        most,
        np.where(ahead.ended, most, np.floor(start)).astype(np.int64),
        np.where(held, most, np.ceil(end)).astype(np.int64),
    )


def _later_mass(ahead: Ahead, renewal: Floats, monthly: Floats, window: Floats) -> Floats:
    """Chance to lapse between the next renewal and the end of the window."""
    first = np.maximum(ahead.lead, 0)
    renewals = np.floor((window - first) / np.maximum(ahead.length, 1))
    stays = (1 - renewal) ** renewals * (1 - monthly) ** ((window - first) / MONTH)
    return (1 - monthly) ** (first / MONTH) * (1 - renewal) * (1 - stays)


def _quantile_later(ahead: Ahead, renewal: Floats, share: Floats) -> Floats:
    """Where in the rest of the window (0 to 1) the given share of its lapses has happened."""
    first = np.maximum(ahead.lead, 0)
    renewals = np.maximum((np.maximum(first, YEAR) - first) / np.maximum(ahead.length, 1), 1e-9)
    left = (1 - renewal) ** renewals
    flat = (1 - left) < 1e-6
    base = np.clip(1 - renewal, 1e-9, 1 - 1e-9)
    done = np.log(np.clip(1 - share * (1 - left), 1e-12, 1)) / (renewals * np.log(base))
    return np.clip(np.where(flat | (renewals < 1), share, done), 0, 1)


def monthly_rate(events: float, exposure: float) -> tuple[float, float]:
    """(rate per 30 days, standard deviation of its logarithm) with half an event of caution."""
    if exposure <= 0:
        return 0.0, 0.0
    return (float(events) / float(exposure), float(1 / np.sqrt(events + 0.5))) if events else (0.0, 0.0)


def day_offsets(days: Any, offsets: Ints) -> npt.NDArray[Any]:
    return np.asarray(days + offsets.astype("timedelta64[D]"))
