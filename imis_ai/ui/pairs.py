"""Geometry of drawings that set groups side by side: now and before, and a grid of shares. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

WIDTH = 560
LEFT, RIGHT, ROW, HEAD = 218.0, WIDTH - 16.0, 30, 8
SHADES = 7


class Side(NamedTuple):
    """One group: its name, the share now with its range, the share before (None: not known)."""

    label: str
    now: float
    low: float
    high: float
    before: float | None


class Tick(NamedTuple):
    x: float
    word: str


class Pair(NamedTuple):
    y: float
    label: str
    x: float
    low: float
    high: float
    before: float | None
    title: str


@dataclass(frozen=True)
class Pairs:
    rows: list[Pair]
    ticks: list[Tick]
    width: int
    height: int
    foot: float


def pairs(sides: Sequence[Side]) -> Pairs:
    """A dot with its range per group, and a ring where it was before; from zero to the largest."""
    most = max([max(side.high, side.before or 0) for side in sides], default=0.1) or 0.1
    step = next(s for s in (0.05, 0.1, 0.2, 0.25, 0.5, 1.0) if most / s <= 5)
    top = step * -(-most // step)

    def x(share: float) -> float:
        return round(LEFT + (RIGHT - LEFT) * min(share, top) / top, 1)

    rows = []
    for place, side in enumerate(sides):
        was = "" if side.before is None else f", before {side.before * 100:.0f}"
        span = f"range {side.low * 100:.0f} to {side.high * 100:.0f}"
        title = f"{side.label}: {side.now * 100:.0f} of 100, {span}{was}"
        before = None if side.before is None else x(side.before)
        y = HEAD + ROW * (place + 0.5)
        rows.append(Pair(y, _short(side.label, 34), x(side.now), x(side.low), x(side.high), before, title))
    foot = float(HEAD + ROW * len(rows))
    ticks = [Tick(x(step * n), f"{step * n * 100:.0f}") for n in range(round(top / step) + 1)]
    return Pairs(rows, ticks, WIDTH, int(foot) + 24, foot)


class Slope(NamedTuple):
    label: str
    start: float
    end: float
    falls: bool
    title: str
    at: float  # where the label stands, clear of the others


@dataclass(frozen=True)
class Slopes:
    lines: list[Slope]
    marks: list[Tick]
    width: int
    height: int


SLOPE_LEFT, SLOPE_RIGHT, TOP, BOTTOM, APART = 46.0, 300.0, 24.0, 292.0, 15.0
STEPS = (0.02, 0.05, 0.1, 0.2, 0.5)


def slopes(rows: Sequence[tuple[str, float, float]]) -> Slopes:
    """(label, share before, share now): one line each from left to right; labels do not overlap."""
    values = [value for _, *both in rows for value in both] or [0.0, 1.0]
    step = next(s for s in STEPS if (max(values) - min(values)) / s <= 5)
    low, high = step * (min(values) // step), step * -(-max(values) // step)
    high = high if high > low else low + step

    def y(share: float) -> float:
        return round(BOTTOM - (BOTTOM - TOP) * (share - low) / (high - low), 1)

    lines, floor = [], TOP - APART
    for label, before, now in sorted(rows, key=lambda row: -row[2]):
        floor = max(y(now), floor + APART)
        title = f"{label}: {before * 100:.1f} before, {now * 100:.1f} expected"
        lines.append(Slope(_short(label, 28), y(before), y(now), now < before, title, round(floor, 1)))
    marks = [
        Tick(y(low + step * n), f"{(low + step * n) * 100:.0f}")
        for n in range(round((high - low) / step) + 1)
    ]
    return Slopes(lines, marks, WIDTH, int(max(floor, BOTTOM)) + 16)


class Cell(NamedTuple):
    x: float
    y: float
    middle: float
    base: float  # of the number in it
    shade: int
    word: str
    title: str


@dataclass(frozen=True)
class Heat:
    cells: list[Cell]
    across: list[Tick]
    down: list[tuple[float, str]]
    size: tuple[float, float]
    width: int
    height: int


CELL, TALL, MARGIN, CAP = 52.0, 26.0, 62.0, 22.0


def heat(
    rows: Sequence[str], columns: Sequence[str], values: dict[tuple[str, str], tuple[float, str]]
) -> Heat:
    """A grid of shares with the number in each cell; (share, words) by row and column, absent ones empty."""
    shares = [share for share, _ in values.values()]
    low, high = min(shares, default=0.0), max(shares, default=1.0)
    span = (high - low) or 1.0
    cells = []
    for down, row in enumerate(rows):
        for across, column in enumerate(columns):
            if (row, column) not in values:
                continue
            share, title = values[row, column]
            shade = 1 + min(int((share - low) / span * SHADES), SHADES - 1)
            x, y = MARGIN + CELL * across, CAP + TALL * down
            middle, base = x + CELL / 2 - 1, y + 17
            cells.append(Cell(x, y, middle, base, shade, f"{share * 100:.0f}", title))
    heads = [Tick(MARGIN + CELL * (place + 0.5), column) for place, column in enumerate(columns)]
    sides = [(CAP + TALL * (place + 0.5) + 4, row) for place, row in enumerate(rows)]
    width, height = int(MARGIN + CELL * len(columns)) + 4, int(CAP + TALL * len(rows)) + 4
    return Heat(cells, heads, sides, (CELL - 2, TALL - 2), width, height)


def _short(label: str, most: int) -> str:
    return label if len(label) <= most else label[: most - 1].rstrip(" ,:") + "…"
