"""From the chance at a renewal and the pace of resigning to chances by day. Pure.

A member can lapse at the end of a term (no renewal within grace) or on any day by resigning. Both make
one curve over days, so a longer horizon can never have a smaller chance.
"""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from retention.calc.leaving import Ahead

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


def within(ahead: Ahead, renewal: Floats, leaves: Floats, days: int) -> Floats:
    """(n,) chance of a lapse date in (today, today + days].

    `renewal` is the chance to lapse at each renewal, `leaves` to resign within those days. Where the term has
    ended the open renewal cannot fall in the window: only what comes after it can.
    """
    next_end = np.where(ahead.ended, ahead.lead + ahead.length, ahead.lead)
    renewals = np.where(next_end <= days, (days - next_end) // np.maximum(ahead.length, 1) + 1, 0)
    stays = (1 - leaves) * (1 - renewal) ** renewals
    return np.where(ahead.ended, (1 - renewal) * (1 - stays), 1 - stays)


def together(middle: Floats, *doubts: Sequence[Floats]) -> tuple[Floats, Floats]:
    """(low, high) around `middle`, from the two ends that each doubt by itself would give."""
    down, up = np.zeros(len(middle)), np.zeros(len(middle))
    for ends in doubts:
        down = np.hypot(down, middle - np.minimum(middle, np.minimum(ends[0], ends[1])))
        up = np.hypot(up, np.maximum(middle, np.maximum(ends[0], ends[1])) - middle)
    return np.maximum(middle - down, 0.0), np.minimum(middle + up, 1.0)


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
