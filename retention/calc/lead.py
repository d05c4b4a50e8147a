"""How long before a lapse a member was first flagged. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass

from retention.calc.shares import Share, share

AHEAD = (30, 60, 90)


@dataclass(frozen=True)
class Lead:
    """Lapsers, those flagged beforehand, and the days between flag and lapse: quartiles and shares."""

    lapsed: int
    caught: Share
    quartiles: tuple[int, int, int]
    at_least: dict[int, Share]  # of all who lapsed, how many were flagged so many days ahead
    by_month: list[tuple[int, int]]  # months ahead, how many


def lead(days: Sequence[int | None]) -> Lead:
    """`days` per lapser: from the first flag to the lapse, None for who was never flagged before it."""
    known = sorted(day for day in days if day is not None and day > 0)
    n = len(days)
    counts: dict[int, int] = {}
    for day in known:
        counts[day // 30] = counts.get(day // 30, 0) + 1
    return Lead(
        n,
        share(len(known), n),
        (_part(known, 1), _part(known, 2), _part(known, 3)),
        {ahead: share(sum(day >= ahead for day in known), n) for ahead in AHEAD},
        sorted(counts.items()),
    )


def _part(days: Sequence[int], quarter: int) -> int:
    return days[min(len(days) - 1, len(days) * quarter // 4)] if days else 0
