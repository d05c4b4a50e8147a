"""Geometry of drawings with two axes: said against happened, shifts, shares. Pure; templates draw it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

WIDTH = 420
LEFT, RIGHT = 46.0, WIDTH - 12.0
TOP, BOTTOM = 12.0, 232.0
STEM_TOP, STEM_BOTTOM = 256.0, 292.0


class Tick(NamedTuple):
    at: float
    word: str


class Said(NamedTuple):
    """One group of members: what was said and happened as shares, its range, how many."""

    said: float
    happened: float
    low: float
    high: float
    members: int


class Dot(NamedTuple):
    x: float
    y: float
    r: float
    top: float
    bottom: float
    title: str


class Box(NamedTuple):
    x: float
    y: float
    width: float
    height: float
    title: str


@dataclass(frozen=True)
class Calibration:
    dots: list[Dot]
    boxes: list[Box]
    across: list[Tick]
    up: list[Tick]
    diagonal: str
    most: str


def calibration(points: Sequence[Said], *, happened: str) -> Calibration:
    """Dots of what happened over what was said, sized by members, over a histogram of members."""
    largest = max((point.members for point in points), default=1)
    width = (RIGHT - LEFT) / 10

    def x(share: float) -> float:
        return round(LEFT + (RIGHT - LEFT) * share, 1)

    def y(share: float) -> float:
        return round(BOTTOM - (BOTTOM - TOP) * share, 1)

    dots, boxes = [], []
    for point in points:
        given = f"{point.members:,} members given {point.said * 100:.0f} of 100"
        words = f"{given}: {point.happened * 100:.0f} {happened}"
        radius = round(3 + 5 * (point.members / largest) ** 0.5, 1)
        dots.append(Dot(x(point.said), y(point.happened), radius, y(point.high), y(point.low), words))
        height = max((STEM_BOTTOM - STEM_TOP) * point.members / largest, 1.0)
        left = round(LEFT + width * min(int(point.said * 10), 9) + 1, 1)
        top = round(STEM_BOTTOM - height, 1)
        boxes.append(Box(left, top, round(width - 2, 1), round(height, 1), f"{point.members:,} members"))
    shares = (0.0, 0.25, 0.5, 0.75, 1.0)
    return Calibration(
        dots=dots,
        boxes=boxes,
        across=[Tick(x(share), f"{share * 100:.0f}") for share in shares],
        up=[Tick(y(share), f"{share * 100:.0f}") for share in shares],
        diagonal=f"M{x(0)} {y(0)}L{x(1)} {y(1)}",
        most=f"{largest:,}",
    )


class Bar(NamedTuple):
    y: float
    label: str
    length: float
    limit: float
    value: str
    moved: bool


@dataclass(frozen=True)
class Bars:
    rows: list[Bar]
    height: int


BAR_LEFT, BAR_RIGHT, ROW = 190.0, WIDTH - 44.0, 24
LONGEST_LABEL = 30


def bars(rows: Sequence[tuple[str, float, float, bool]]) -> Bars:
    """(label, value, limit, is beyond it) as bars with a mark where the limit is."""
    most = max([max(value, limit) for _, value, limit, _ in rows], default=1.0) or 1.0
    span = BAR_RIGHT - BAR_LEFT
    drawn = []
    for place, (label, value, limit, moved) in enumerate(rows):
        short = label if len(label) <= LONGEST_LABEL else label[: LONGEST_LABEL - 1].rstrip(" ,:") + "…"
        length = round(max(span * value / most, 1.0), 1)
        at = round(BAR_LEFT + span * limit / most, 1)
        drawn.append(Bar(6.0 + ROW * place, short, length, at, f"{value:.2f}", moved))
    return Bars(drawn, 12 + ROW * len(rows))


@dataclass(frozen=True)
class Months:
    dots: list[Dot]
    up: list[Tick]
    across: list[Tick]
    goal: float


MONTHS_BOTTOM = 128.0


def months(points: Sequence[tuple[str, Said]], *, goal: float) -> Months:
    """Shares by month with their ranges, over a line at what they are meant to be."""
    step = (RIGHT - LEFT) / max(len(points), 1)
    largest = max((point.members for _, point in points), default=1)

    def y(share: float) -> float:
        return round(MONTHS_BOTTOM - (MONTHS_BOTTOM - TOP) * share, 1)

    dots, across = [], []
    every = max(1, -(-len(points) // 6))
    for place, (label, point) in enumerate(points):
        x = round(LEFT + step * (place + 0.5), 1)
        radius = round(2.5 + 3 * (point.members / largest) ** 0.5, 1)
        title = f"{label}: {point.happened * 100:.0f} of 100 groups"
        dots.append(Dot(x, y(point.happened), radius, y(point.high), y(point.low), title))
        if place % every == 0:
            across.append(Tick(x, label))
    return Months(dots, [Tick(y(s), f"{s * 100:.0f}") for s in (0.0, 0.5, 1.0)], across, y(goal))
