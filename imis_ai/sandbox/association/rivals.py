"""Members who went to work for a competitor: some take part less since then, some do not (planted truth)."""

from dataclasses import dataclass

import numpy as np

from imis_ai.sandbox.association import chance
from imis_ai.sandbox.association.equation import DRIVERS
from imis_ai.sandbox.association.membership import Terms
from imis_ai.sandbox.association.people import People

NAME = "Meridian Guild of Engineers"
SINCE = (95, 170)  # days before today
MOST = 8  # of each sort


@dataclass(frozen=True)
class Moves:
    """Rows of members who moved, with the day; `both`: portal visits have stopped since, too."""

    rival: int
    member: np.ndarray
    on: np.ndarray
    both: np.ndarray


def name_one(person: People) -> int:
    """Gives one organisation the competitor's name; returns its row, -1 without organisations."""
    firms = np.flatnonzero(person.organisation)
    if not len(firms):
        return -1
    rival = int(firms[len(firms) // 2])
    person.last[rival] = NAME
    return rival


def moves(person: People, terms: Terms, rival: int, *, seed: int, today: int) -> Moves:
    """Employed members of a running term: those whose visits stopped about then, and as many who go on."""
    rng = chance.stream(seed, "rivals")
    able = (
        terms.last & (terms.end >= today) & (terms.start < today - SINCE[1] - 30) & (terms.resigned >= today)
    )
    able &= (person.employer[terms.member] >= 0) & (person.employer[terms.member] != rival)
    quiet = terms.flags[:, DRIVERS.index("portal_quiet")]
    recent = (terms.onset <= today - SINCE[0]) & (terms.onset >= today - SINCE[1])
    stopped = rng.permutation(np.flatnonzero(able & quiet & recent))[:MOST]
    busy = able & ~terms.flags[:, : len(DRIVERS) - 1].any(axis=1) & (person.logins[terms.member] >= 24)
    goes_on = rng.permutation(np.flatnonzero(busy))[:MOST]
    if rival < 0:
        stopped, goes_on = stopped[:0], goes_on[:0]
    days = np.concatenate([terms.onset[stopped], today - rng.integers(*SINCE, len(goes_on))])
    both = np.arange(len(days)) < len(stopped)
    return Moves(rival, terms.member[np.concatenate([stopped, goes_on])].astype(np.int64), days, both)
