"""Seeded randomness and calendar arithmetic on arrays of days since 1970.

Every stream depends on the seed and its own name only.
"""

import zlib

import numpy as np


def stream(seed: int, name: str) -> np.random.Generator:
    """An independent generator per name, so that adding one kind of data does not change another."""
    return np.random.Generator(np.random.PCG64([seed, zlib.crc32(name.encode())]))


def sigmoid(x: np.ndarray) -> np.ndarray:
    return 1.0 / (1.0 + np.exp(-x))


def anniversary(days: np.ndarray, years: np.ndarray | int) -> np.ndarray:
    """The same calendar day `years` later; 29 February becomes the 28th in common years."""
    date = np.asarray(days).astype("datetime64[D]")
    month = date.astype("datetime64[M]")
    offset = (date - month.astype("datetime64[D]")).astype(np.int64)
    target = month + np.asarray(years) * 12
    length = ((target + 1).astype("datetime64[D]") - target.astype("datetime64[D]")).astype(np.int64)
    return (target.astype("datetime64[D]") + np.minimum(offset, length - 1)).astype(np.int64)


def whole_years(start: np.ndarray, end: np.ndarray | int) -> np.ndarray:
    """Completed years from start to end, never negative."""
    years = np.maximum(((end - start) / 365.2425).astype(np.int64), 0)
    years = np.where(anniversary(start, years + 1) <= end, years + 1, years)
    return np.where(anniversary(start, years) > end, years - 1, years).clip(0)


def pick(rng: np.random.Generator, shares: list[float] | np.ndarray, size: int) -> np.ndarray:
    """Indexes drawn with the given shares."""
    edges = np.cumsum(shares)
    return np.searchsorted(edges / edges[-1], rng.random(size), side="right")


def spread(
    rng: np.random.Generator, rate: np.ndarray, start: np.ndarray, end: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Happenings at `rate` per day in [start, end), fairly regular: (row of origin, time in days as float).

    One falls somewhere in each of n equal slices, so the longest gap stays below twice the usual one.
    """
    length = np.maximum(end - start, 0).astype(float)
    expected = rate * length
    counts = np.floor(expected + rng.random(len(expected))).astype(np.int64)
    origin = np.repeat(np.arange(len(counts)), counts)
    slot = np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts)
    width = length[origin] / counts[origin]
    return origin, start[origin] + (slot + rng.random(len(slot))) * width


def daytime(rng: np.random.Generator, days: np.ndarray) -> np.ndarray:
    """Seconds since 1970 on the given days, at believable hours (mostly 7 to 22 o'clock)."""
    hours = np.clip(rng.normal(13.5, 3.6, len(days)), 0, 23.97)
    return np.floor(days).astype(np.int64) * 86400 + (hours * 3600).astype(np.int64)
