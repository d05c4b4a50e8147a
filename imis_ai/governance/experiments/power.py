"""What a comparison of this size can see, said before it starts. Pure.

The smallest true difference that a two-sided test of this level finds with the stated power, by the normal
approximation with the base rate in both arms: z * sqrt(p (1 - p) (1 / n1 + 1 / n0)) (Fleiss, Levin and Paik,
"Statistical Methods for Rates and Proportions", 3rd edition, 2003, chapter 4).
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import NormalDist

from imis_ai.ui import words

POWER = 0.8
UNKNOWN_RATE = 0.5  # the widest; where nothing is known of the past


@dataclass(frozen=True)
class Visible:
    """Points that can be seen in one cycle and after several; `room` is what is left above the base rate."""

    points: int
    cycles: int
    points_pooled: int
    room: int

    @property
    def is_hopeless(self) -> bool:
        """Even if everybody renewed, one cycle would not show it."""
        return self.points > self.room


def smallest(
    *, n1: float, n0: float, rate: float, level: float = 0.95, cycles: int = 1, power: float = POWER
) -> float:
    """The difference, as a share, that is found with this power."""
    z = NormalDist().inv_cdf((1 + level) / 2) + NormalDist().inv_cdf(power)
    return z * math.sqrt(rate * (1 - rate) * (1 / max(n1, 1) + 1 / max(n0, 1)) / cycles)


def visible(
    *, members: int, rate: float, shares: Sequence[float], level: float = 0.95, cycles: int = 3
) -> Visible:
    """For the comparison of the base (the first share) with the smallest other arm; the level is divided."""
    n0, n1 = members * shares[0], members * min(shares[1:])
    each = 1 - (1 - level) / (len(shares) - 1)
    once, pooled = (
        _points(smallest(n1=n1, n0=n0, rate=rate, level=each, cycles=number)) for number in (1, cycles)
    )
    return Visible(once, cycles, pooled, math.floor((1 - rate) * 100))


def note(
    *, members: int, rate: float | None, shares: Sequence[float], level: float = 0.95, cycles: int = 3
) -> str:
    """The honest sentence before the start."""
    found = visible(
        members=members, rate=rate or UNKNOWN_RATE, shares=shares, level=level, cycles=max(cycles, 2)
    )
    known = f"at {rate * 100:.0f} % renewal" if rate else "with renewal not known"
    said = f"{words.plural(members, 'member')} {known}, {_divided(shares)}: you can see "
    after = f"{found.points_pooled} after {_word(found.cycles)}"
    said += f"{words.plural(found.points, 'point')} this cycle, {after}."
    if found.is_hopeless and rate:
        said += f" Only {words.plural(found.room, 'point')} are left to gain, so one cycle cannot show it."
    return said


def _points(share: float) -> int:
    return math.ceil(round(share * 100, 6))


def _divided(shares: Sequence[float]) -> str:
    if max(shares) - min(shares) < 0.005:
        return {2: "halved", 3: "in three equal parts"}.get(len(shares), f"in {len(shares)} equal parts")
    return "divided " + " to ".join(f"{share * 100:.0f}" for share in shares)


def _word(number: int) -> str:
    return {2: "two", 3: "three", 4: "four", 5: "five", 6: "six"}.get(number, str(number))
