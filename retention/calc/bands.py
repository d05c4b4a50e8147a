"""The line between high, medium and low risk, in one place. Of 100, on the number as it is shown."""

import math

HIGH, MEDIUM = 60, 30
NAMES = {"hi": "High", "md": "Medium", "lo": "Low"}
STARTS = {"hi": HIGH, "md": MEDIUM, "lo": 0}
ENDS = {"hi": 101, "md": HIGH, "lo": MEDIUM}


def of_100(share: float) -> int:
    """A chance of 0 to 1 as people read it; halves go up."""
    return math.floor(share * 100 + 0.5)


def band(share: float) -> str:
    """hi, md or lo for a chance of 0 to 1."""
    shown = of_100(share)
    return "hi" if shown >= HIGH else "md" if shown >= MEDIUM else "lo"


def share_bounds(key: str) -> tuple[float, float]:
    """The chances that are shown within a band: from (included) and to (excluded)."""
    return (STARTS[key] - 0.5) / 100, (ENDS[key] - 0.5) / 100
