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
STEPS = (0, 30, 60, 120, 210, 330)  # days to the end of the term where the rate of resigning may change
CAUTION = 1.0  # resignations at the overall rate that each step is believed to have had besides its own
HALVINGS = 12


@dataclass(frozen=True)
class Ahead:
    """What lies before each member: days to the end of the term (0 or less: it has ended) and its length."""

    lead: Ints
    length: Ints

    @property
    def ended(self) -> npt.NDArray[np.bool_]:
        return self.lead <= 0


@dataclass(frozen=True)
class Leaving:
    """How members resign mid-term: `rates` per 30 days by step before the end, times each one's `pace`."""

    rates: Floats  # (len(STEPS),)
    pace: Floats  # (n,), 1 for the average member
    ahead: Ahead

    def by(self, days: Any) -> Floats:
        """(n,) chance to have resigned within `days` days, a number or one for each member."""
        return np.asarray(1 - np.exp(-self.pace * self._mass(np.asarray(days, np.float64))))

    def between(self, low: Any, high: Any) -> Floats:
        """(n,) chance to resign after day `low` and by day `high`, given that it has not happened before."""
        passed = self._mass(np.asarray(high, np.float64)) - self._mass(np.asarray(low, np.float64))
        return np.asarray(1 - np.exp(-self.pace * np.maximum(passed, 0)))

    def at_pace(self, factor: Floats) -> "Leaving":
        return Leaving(self.rates, self.pace * factor, self.ahead)

    def _mass(self, days: Floats) -> Floats:
        """The rates summed up over the days ahead, term after term."""
        length = np.maximum(self.ahead.length, 1).astype(np.float64)
        first = np.where(self.ahead.ended, self.ahead.lead + length, self.ahead.lead).clip(0)
        beyond = np.maximum(days - first, 0)
        terms, rest = np.divmod(beyond, length)
        within_first = self._up_to(first) - self._up_to(np.maximum(first - days, 0))
        later = (terms + 1) * self._up_to(length) - self._up_to(length - rest)
        return np.asarray(within_first + np.where(beyond > 0, later, 0))

    def _up_to(self, lead: Floats) -> Floats:
        """The rates summed up over the last `lead` days of a term."""
        steps = np.array([*STEPS, 10_000], np.float64)
        total = np.concatenate([[0.0], np.cumsum(self.rates * np.diff(steps))]) / MONTH
        return np.asarray(np.interp(lead, steps, total))


def rates_of_leaving(lead: Ints, exposed: Ints, left_at: Ints) -> tuple[Floats, float]:
    """((steps,) rates per 30 days, standard deviation of their logarithm).

    `lead` is how far the end was at the start of each look, `exposed` for how many days it was looked at, and
    `left_at` how far the end was when somebody left.
    """
    steps = np.array([*STEPS, 10_000], np.float64)
    high, low = lead[:, None], (lead - exposed)[:, None]
    days = np.clip(np.minimum(high, steps[1:]) - np.maximum(low, steps[:-1]), 0, None).sum(axis=0)
    events = np.histogram(left_at, bins=steps)[0].astype(np.float64)
    if not events.sum() or not days.sum():
        return np.zeros(len(STEPS)), 0.0
    overall = events.sum() / (days.sum() / MONTH)
    rates = (events + CAUTION) / (days / MONTH + CAUTION / overall)
    return np.asarray(rates), float(1 / np.sqrt(events.sum() + 0.5))


def within(ahead: Ahead, renewal: Floats, leaving: Leaving, days: int) -> Floats:
    """(n,) chance of a lapse date in (today, today + days].

    `renewal` is the chance to lapse at each renewal. Where the term has ended the open renewal cannot fall in
    the window: only what comes after it can.
    """
    next_end = np.where(ahead.ended, ahead.lead + ahead.length, ahead.lead)
    renewals = np.where(next_end <= days, (days - next_end) // np.maximum(ahead.length, 1) + 1, 0)
    stays = (1 - leaving.by(days)) * (1 - renewal) ** renewals
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


def lapse_dates(ahead: Ahead, renewal: Floats, leaving: Leaving) -> tuple[Ints, Ints, Ints]:
    """(most likely, from, to) in days from today, given that the member lapses within the window.

    The most likely day is the end of the current term. The range is grown from there, first to the side with
    more mass, until it holds 80 % of the lapses of the window.
    """
    window = np.maximum(ahead.lead, YEAR).astype(np.float64)
    first = np.maximum(ahead.lead, 0).astype(np.float64)
    early = leaving.by(first)
    atom = (1 - early) * renewal
    after = _later(ahead, renewal, leaving, window)
    total = early + atom + after
    short = np.clip(MASS * total - atom, 0, None)
    right = np.where(after > early, np.minimum(short, after), np.clip(short - early, 0, after))
    left = np.clip(short - right, 0, early)
    start = np.floor(_day_when(leaving, early - left, first)).astype(np.int64)
    end = np.ceil(_reach(ahead, renewal, leaving, window, right)).astype(np.int64)
    over = ahead.ended
    return (
        ahead.lead,
        np.where(over, ahead.lead, np.where(left > 0, start, ahead.lead)),
        np.where(right > 0, np.maximum(end, ahead.lead), ahead.lead),
    )


def _day_when(leaving: Leaving, share: Floats, latest: Floats) -> Floats:
    """The first day, at most `latest`, by which this share has resigned."""
    low, high = np.zeros(len(share)), latest.copy()
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        is_past = leaving.by(middle) >= share
        low, high = np.where(is_past, low, middle), np.where(is_past, middle, high)
    return low


def _later(ahead: Ahead, renewal: Floats, leaving: Leaving, window: Floats) -> Floats:
    """Chance to lapse between the next renewal and the end of the window."""
    first = np.maximum(ahead.lead, 0)
    renewals = np.floor((window - first) / np.maximum(ahead.length, 1))
    stays = (1 - renewal) ** renewals * (1 - leaving.between(first, window))
    return np.asarray((1 - leaving.by(first)) * (1 - renewal) * (1 - stays))


def _reach(ahead: Ahead, renewal: Floats, leaving: Leaving, window: Floats, mass: Floats) -> Floats:
    """The day by which lapses worth `mass` have happened after the next renewal, term by term."""
    at = np.maximum(ahead.lead, 0).astype(np.float64)
    alive = (1 - leaving.by(at)) * (1 - renewal)
    left, day = mass.copy(), at.copy()
    while (open_ := (left > 1e-12) & (at < window)).any():
        stop = np.minimum(at + np.maximum(ahead.length, 1), window)
        gone = alive * leaving.between(at, stop)
        used = np.clip(left / np.maximum(gone, 1e-12), 0, 1)
        day = np.where(open_, at + used * (stop - at), day)
        left = np.where(open_, left - gone, left)
        alive = alive - gone
        lapsing = np.where(stop < at + ahead.length, 0.0, alive * renewal)
        day = np.where(open_ & (left > 1e-12), stop, day)
        left = np.where(open_, left - lapsing, left)
        alive, at = alive - lapsing, stop
    return day


def day_offsets(days: Any, offsets: Ints) -> npt.NDArray[Any]:
    return np.asarray(days + offsets.astype("timedelta64[D]"))
