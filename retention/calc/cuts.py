"""What a line through the scores would have meant on the association's own past. Pure.

Every finished membership of the held-out time is one decision: what the model said some weeks before its end,
and whether it lapsed. A decision at or over the line is one call.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from imis_ai.registry.calc.reading import Outcomes
from retention.calc.bands import of_100

DAYS_IN_WEEK = 7.0
CUTS = (20, 30, 40, 50, 60, 70, 80, 85, 90)
Ints = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Counts:
    """Decisions and lapses by score, 0 to 100, over so many weeks. No member is in it."""

    members: tuple[int, ...]
    lapsed: tuple[int, ...]
    weeks: float
    first: str
    last: str

    @property
    def total(self) -> int:
        return sum(self.members)

    def as_json(self) -> dict[str, Any]:
        return {**vars(self), "members": list(self.members), "lapsed": list(self.lapsed)}


@dataclass(frozen=True)
class Cut:
    """One line of the table. `caught` and `missed` are lapses, `wasted` calls to members who stayed."""

    at: int
    calls: int
    calls_a_week: float
    caught: int
    missed: int
    wasted: int

    @property
    def hit_rate(self) -> float:
        return self.caught / self.calls if self.calls else 0.0


def counted(told: Outcomes) -> Counts:
    """By score of 100, as it would have been shown."""
    score = np.array([of_100(float(share)) for share in told.said], np.int64)
    members = np.bincount(score, minlength=101)
    lapsed = np.bincount(score, weights=told.happened, minlength=101).astype(np.int64)
    first, last = told.day.min(), told.day.max()
    weeks = max(float((last - first) / np.timedelta64(1, "D")) / DAYS_IN_WEEK, 1.0)
    return Counts(tuple(members.tolist()), tuple(lapsed.tolist()), weeks, str(first), str(last))


def from_json(kept: dict[str, Any] | None) -> Counts | None:
    """As it was stored with a model; None for models from before it was kept."""
    if not kept:
        return None
    return Counts(tuple(kept["members"]), tuple(kept["lapsed"]), kept["weeks"], kept["first"], kept["last"])


def cut(counts: Counts, at: int) -> Cut:
    """What calling everybody from this score on would have meant."""
    calls, caught = sum(counts.members[at:]), sum(counts.lapsed[at:])
    missed = sum(counts.lapsed) - caught
    return Cut(at, calls, calls / counts.weeks, caught, missed, calls - caught)


def table(counts: Counts, cuts: Sequence[int] = CUTS) -> list[Cut]:
    return [cut(counts, at) for at in sorted(set(cuts))]


def for_capacity(counts: Counts, calls_a_week: float) -> int:
    """The lowest score from which that many calls a week reach everybody."""
    return next((at for at in range(1, 101) if cut(counts, at).calls_a_week <= calls_a_week), 100)


def for_share(counts: Counts, share: float) -> int:
    """The lowest score at or over which at most this share of the decisions lies."""
    most = share * counts.total
    return next((at for at in range(1, 101) if cut(counts, at).calls <= most), 100)
