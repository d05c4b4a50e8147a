"""The chance that a member who left comes back within a year. Pure.

Where nothing is known the stated rates below hold: by reason, falling with time. An association's own returns
scale them, as a whole and by reason, the less the fewer there are. A regression that also looks at tenure and
earlier returns is measured beside it on later time and ships only when it was right more often.
"""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from retention.calc import calibrate, evaluate

Floats = npt.NDArray[np.float64]

YEAR = 365
STATED = {  # of 100 who left, how many come back within a year of the first months: what staff would guess
    "forgot": 0.25, "payment": 0.25, "price": 0.10, "service": 0.08, "unused": 0.08, "events": 0.08,
    "mail": 0.06, "committee": 0.08, "employer": 0.10, "moved": 0.04, "job": 0.05, "retired": 0.02,
    "died": 0.0, "unknown": 0.08,
}  # fmt: skip
FADING = (
    (180, 1.0),
    (365, 0.6),
    (10**6, 0.35),
)  # days since the lapse, share of the rate left
BELIEF = 5.0  # returns' worth of belief in the stated rates, once for all and once for each reason
RIDGE = 0.5
FOLDS = (5, 4, 3, 2)  # years back, each said from what was known at its beginning
FEWEST = 25  # returns on later time from which the regression may win
BASELINE, REGRESSION = "rates by reason and time", "regression"
Z = 1.2816


@dataclass(frozen=True)
class Rows:
    """One row per lapse and day of looking back at it; `returned`: within a year of that day."""

    reason: list[str]
    since: npt.NDArray[np.int64]  # days since the lapse
    tenure: Floats  # years before it
    terms: Floats
    resigned: Floats
    came_back: Floats  # had left and returned before
    day: npt.NDArray[Any]
    returned: Floats

    def __len__(self) -> int:
        return len(self.since)

    def take(self, rows: npt.NDArray[Any]) -> "Rows":
        own = [self.reason[int(k)] for k in rows]
        return Rows(
            own, self.since[rows], self.tenure[rows], self.terms[rows], self.resigned[rows],
            self.came_back[rows], self.day[rows], self.returned[rows],
        )  # fmt: skip


@dataclass(frozen=True)
class Scaled:
    """How far own returns scale the stated rates: (returns, expected) of all and by reason."""

    whole: tuple[float, float]
    by_reason: dict[str, tuple[float, float]]

    def chance(self, rows: Rows) -> tuple[Floats, Floats, Floats]:
        """(chance, low, high) of each row; the range is that of the scale."""
        base = stated(rows)
        found = {key: self._scale(key) for key in set(rows.reason)}
        parts = [np.array([found[key][k] for key in rows.reason]) for k in range(3)]
        middle, low, high = (np.clip(base * part, 0, 0.95) for part in parts)
        return middle, low, high

    def _scale(self, key: str) -> tuple[float, float, float]:
        overall = (self.whole[0] + BELIEF) / (self.whole[1] + BELIEF)
        returns, expected = self.by_reason.get(key, (0.0, 0.0))
        return _gamma(returns + BELIEF, (expected * overall + BELIEF) / overall)


@dataclass(frozen=True)
class Returning:
    """What ships and how it was measured."""

    kind: str
    scaled: Scaled
    beta: Floats | None
    figures: dict[str, Any]

    def chance(self, rows: Rows) -> tuple[Floats, Floats, Floats]:
        middle, low, high = self.scaled.chance(rows)
        if self.kind == BASELINE or self.beta is None:
            return middle, low, high
        own = calibrate.chance(_design(rows) @ self.beta)
        stretch = np.divide(own, middle, out=np.ones_like(own), where=middle > 0)
        return own, np.clip(low * stretch, 0, own), np.clip(high * stretch, own, 0.99)


def stated(rows: Rows) -> Floats:
    """The rates that hold before anybody's history speaks."""
    rate = np.array([STATED.get(key, STATED["unknown"]) for key in rows.reason])
    left = np.select([rows.since <= days for days, _ in FADING], [share for _, share in FADING])
    return np.asarray(rate * left, np.float64)


def scale(rows: Rows) -> Scaled:
    base, returned = stated(rows), rows.returned
    by_reason = {}
    for key in sorted(set(rows.reason)):
        own = np.array([each == key for each in rows.reason])
        by_reason[key] = (float(returned[own].sum()), float(base[own].sum()))
    return Scaled((float(returned.sum()), float(base.sum())), by_reason)


def learn(rows: Rows, *, today: np.datetime64, seed: int) -> Returning:
    """From rows whose year is over by `today`. Each of the last years is said from what was known before."""
    year = np.timedelta64(YEAR, "D")
    figures: dict[str, Any] = {"rows": len(rows), "returns": int(rows.returned.sum())}
    said: dict[str, list[Floats]] = {BASELINE: [], REGRESSION: []}
    happened: list[Floats] = []
    for back in FOLDS:
        cut = today - back * year
        earlier = rows.take(np.flatnonzero(rows.day + year <= cut))
        later = rows.take(np.flatnonzero((rows.day > cut) & (rows.day <= cut + year)))
        if earlier.returned.sum() < FEWEST or not len(later):
            continue
        happened.append(later.returned)
        said[BASELINE].append(scale(earlier).chance(later)[0])
        said[REGRESSION].append(calibrate.chance(_design(later) @ _fit(earlier)))
    y = np.concatenate(happened) if happened else np.zeros(0)
    kind, beta = BASELINE, None
    if y.sum() >= FEWEST:
        figures |= {"later": len(y), "later_returns": int(y.sum())}
        for name, parts in said.items():
            p = np.concatenate(parts)
            loss = round(evaluate.log_loss(p, y), 4)
            figures[name] = evaluate.measures(evaluate.Measured(p, y), seed=seed) | {"log_loss": loss}
        if figures[REGRESSION]["log_loss"] < figures[BASELINE]["log_loss"]:
            kind, beta = REGRESSION, _fit(rows)
    return Returning(kind, scale(rows), beta, figures | {"chosen": kind})


def _design(rows: Rows) -> Floats:
    base = calibrate.logit(np.clip(stated(rows), 0.002, 0.9))
    return np.column_stack(
        [
            np.ones(len(rows)), base, np.log1p(rows.since / 30.0), np.log1p(rows.tenure),
            np.log1p(rows.terms), rows.resigned, rows.came_back,
        ]
    )  # fmt: skip


def _fit(rows: Rows) -> Floats:
    design, y = _design(rows), rows.returned
    belief = np.zeros(design.shape[1])
    belief[1] = 1.0
    precision = np.append(1e-6, np.full(design.shape[1] - 1, RIDGE))
    theta = belief.copy()
    for _ in range(40):
        p = calibrate.chance(design @ theta)
        uphill = design.T @ (y - p) - precision * (theta - belief)
        bend = (design * np.maximum(p * (1 - p), 1e-9)[:, None]).T @ design + np.diag(precision)
        step = np.clip(np.linalg.solve(bend, uphill), -1, 1)
        theta = theta + step
        if np.abs(step).max() < 1e-6:
            break
    return np.asarray(theta)


def _gamma(shape: float, rate: float) -> tuple[float, float, float]:
    """(mean, 10 %, 90 %) of a gamma distribution, by Wilson and Hilferty."""
    ends = [shape / rate * max(1 - 1 / (9 * shape) + z / (3 * math.sqrt(shape)), 0.0) ** 3 for z in (-Z, Z)]
    return shape / rate, ends[0], ends[1]
