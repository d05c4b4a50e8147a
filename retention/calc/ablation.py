"""What a part of the data is worth: one training with it, one without, on the same later time. Pure."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from imis_ai.features import labels
from retention.calc import calibrate, evaluate, training
from retention.calc.rows import Rows

Floats = npt.NDArray[np.float64]
FIRST = 0.2  # of the members: those put first, whom staff could look at
FEWEST = 30  # of a group who stayed, before it counts for a gap
REPEATS = 200


@dataclass(frozen=True)
class Seen:
    """Chances about 45 days before the term ended, and what happened; `member` in the same order."""

    member: npt.NDArray[np.str_]
    chance: Floats
    lapsed: Floats


@dataclass(frozen=True)
class Gap:
    """Widest distance between groups of one kind in the share of those who stayed that is put first."""

    size: float
    most: str = ""
    least: str = ""


@dataclass(frozen=True)
class Worth:
    """Shares of the lapses that stand among those put first; `low` to `high`: range of the gain."""

    found_with: float
    found_without: float
    low: float
    high: float
    lapses: int
    members: int

    @property
    def gain(self) -> float:
        return self.found_with - self.found_without


def without(rows: Rows, names: Collection[str]) -> Rows:
    """The rows as if these features had never been there."""
    kept = [i for i, name in enumerate(rows.names) if name not in names]
    return replace(rows, names=[rows.names[i] for i in kept], x=rows.x[:, kept])


def look(rows: Rows, book: labels.Terms, *, as_of: np.datetime64, grace: int, seed: int) -> Seen | None:
    """Train by the newest cut, and say what is said of the decisions after it; None where there are none."""
    twin = training.newest_twin(rows, book, as_of=as_of, grace=grace, seed=seed)
    if twin is None:
        return None
    return Seen(twin.later.member, calibrate.chance(twin.raw()), twin.y)


def compare(more: Seen, less: Seen, *, seed: int) -> Worth:
    """The same decisions, seen with more and with less; the range by drawing members anew."""
    if more.member.tolist() != less.member.tolist():
        raise ValueError("Both must have been measured on the same decisions.")
    rng = np.random.default_rng(seed)
    gains = []
    for _ in range(REPEATS):
        rows = rng.integers(0, len(more.lapsed), len(more.lapsed))
        if more.lapsed[rows].any():
            gains.append(found(_some(more, rows)) - found(_some(less, rows)))
    gain = found(more) - found(less)
    low, high = np.quantile(gains, [0.1, 0.9]) if gains else (gain, gain)
    ends = min(float(low), gain), max(float(high), gain)  # few lapses come in steps
    return Worth(found(more), found(less), *ends, int(more.lapsed.sum()), len(more.lapsed))


def found(seen: Seen) -> float:
    """Of the lapses, the share among the fifth put first."""
    size = max(round(len(seen.lapsed) * FIRST), 1)
    return evaluate.caught(seen.chance, seen.lapsed, size) / max(float(seen.lapsed.sum()), 1.0)


def widest_gap(seen: Seen, groups: Mapping[str, Sequence[str]]) -> Gap:
    """Over all kinds of groups: where those who stay are put first most and least often."""
    size = max(round(len(seen.lapsed) * FIRST), 1)
    first = np.zeros(len(seen.lapsed), bool)
    first[np.argsort(-seen.chance, kind="stable")[:size]] = True
    stayed = seen.lapsed == 0
    widest = Gap(0.0)
    for labels_of in groups.values():
        own = np.array(list(labels_of))
        rates = {
            name: float(first[stayed & (own == name)].mean())
            for name in sorted(set(own.tolist()) - {""})
            if (stayed & (own == name)).sum() >= FEWEST
        }
        if len(rates) > 1:
            most, least = max(rates, key=lambda name: rates[name]), min(rates, key=lambda name: rates[name])
            if rates[most] - rates[least] > widest.size:
                widest = Gap(rates[most] - rates[least], most, least)
    return widest


def _some(seen: Seen, rows: npt.NDArray[np.int64]) -> Seen:
    return Seen(seen.member[rows], seen.chance[rows], seen.lapsed[rows])
