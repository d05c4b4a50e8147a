"""Resigning before the term ends: how often, who, and in which part of a term. Pure.

A member's pace is the rate of the association, times what the member's own data say, times the pace of the
part of the term that lies ahead: at many associations nobody resigns in the first or the last month.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from imis_ai.features import labels
from retention.calc import additive, calibrate, smooth
from retention.calc.additive import Additive, Codes, Grid
from retention.calc.rows import LEAD, LENGTH, Rows

PHASES = 24  # parts of a term, all as long: half months of a year
MONTH = 30.0
DAY = np.timedelta64(1, "D")
WINDOW = 30 * DAY  # each snapshot tells who left in the days that follow it
FEWEST = 60  # resignations from which it is learned who resigns
STRETCH_SD = 1.0  # how far from 1 the stretch is believed to be before looking
MOST_MONTHLY = 0.9
LEAST_EXPOSED = 0.02  # months; a shorter look says nothing
BELIEFS = np.geomspace(0.5, 1e4, 60)  # resignations' worth of belief in an even pace

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Ahead:
    """What lies before each member: days to the end of the term (0 or less: it has ended) and its length."""

    lead: Ints
    length: Ints

    @property
    def ended(self) -> npt.NDArray[np.bool_]:
        return self.lead <= 0

    def spent(self, days: Any) -> Iterator[Floats]:
        """Per part of a term, (n,) months in it, in this term or later, within so many days from today."""
        length, begin = np.maximum(self.length, 1), (self.length - self.lead).astype(np.float64)
        part = length / PHASES
        before, after = begin // length, (begin + days) // length
        at, to = begin - before * length, begin + days - after * length
        whole, done = (after - before) * part, np.zeros(len(length))
        for phase in range(PHASES):
            until = np.minimum(to, (phase + 1) * part) - np.minimum(at, (phase + 1) * part)
            yield np.asarray((whole + until - done) / MONTH)
            done = until


@dataclass(frozen=True)
class Pace:
    """Per part of a term: how fast members resign against the average, and the doubt about its logarithm."""

    share: Floats = field(default_factory=lambda: np.ones(PHASES))
    doubt: Floats = field(default_factory=lambda: np.zeros(PHASES))

    def months(self, ahead: Ahead, days: Any) -> tuple[Floats, Floats]:
        """(months of average pace within `days` from today, doubt about their logarithm)."""
        total, variance = np.zeros(len(ahead.lead)), np.zeros(len(ahead.lead))
        for spent, share, doubt in zip(ahead.spent(days), self.share, self.doubt, strict=True):
            own = share * spent
            total, variance = total + own, variance + (doubt * own) ** 2
        return total, np.sqrt(variance) / np.maximum(total, 1e-12)

    def when(self, ahead: Ahead, months: Floats) -> Floats:
        """Days from today until that many months of average pace have been spent."""
        begin = (ahead.length - ahead.lead).astype(np.float64)
        part = np.maximum(ahead.length, 1) / PHASES
        step = np.floor(begin / part).astype(np.int64)
        left, day = months.astype(np.float64), np.zeros(len(begin))
        until = (step + 1) * part - begin
        while (open_ := left > 1e-12).any():
            spent = self.share[step % PHASES] * until / MONTH
            day = np.where(open_, day + until * np.minimum(left / np.maximum(spent, 1e-12), 1), day)
            left = np.where(open_, left - spent, left)
            step, until = step + 1, part
        return day


@dataclass(frozen=True)
class Leaving:
    """Rate per month of 30 days, the doubt about its logarithm, who resigns (if that is known), and when.

    `stretch`: how much of what `who` says about a member holds for members it has not seen, and the doubt
    about that.
    """

    monthly: float = 0.0
    doubt: float = 0.0
    who: Additive | None = None
    pace: Pace = field(default_factory=Pace)
    stretch: tuple[float, float] = (1.0, 0.0)

    def rate(self, rows: Rows) -> tuple[Floats, Floats]:
        """(n,) chance to resign in a month of average pace, and the doubt about its logarithm."""
        if self.who is None:
            return np.full(len(rows), self.monthly), np.full(len(rows), self.doubt)
        codes = self.who.grid.codes(rows.x, rows.names)
        share, sd = self.stretch
        off = self.who.score(codes) - self.who.usual_score
        monthly = calibrate.chance(calibrate.logit(self.monthly) + share * off)
        spread = share * self.who.spread(codes) if share else 0.0
        return monthly, np.sqrt(self.doubt**2 + spread**2 + (sd * off) ** 2)


def chance(monthly: Floats, months: Floats) -> Floats:
    """The chance to resign within so many months of average pace."""
    return np.asarray(1 - (1 - monthly) ** months)


def learn(rows: Rows, book: labels.Terms, grid: Grid, *, by: np.datetime64, grace: int, seed: int) -> Leaving:
    """From the book as it was known by `by`, and snapshots whose following month was certain by then.

    The parts of a term are told apart by the book, which holds whole terms; who resigns, and how often of
    late, by the snapshots. `grid`: features worth a look.
    """
    part = rows.take(np.flatnonzero(~rows.in_grace & (rows.day + WINDOW + (grace + 1) * DAY <= by)))
    left = part.resigned & (part.on < part.day + WINDOW)
    pace, evenly = _pace(book, before=by - (grace + 1) * DAY)
    exposed, _ = pace.months(Ahead(part.lead, part.length), np.clip(part.lead, 0, MONTH))
    rate, doubt = monthly_rate(float(left.sum()), float(exposed.sum()))
    doubt *= evenly  # the rest of it is in the doubt about each part of a term
    if left.sum() < FEWEST:
        return Leaving(rate, doubt, None, pace)
    small = grid.take([j for j, name in enumerate(grid.names) if name not in (LEAD, LENGTH)])
    seen = np.flatnonzero(exposed > LEAST_EXPOSED)
    codes = small.codes(part.x[seen], part.names)
    y, weight = left[seen] / exposed[seen], exposed[seen]
    who = additive.relative(smooth.fit(small, codes, y, weight, seed=seed), codes, weight)
    return Leaving(rate, doubt, who, pace, _stretch(small, codes, y, weight, part.member[seen], seed))


def _stretch(
    grid: Grid, codes: Codes, y: Floats, weight: Floats, member: npt.NDArray[Any], seed: int
) -> tuple[float, float]:
    """How much members of one half show of what was learned from the other half, and the doubt about it."""
    _, code = np.unique(member, return_inverse=True)
    half = np.random.default_rng(seed).random(code.max() + 1)[code] < 0.5
    off = np.zeros(len(y))
    for side in (half, ~half):
        learned = smooth.fit(grid, codes[side], y[side], weight[side], seed=seed)
        off[~side] = learned.score(codes[~side]) - learned.usual_score
    _, slope = calibrate.line(off, y, weight, slope_sd=STRETCH_SD)
    told = float(
        (weight * y).sum() * np.average((off - np.average(off, weights=weight)) ** 2, weights=weight)
    )
    return min(slope, 1.0), float(1 / np.sqrt(told + STRETCH_SD**-2))


def monthly_rate(events: float, exposure: float) -> tuple[float, float]:
    """(rate per 30 days, standard deviation of its logarithm) with half an event of caution."""
    if exposure <= 0:
        return 0.0, 0.0
    return (float(events) / float(exposure), float(1 / np.sqrt(events + 0.5))) if events else (0.0, 0.0)


def _pace(book: labels.Terms, *, before: np.datetime64) -> tuple[Pace, float]:
    """(pace, share of it that is believed to be even).

    The resignations of each part of a term, drawn to an even pace as far as luck alone could part them.
    """
    begun = book.take(np.flatnonzero(book.start < before))
    length = ((begun.end - begun.start) / DAY).astype(np.int64) + 1
    ahead, until = Ahead(length, length), np.minimum(np.minimum(begun.end + DAY, begun.resigned), before)
    days = ((until - begun.start) / DAY).astype(np.float64)
    exposed = np.array([spent.sum() for spent in ahead.spent(days)])
    left = begun.resigned < before
    if not left.any() or not exposed.all():
        return Pace(), 1.0
    into = (days[left] / length[left] * PHASES).astype(np.int64)
    events = np.bincount(np.minimum(into, PHASES - 1), minlength=PHASES)
    even = exposed * events.sum() / exposed.sum()
    belief = max(BELIEFS.tolist(), key=lambda b: _likelihood(b, events, even))
    share = (events + belief) / (even + belief)
    share = share * exposed.sum() / (share * exposed).sum()
    return Pace(share, 1 / np.sqrt(events + belief)), float((belief / (even + belief)).mean())


def _likelihood(belief: float, events: Ints, even: Floats) -> float:
    """Of these counts, where each part of a term has a pace of its own, spread around 1 by 1 / `belief`."""
    found = [
        math.lgamma(n + belief) - (n + belief) * math.log(e + belief)
        for n, e in zip(events, even, strict=True)
    ]
    return float(sum(found)) + len(found) * (belief * math.log(belief) - math.lgamma(belief))


def pack(leaving: Leaving) -> dict[str, Any]:
    """Plain numbers and arrays, for storing."""
    return {
        "monthly": leaving.monthly, "doubt": leaving.doubt, "share": leaving.pace.share,
        "share_doubt": leaving.pace.doubt, "stretch": list(leaving.stretch),
        "who": additive.pack(leaving.who) if leaving.who else None,
    }  # fmt: skip


def unpack(stored: dict[str, Any]) -> Leaving:
    who = additive.unpack(stored["who"]) if stored["who"] else None
    return Leaving(
        stored["monthly"],
        stored["doubt"],
        who,
        Pace(stored["share"], stored["share_doubt"]),
        tuple(stored["stretch"]),
    )
