"""Why those who left did so: one planted reason for each lapse and resignation, and what it leaves on record.

What is on record is dated after the outcome was decided, so that it tells nothing about who will lapse.
"""

from dataclasses import dataclass, replace
from typing import TypeVar

import numpy as np

from imis_ai.sandbox.association import chance, equation, topics
from imis_ai.sandbox.association.equation import DRIVERS, GRACE_DAYS, LAPSE
from imis_ai.sandbox.association.membership import Terms
from imis_ai.sandbox.association.people import METHODS, NEVER, People
from imis_ai.sandbox.association.service import (
    CODE,
    NOTES_OF_LEAVING,
    SOURCES,
    WORD,
    Activities,
    Texts,
)

Rows = TypeVar("Rows", Activities, Texts)
OUTSIDE = ["employer_stopped", "moved", "retired", "other_job", "died", "forgot", "complaint"]
REASONS = [*DRIVERS, *OUTSIDE]
SHARES = [0.0, 0.14, 0.14, 0.22, 0.05, 0.30, 0.15]  # of those whom none of the drivers made leave
RESIGNED_SHARES = [0.0, 0.18, 0.20, 0.30, 0.07, 0.0, 0.25]  # nobody forgets to stay and resigns
EMPLOYER_STOPS = 0.7  # of those whose dues an employer pays
ON_RECORD = 0.93  # of the reasons from outside, how many somebody wrote down
DECOYS = {"moved": 0.012, "other_job": 0.015, "complaint": 0.012, "retired": 0.002}  # of renewed terms
ADVICE = len(topics.CASES)  # from here on templates of cases are those of `topics.LEAVING`
NOTES = dict(zip(("moved", "retired", "other_job", "died"), NOTES_OF_LEAVING, strict=True))


@dataclass
class Left:
    """One row per lapse and resignation: row of the term, code of REASONS, the day, whether on record."""

    term: np.ndarray
    reason: np.ndarray
    on: np.ndarray
    noted: np.ndarray  # day somebody wrote it down, 0 when nobody did


def left(person: People, terms: Terms, *, seed: int, today: int) -> Left:
    """The reason of each: the strongest driver, unless the member would have left without any."""
    rng = chance.stream(seed, "leaving")
    resigned = (terms.resigned < today) & (terms.resigned <= terms.end)
    lapsed = terms.lapses & ~resigned & (terms.resigned > terms.end) & (terms.end < today)
    rows = np.flatnonzero(resigned | lapsed)
    weights = np.array([LAPSE[name] for name in DRIVERS])
    pull = terms.flags[rows] * weights
    score = np.log(terms.probability[rows] / (1 - terms.probability[rows]))
    alone = chance.sigmoid(score - pull.sum(axis=1)) / terms.probability[rows]
    driven = ~resigned[rows] & (pull.max(axis=1) > 0) & (rng.random(len(rows)) >= alone)
    reason = np.where(driven, pull.argmax(axis=1), _outside(rng, person, terms, rows, resigned[rows]))
    on = np.where(resigned[rows], terms.resigned[rows], terms.end[rows])
    later = np.where(resigned[rows], 0, rng.integers(1, GRACE_DAYS - 4, len(rows)))
    later = np.where(reason == REASONS.index("complaint"), -rng.integers(0, 12, len(rows)), later)
    silent = np.isin(reason, [REASONS.index(name) for name in (*DRIVERS, "forgot")])
    kept = ~silent & (rng.random(len(rows)) < ON_RECORD) & (on + later < today)
    return Left(rows, reason, on, np.where(kept, on + later, 0))


def _outside(
    rng: np.random.Generator, person: People, terms: Terms, rows: np.ndarray, resigned: np.ndarray
) -> np.ndarray:
    """Codes of the reasons that have nothing to do with what the association can see beforehand."""
    member = terms.member[rows]
    plain = np.where(
        resigned, chance.pick(rng, RESIGNED_SHARES, len(rows)), chance.pick(rng, SHARES, len(rows))
    )
    young = (plain == OUTSIDE.index("retired")) & (terms.years[rows] < 6)
    plain = np.where(young, OUTSIDE.index("other_job"), plain)
    plain = np.where(
        person.organisation[member],
        np.where(resigned, OUTSIDE.index("complaint"), OUTSIDE.index("forgot")),
        plain,
    )
    paid_for = (person.employer[member] >= 0) & (terms.method[rows] == METHODS.index("invoice"))
    stops = paid_for & (rng.random(len(rows)) < EMPLOYER_STOPS)
    return len(DRIVERS) + np.where(stops, OUTSIDE.index("employer_stopped"), plain)


def decoys(terms: Terms, *, seed: int, today: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(rows of terms, codes of REASONS, days): the same things happen to members who renew all the same."""
    rng = chance.stream(seed, "decoys")
    stays = np.flatnonzero(~terms.last & (terms.start > today - 1000))
    rows, codes = [], []
    for name, share in DECOYS.items():
        hit = stays[rng.random(len(stays)) < share]
        rows.append(hit), codes.append(np.full(len(hit), REASONS.index(name)))
    row = np.concatenate(rows)
    day = terms.start[row] + (rng.random(len(row)) * (terms.end[row] - terms.start[row])).astype(np.int64)
    return row, np.concatenate(codes), day


def with_notes(found: Activities, terms: Terms, gone: Left, *, seed: int, today: int) -> Activities:
    """The activities with what was written down of those who left, and of some who stayed."""
    row, code, day = _written(terms, gone, seed, today)
    words = {REASONS.index(name): WORD[text] for name, text in NOTES.items()}
    keep = np.isin(code, list(words))
    row, code, day = row[keep], code[keep], day[keep]
    n = len(row)
    more = Activities(
        member=terms.member[row],
        kind=np.full(n, CODE["PROFILE"]),
        at=day * 86400 + 37_800,
        amount=np.full(n, -1),
        quantity=np.ones(n, np.int64),
        text=np.array([words[each] for each in code.tolist()], np.int64),
    )
    return _in_order(found, more)


def with_complaints(found: Texts, terms: Terms, gone: Left, *, seed: int, today: int) -> Texts:
    """The comments with the complaints, and with the letters of those whose employer pays no more."""
    row, code, day = _written(terms, gone, seed, today)
    kinds = {
        REASONS.index(name): [k for k, (about, *_) in enumerate(topics.LEAVING) if about == name]
        for name in ("complaint", "employer_stopped")
    }
    keep = np.isin(code, list(kinds))
    row, code, day = row[keep], code[keep], day[keep]
    rng = chance.stream(seed, "complaints")
    picks = [
        kinds[c][int(k) % len(kinds[c])] for c, k in zip(code, rng.integers(0, 1000, len(row)), strict=True)
    ]
    more = Texts(
        member=terms.member[row],
        source=np.full(len(row), SOURCES.index("case")),
        at=day * 86400 + 36_000,
        template=ADVICE + np.array(picks, np.int64),
        event=np.full(len(row), -1),
        filler=np.zeros(len(row), np.int64),
    )
    return _in_order(found, more)


def _written(terms: Terms, gone: Left, seed: int, today: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    kept = gone.noted > 0
    row, code, day = decoys(terms, seed=seed, today=today)
    row = np.concatenate([gone.term[kept], row])
    code = np.concatenate([gone.reason[kept], code])
    day = np.concatenate([gone.noted[kept], day])
    past = day < today
    return row[past], code[past], day[past]


def _in_order(found: Rows, more: Rows) -> Rows:
    names = list(type(found).__dataclass_fields__)
    joined = {name: np.concatenate([getattr(found, name), getattr(more, name)]) for name in names}
    order = np.lexsort((joined["member"], joined["at"]))
    return replace(found, **{name: column[order] for name, column in joined.items()})


def told(person: People, gone: Left, terms: Terms) -> list[dict[str, object]]:
    """For the truth: who left, when, why, and whether anybody wrote it down."""
    return [
        {
            "id": person.ids[int(terms.member[row])],
            "on": str(np.datetime64(int(on), "D")),
            "reason": REASONS[reason],
            "resigned": bool(terms.resigned[row] <= terms.end[row] and terms.resigned[row] < NEVER),
            "on_record": bool(noted),
        }
        for row, reason, on, noted in zip(
            gone.term.tolist(), gone.reason.tolist(), gone.on.tolist(), gone.noted.tolist(), strict=True
        )
    ]


PARAMETERS = {
    "reasons": REASONS,
    "shares_without_driver": dict(zip(OUTSIDE, SHARES, strict=True)),
    "shares_of_resignations": dict(zip(OUTSIDE, RESIGNED_SHARES, strict=True)),
    "employer_stops": EMPLOYER_STOPS,
    "on_record": ON_RECORD,
    "decoys": DECOYS,
    "strongest": "the driver with the largest weight, unless the member would have left without any",
    "grace_days": equation.GRACE_DAYS,
}
