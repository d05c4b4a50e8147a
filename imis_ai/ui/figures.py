"""Geometry of our own drawings: score bars, dots, histogram, lines. Pure; templates draw it."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import NamedTuple

BAR = 92.0  # width of a score bar in its own units


@dataclass(frozen=True)
class ScoreBar:
    """Lengths on a bar of 92 units; `whisker` is empty where there is no range."""

    filled: float
    whisker: str


def score_bar(score: int, low: int | None, high: int | None) -> ScoreBar:
    """All in 0 to 100."""
    filled = round(score / 100 * BAR, 1)
    if low is None or high is None:
        return ScoreBar(filled, "")
    left, right = (round(min(max(end / 100 * BAR, 0.75), BAR - 0.75), 1) for end in (low, high))
    return ScoreBar(filled, f"M{left} 7H{right}M{left} 4v6M{right} 4v6")


class Dot(NamedTuple):
    kind: str
    x: float
    y: float
    r: float


def dots(score: int, low: int, high: int) -> list[Dot]:
    """100 dots from the bottom left: solid to the low end, pale to the score, rings to the high end."""
    drawn = []
    for n in range(100):
        kind = "y" if n < low else "z" if n < score else "m" if n < high else "n"
        x, y = 5.2 + 10.4 * (n % 10), 98.8 - 10.4 * (n // 10)
        drawn.append(Dot(kind, round(x, 1), round(y, 1), 3.1 if kind == "m" else 3.7))
    return drawn


class Column(NamedTuple):
    x: float
    y: float
    width: float
    height: float
    band: str
    title: str


@dataclass(frozen=True)
class Histogram:
    columns: list[Column]
    labels: list[tuple[float, str, str]]  # x, words, count
    sentence: str


WIDTH, TOP, BASE = 252.0, 2.0, 36.0


def histogram(counts: dict[int, int], bands: Sequence[tuple[int, str, str]]) -> Histogram:
    """`counts` by lower edge in steps of 5; `bands` as (lower edge, key, word), rising; drawn to 100."""
    first = bands[0][0]
    edges = list(range(first, 100, 5))
    step = WIDTH / len(edges)
    tallest = max((counts.get(edge, 0) for edge in edges), default=0) or 1
    columns, totals = [], dict.fromkeys((key for _, key, _ in bands), 0)
    for position, edge in enumerate(edges):
        band = [key for start, key, _ in bands if start <= edge][-1]
        number = counts.get(edge, 0)
        totals[band] += number
        height = max((BASE - TOP) * number / tallest, 0.8 if number else 0)
        title = f"{edge} to {edge + 5} of 100: {number}"
        x, y = round(position * step + 1, 1), round(BASE - height, 1)
        columns.append(Column(x, y, round(step - 2, 1), round(height, 1), band, title))
    labels = [
        (round((start - first) / 5 * step + 1, 1), f"{start}, {word}", f"{totals[key]:,}")
        for start, key, word in bands
    ]
    ends = [start for start, _, _ in bands[1:]] + [100]
    parts = [
        f"{totals[key]:,} at {word} risk, {start} to {end - 1 if end < 100 else 100} of 100"
        for (start, key, word), end in zip(bands, ends, strict=True)
    ]
    return Histogram(columns, labels, "Members by risk: " + "; ".join(parts))


class Mark(NamedTuple):
    y: float
    word: str


@dataclass(frozen=True)
class Line:
    points: str
    band: str
    last: tuple[float, float]
    grid: list[Mark]
    limit: float | None
    first_day: date
    last_day: date
    width: int
    height: int
    marks: list[tuple[float, str]] = field(default_factory=list)  # x and words of dated events


def line(
    days: Sequence[date],
    values: Sequence[float],
    *,
    lows: Sequence[float] = (),
    highs: Sequence[float] = (),
    top: float | None = None,
    limit: float | None = None,
    width: int = 340,
    height: int = 84,
    marks: Sequence[tuple[date, str]] = (),
) -> Line:
    """A line over time, at least one point; room for labels is 30 on the left and 30 on the right.

    `marks` outside its days are left out.
    """
    left, right, upper, lower = 30.0, width - 30.0, 10.0, height - 20.0
    peak = top or _ceiling(max([*values, *highs, limit or 0]))
    span = max((days[-1] - days[0]).days, 1)

    def x(day: date) -> float:
        return round(right if len(days) == 1 else left + (right - left) * (day - days[0]).days / span, 1)

    def y(value: float) -> float:
        return round(lower - (lower - upper) * min(value, peak) / peak, 1)

    points = [(x(day), y(value)) for day, value in zip(days, values, strict=True)]
    outline = [(x(d), y(v)) for d, v in zip(days, highs, strict=False)]
    outline += [(x(d), y(v)) for d, v in reversed(list(zip(days, lows, strict=False)))]
    return Line(
        points=_joined(points),
        band=_joined(outline),
        last=points[-1],
        grid=[Mark(y(peak * part / 4), f"{peak * part / 4:g}") for part in (0, 1, 2, 3, 4)][
            :: 2 if height < 100 else 1
        ],
        limit=None if limit is None else y(limit),
        first_day=days[0],
        last_day=days[-1],
        width=width,
        height=height,
        marks=[(x(day), words) for day, words in marks if days[0] <= day <= days[-1]],
    )


class Interval(NamedTuple):
    """A dot with its range at a place of the drawing, and the words for who points at it."""

    x: float
    y: float
    low: float
    high: float
    title: str


@dataclass(frozen=True)
class Intervals:
    dots: list[Interval]
    grid: list[Mark]
    zero: float
    labels: list[tuple[float, str]]
    width: int
    height: int


def intervals(
    values: Sequence[tuple[float, float, float]],
    labels: Sequence[str],
    *,
    titles: Sequence[str],
    width: int = 720,
    height: int = 220,
) -> Intervals:
    """Dots with ranges, one step each from left to right, around a line at zero; at least one. `values` are
    value, low and high. The scale is that of the later half: early ranges may reach beyond it.
    """
    left, right, upper, lower = 44.0, width - 16.0, 10.0, height - 24.0
    peak = _ceiling(1.2 * max(abs(end) for each in values[len(values) // 2 :] for end in each) or 1)
    step = (right - left) / len(values)

    def y(value: float) -> float:
        return round(lower - (lower - upper) * (min(max(value, -peak), peak) + peak) / (2 * peak), 1)

    places = [round(left + step * (at + 0.5), 1) for at in range(len(values))]
    dots = [
        Interval(x, y(value), y(low), y(high), title)
        for x, (value, low, high), title in zip(places, values, titles, strict=True)
    ]
    grid = [Mark(y(peak * part), _signed(peak * part)) for part in (-1, -0.5, 0, 0.5, 1)]
    every = -(-len(values) // 8)
    shown = [(x, label) for at, (x, label) in enumerate(zip(places, labels, strict=True)) if at % every == 0]
    return Intervals(dots, grid, y(0), shown, width, height)


def _signed(value: float) -> str:
    return f"+{value:g}" if value > 0 else f"{value:g}".replace("-", "\N{MINUS SIGN}")


def _joined(points: Sequence[tuple[float, float]]) -> str:
    return " ".join(f"{x},{y}" for x, y in points)


def _ceiling(value: float) -> float:
    """The next number that divides by four without ugly fractions."""
    for step in (0.04, 0.2, 0.4, 1, 4, 8, 20, 40, 80, 100, 200, 400, 1000, 4000, 10_000, 40_000):
        if value <= step:
            return step
    return value


class Bar(NamedTuple):
    """One month: what came, and what it comes to with what is expected, with its range (0: nothing is)."""

    label: str
    solid: float
    value: float
    low: float
    high: float


class DrawnBar(NamedTuple):
    x: float
    middle: float
    solid_y: float
    solid_height: float
    pale_y: float
    pale_height: float
    whisker: str
    label: str


@dataclass(frozen=True)
class Bars:
    bars: list[DrawnBar]
    grid: list[tuple[float, float]]  # y, value
    width: int
    height: int
    base: float
    bar: float


def bars(given: Sequence[Bar], *, width: int = 1140, height: int = 264) -> Bars:
    """Bars from zero with whiskers; room for the numbers of the axis on the left, for the months below."""
    left, base, top, bar = 56.0, height - 32.0, 16.0, 46.0
    peak = _ceiling_of_money(max([*(max(each.solid, each.high, each.value) for each in given), 1.0]))
    step = (width - left) / max(len(given), 1)

    def y(value: float) -> float:
        return round(base - (base - top) * value / peak, 1)

    drawn = []
    for n, each in enumerate(given):
        x = round(left + step * n + (step - bar) / 2, 1)
        middle = round(x + bar / 2, 1)
        low, high = y(each.low), y(each.high)
        whisker = f"M{middle} {low}V{high}M{middle - 6} {low}h12M{middle - 6} {high}h12" if each.high else ""
        solid, pale = y(each.solid), y(each.value)
        heights = round(base - solid, 1), round(base - pale, 1)
        drawn.append(DrawnBar(x, middle, solid, heights[0], pale, heights[1], whisker, each.label))
    return Bars(drawn, [(y(peak * n / 4), peak * n / 4) for n in range(5)], width, height, base, bar)


def _ceiling_of_money(value: float) -> float:
    """The next number of which a quarter is round."""
    size = 10.0 ** (len(str(int(value))) - 1)
    return next(size * step for step in (1, 1.2, 1.6, 2, 2.4, 3.2, 4, 6, 8, 10) if value <= size * step)


def spark(points: Sequence[float], *, width: float = 240.0, height: float = 34.0) -> tuple[str, float, float]:
    """A small line without axes, from its lowest to its highest value; where it ends."""
    low, high = min(points), max(points)
    span = (high - low) or 1.0
    places = [
        (round(width * n / (len(points) - 1), 1), round(height - 3 - (height - 6) * (value - low) / span, 1))
        for n, value in enumerate(points)
    ]
    return _joined(places), *places[-1]
