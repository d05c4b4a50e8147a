"""The lines between high, medium and low risk. Compared on the number of 100, as it is shown. Pure."""

import math
from dataclasses import dataclass

NAMES = {"hi": "High", "md": "Medium", "lo": "Low"}
CADENCE = {
    "hi": ("call", "message", "notice"),
    "md": ("message", "notice"),
    "lo": ("notice",),  # the standard renewal notice and nothing else
}


def of_100(share: float) -> int:
    """A chance of 0 to 1 as people read it; halves go up."""
    return math.floor(share * 100 + 0.5)


@dataclass(frozen=True)
class Bands:
    """Where medium and high begin, of 100. What is given here holds until a policy says otherwise."""

    medium: int = 30
    high: int = 60

    @classmethod
    def of(cls, medium_from: float | None, high_from: float | None) -> "Bands":
        """From shares; what is not known is as it comes."""
        medium = cls.medium if medium_from is None else of_100(medium_from)
        return cls(medium, cls.high if high_from is None else of_100(high_from))

    def band(self, share: float) -> str:
        """hi, md or lo for a chance of 0 to 1."""
        shown = of_100(share)
        return "hi" if shown >= self.high else "md" if shown >= self.medium else "lo"

    def share_bounds(self, key: str) -> tuple[float, float]:
        """The chances that are shown within a band: from (included) and to (excluded)."""
        ends = {"hi": (self.high, 101), "md": (self.medium, self.high), "lo": (0, self.medium)}
        start, end = ends[key]
        return (start - 0.5) / 100, (end - 0.5) / 100


USUAL = Bands()
