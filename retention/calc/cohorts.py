"""What share of each cohort will renew next quarter, with its 80 % range, and how right that was. Pure.

A cohort's rate is drawn towards that of all members, the more the fewer terms it has; old quarters count
less.
The range holds the luck of few members, the doubt about the rate, and how far whole quarters have been off.
Everything said of a quarter is said from outcomes that were certain before it began.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from retention.calc import calibrate

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

SMALLEST = 10  # smaller cohorts are neither shown nor measured
FADE = 0.84  # of a quarter's weight is left one quarter later: half after four
LEAST, MOST = 8.0, 400.0  # terms' worth of belief in the rate of all members
BACK = 4
Z = 1.2816
OFF = 0.015  # how far a whole quarter is believed to be off before looking
YEARS, FEWEST = 2, 30
RISE, RISE_DOUBT = -0.4, 0.5  # log-odds at a higher price, before an association's own rises speak


@dataclass(frozen=True)
class Ends:
    """Terms that ended: quarter as a running number, cohort, renewed or not, since when that is certain, and
    whether the next term had a higher list price."""

    quarter: Ints
    cohort: Ints
    renewed: npt.NDArray[np.bool_]
    certain: npt.NDArray[np.datetime64]
    rising: npt.NDArray[np.bool_]

    def take(self, rows: npt.NDArray[Any]) -> "Ends":
        return Ends(
            self.quarter[rows], self.cohort[rows], self.renewed[rows], self.certain[rows], self.rising[rows]
        )

    def known(self, on: np.datetime64) -> "Ends":
        return self.take(np.flatnonzero(self.certain <= on))


class Rise(NamedTuple):
    """What a higher price adds to the log-odds of renewing, and the doubt about it."""

    shift: float
    doubt: float

    def of(self, share: Any) -> Any:
        """The share that renews at a higher price, for whom `share` would at the old one."""
        return calibrate.chance(calibrate.logit(share) + self.shift)


class Said(NamedTuple):
    """Of one cohort: members whose term ends in the quarter, the share expected to renew and its range."""

    cohort: int
    members: int
    expected: float
    low: float
    high: float


@dataclass(frozen=True)
class Tested:
    """How forecasts of past quarters came out: by quarter (inside, cohorts), errors by cohort."""

    quarters: list[tuple[int, int, int]]
    errors: dict[int, list[float]]

    @property
    def coverage(self) -> tuple[int, int]:
        return sum(row[1] for row in self.quarters), sum(row[2] for row in self.quarters)


def forecast(past: Ends, *, quarter: int, members: Ints, rising: Ints) -> list[Said]:
    """Each cohort of the quarter: `members` by cohort, and how many of them meet a higher price."""
    number, rise = len(members), price_rise(past)
    weight = FADE ** np.maximum(quarter - 1 - past.quarter, 0).astype(np.float64)
    ended = np.bincount(past.cohort, weights=weight, minlength=number)
    level = _level(past, weight, rise)
    # who renewed at a higher price counts as they would have done at the old one
    stayed = weight * (past.renewed + past.rising * (level - rise.of(level)))
    stayed = np.bincount(past.cohort, weights=stayed, minlength=number)
    belief = _belief(past, number)
    rate = np.clip((stayed + belief * level) / (ended + belief), 0.01, 0.99)
    doubt = rate * (1 - rate) / (ended + belief + 1)
    off, share = how_far_off(past, quarter=quarter), rising / np.maximum(members, 1)
    found = []
    for cohort in np.flatnonzero(members > 0).tolist():
        n, f = int(members[cohort]), float(share[cohort])
        p = float((1 - f) * rate[cohort] + f * rise.of(rate[cohort]))
        spread = p * (1 - p) / n + doubt[cohort] + off**2 + (f * rise.doubt * p * (1 - p)) ** 2
        half = Z * float(np.sqrt(spread))
        found.append(Said(cohort, n, p, max(0.0, p - half), min(1.0, p + half)))
    return found


def price_rise(past: Ends) -> Rise:
    """Learned from renewals at a higher price beside the others, drawn towards the stated prior."""
    hits, n = past.renewed[past.rising], int(past.rising.sum())
    others, m = past.renewed[~past.rising], int((~past.rising).sum())
    precision = RISE_DOUBT**-2
    if min(n, m) < FEWEST:
        return Rise(RISE, RISE_DOUBT)
    p, q = (np.clip(part.mean(), 0.02, 0.98) for part in (hits, others))
    told = 1 / (1 / (n * p * (1 - p)) + 1 / (m * q * (1 - q)))
    gap = float(calibrate.logit(p) - calibrate.logit(q))
    shift = (precision * RISE + told * gap) / (precision + told)
    return Rise(float(shift), float((precision + told) ** -0.5))


def _level(past: Ends, weight: Floats, rise: Rise) -> float:
    """The share of all that renews at an unchanged price, of late."""
    if not len(weight):
        return 0.8
    plain = float(np.average(past.renewed, weights=weight))
    higher = float(np.average(past.rising, weights=weight))
    return float(np.clip(plain + higher * (plain - rise.of(plain)), 0.02, 0.98))


def _belief(past: Ends, number: int) -> float:
    """Terms' worth of belief in the common rate, from how much cohorts differ beyond luck."""
    n = np.bincount(past.cohort, minlength=number).astype(np.float64)
    hits = np.bincount(past.cohort, weights=past.renewed, minlength=number)
    rows = n >= SMALLEST
    if rows.sum() < 3:
        return MOST / 4
    overall = float(hits.sum() / n.sum())
    rate = hits[rows] / n[rows]
    luck = overall * (1 - overall) / n[rows]
    between = float(np.average((rate - overall) ** 2 - luck, weights=n[rows]))
    return float(np.clip(overall * (1 - overall) / max(between, 1e-6), LEAST, MOST))


def how_far_off(past: Ends, *, quarter: int) -> float:
    """How far whole quarters were from what the quarters before them said, beyond luck and known rises."""
    rise, gaps = price_rise(past), []
    for each in range(quarter - YEARS * 4, quarter):
        own = past.take(np.flatnonzero(past.quarter == each))
        before = past.take(np.flatnonzero(past.quarter < each))
        if min(len(own.quarter), len(before.quarter)) < FEWEST:
            continue
        weight = FADE ** (each - 1 - before.quarter).astype(np.float64)
        level, f = _level(before, weight, rise), float(own.rising.mean())
        usual = float((1 - f) * level + f * rise.of(level))
        gaps.append((float(own.renewed.mean()) - usual) ** 2 - usual * (1 - usual) / len(own.quarter))
    if len(gaps) < 2:
        return OFF
    return float(np.sqrt(max((sum(gaps) + OFF**2) / (len(gaps) + 1), (OFF / 3) ** 2)))


def backtest(ends: Ends, *, quarters: Sequence[int], starts: Sequence[np.datetime64]) -> Tested:
    """The forecast of each past quarter, made on its first day, against what happened."""
    rows: list[tuple[int, int, int]] = []
    errors: dict[int, list[float]] = {}
    number = int(ends.cohort.max(initial=0)) + 1
    for quarter, start in zip(quarters, starts, strict=True):
        own = ends.quarter == quarter
        members = np.bincount(ends.cohort[own], minlength=number)
        stayed = np.bincount(ends.cohort[own], weights=ends.renewed[own], minlength=number)
        rising = np.bincount(ends.cohort[own], weights=ends.rising[own], minlength=number)
        said = forecast(ends.known(start), quarter=quarter, members=members, rising=rising)
        inside = measured = 0
        for each in said:
            if each.members < SMALLEST:
                continue
            happened = stayed[each.cohort] / each.members
            measured += 1
            inside += bool(each.low - 1e-9 <= happened <= each.high + 1e-9)
            errors.setdefault(each.cohort, []).append(abs(happened - each.expected))
        rows.append((quarter, inside, measured))
    return Tested(rows, errors)


def kept(join: Ints, age: Ints, renewed: npt.NDArray[np.bool_]) -> dict[tuple[int, int], tuple[int, int]]:
    """(join year, year of membership) -> (terms that ended, renewed), cells of at least SMALLEST terms."""
    found = {}
    for year in np.unique(join).tolist():
        for nth in np.unique(age[join == year]).tolist():
            rows = (join == year) & (age == nth)
            if rows.sum() >= SMALLEST:
                found[year, nth] = int(rows.sum()), int(renewed[rows].sum())
    return found
