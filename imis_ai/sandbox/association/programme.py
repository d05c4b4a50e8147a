"""Events of three years and who registered, came, cancelled or stayed away."""

from dataclasses import dataclass

import numpy as np

from imis_ai.sandbox.association import chance, places, topics
from imis_ai.sandbox.association.behaviour import stops
from imis_ai.sandbox.association.equation import DRIVERS
from imis_ai.sandbox.association.membership import Terms
from imis_ai.sandbox.association.people import WINDOW_DAYS, People

KINDS = ["webinar", "conference", "annual_conference", "chapter_meeting", "course", "social"]
AHEAD = 75  # days of programme already announced after today


@dataclass
class Programme:
    """One row per event in order of its date; `chapter` -1 is for everybody; fee in cents."""

    kind: np.ndarray
    day: np.ndarray
    hour: np.ndarray
    chapter: np.ndarray
    fee: np.ndarray
    name: list[str]


@dataclass
class Registrations:
    """One row per registration in order of its day. attended: 1, 0, -1 not known yet. cancelled: day or 0."""

    event: np.ndarray
    member: np.ndarray
    day: np.ndarray
    attended: np.ndarray
    cancelled: np.ndarray
    amount: np.ndarray


def programme(*, seed: int, today: int) -> Programme:
    """Two webinars a month, a chapter meeting every other month in each chapter, courses, two conferences
    a year.
    """
    rng = chance.stream(seed, "programme")
    rows: list[tuple[int, int, int, int, int, str]] = []
    first, last = today - WINDOW_DAYS, today + AHEAD
    for k, day in enumerate(range(first + 5, last, 14)):
        rows.append((0, day, 12, -1, 0, topics.WEBINARS[k % len(topics.WEBINARS)]))
    for c, place in enumerate(places.CHAPTERS):
        for k, day in enumerate(range(first + 3 + 7 * c, last, 56)):
            talk = topics.CHAPTER_TALKS[(k * 5 + c) % len(topics.CHAPTER_TALKS)]
            kind = 5 if "social" in talk or "picnic" in talk or "dinner" in talk else 3
            rows.append(
                (kind, day + int(rng.integers(0, 6)), 18, c, (0, 0, 3500)[k % 3], f"{place.name}: {talk}")
            )
    for k, day in enumerate(range(first + 20, last, 45)):
        rows.append((4, day, 9, -1, 24_000, topics.COURSES[k % len(topics.COURSES)]))
    years = range(1970 + first // 366, 1972 + last // 365)
    for year in years:
        for month, kind, fee, name in (
            ("04", 2, 59_500, "Annual Conference"),
            ("10", 1, 32_000, "Bridges and Buildings Forum"),
        ):
            day = int(np.datetime64(f"{year}-{month}-14", "D").astype(np.int64))
            if first < day < last:
                rows.append((kind, day, 9, -1, fee, f"{name} {year}"))
    rows.sort(key=lambda row: (row[1], row[2], row[5]))
    kind, day, hour, chapter, fee = (np.array([row[i] for row in rows]) for i in range(5))
    return Programme(kind, day, hour, chapter, fee, [row[5] for row in rows])


def registrations(person: People, terms: Terms, plan: Programme, *, seed: int, today: int) -> Registrations:
    """Members pick events near their usual rate.

    After the onset of events_dropped they register now and then and never come.
    """
    rng = chance.stream(seed, "registrations")
    start = np.maximum(terms.start, today - WINDOW_DAYS)
    rate = person.events[terms.member] / 365
    origin, day = chance.spread(rng, rate, start, np.minimum(terms.until, today + AHEAD - 15))
    flagged = np.flatnonzero(terms.flags[:, DRIVERS.index("events_dropped")])
    missed = np.concatenate([terms.onset[flagged] + 2, terms.onset[flagged] + 24]).astype(float)
    origin, day = np.concatenate([origin, flagged, flagged]), np.concatenate([day, missed])
    event = _nearest(rng, plan, day, person.chapter[terms.member[origin]])
    member = terms.member[origin]
    pair = member * len(plan.kind) + event
    keep = np.sort(np.unique(pair, return_index=True)[1])
    keep = keep[
        (plan.day[event[keep]] >= terms.start[origin[keep]])
        & (plan.day[event[keep]] < terms.until[origin[keep]])
    ]
    event, member, origin = event[keep], member[keep], origin[keep]
    held = plan.day[event]
    on = np.maximum(held - rng.integers(2, 31, len(held)), terms.start[origin])
    dropped = held >= stops(terms, "events_dropped", today + 1000)[origin]
    cancels = ~dropped & (rng.random(len(held)) < 0.05)
    comes = ~dropped & ~cancels & (rng.random(len(held)) < 0.91)
    attended = np.where(held >= today, -1, comes.astype(int))
    cancelled = np.where(cancels, np.maximum(on, held - rng.integers(1, 9, len(held))), 0)
    cancelled = np.where(cancelled < today, cancelled, 0)
    known = np.flatnonzero(on < today)
    rows = known[np.lexsort((event[known], member[known], on[known]))]
    amount = np.where(cancelled[rows] > 0, 0, plan.fee[event[rows]])
    return Registrations(event[rows], member[rows], on[rows], attended[rows], cancelled[rows], amount)


def _nearest(rng: np.random.Generator, plan: Programme, day: np.ndarray, chapter: np.ndarray) -> np.ndarray:
    """For each wish the next suitable event: mostly national ones, else one of the own chapter."""
    event = np.zeros(len(day), np.int64)
    local = rng.random(len(day)) < 0.38
    for c in range(-1, len(places.CHAPTERS)):
        wishes = np.flatnonzero(~local if c < 0 else local & (chapter == c))
        choice = np.flatnonzero(plan.chapter == c)
        if len(choice):
            ahead = np.searchsorted(plan.day[choice], day[wishes]).clip(0, len(choice) - 1)
            event[wishes] = choice[ahead]
    return event
