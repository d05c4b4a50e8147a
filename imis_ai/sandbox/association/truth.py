"""What was planted: for each decision its probability and drivers, so that tests compare findings with
what was true.
"""

from typing import Any

import numpy as np

from imis_ai.sandbox.association import Association, equation, leaving, rivals, tables
from imis_ai.sandbox.association.equation import DRIVERS, RESIGN_DAYS, RESIGN_SHARE
from imis_ai.sandbox.association.membership import RISE_DAYS, Terms
from imis_ai.sandbox.association.people import People
from imis_ai.sandbox.association.tables import TIER_CODES

HORIZONS = (30, 60, 90)


def truth(association: Association) -> dict[str, Any]:
    """Everything /_sandbox/truth returns. An archive has no planted truth: only its name then."""
    base = {"seed": association.seed, "today": association.today, "equation": equation.PARAMETERS}
    person, terms = association.person, association.terms
    if person is None or terms is None:
        return base | {"planted": False, "members": {}, "decisions": []}
    today = _day(association.today)
    gone = {party for party, _ in association.gone.erased}
    left = leaving.told(person, association.left, terms) if association.left else []
    terms = _without(person, terms, gone)
    return base | {
        "planted": True,
        "price_rise_on": text(today - RISE_DAYS),
        "members": members(person, terms, today),
        "grace": in_grace(person, terms, today),
        "decisions": decisions(person, terms, today),
        "resignations": resignations(person, terms, today),
        "left": [each for each in left if each["id"] not in gone],
        "leaving": leaving.PARAMETERS,
        "late_payment": late_payments(person, terms, today),
        "tier_moves": tier_moves(person, terms, today),
        "clusters": {
            i: equation.CLUSTERS[c]["name"] for i, c in zip(person.ids, person.cluster.tolist(), strict=True)
        },
        "canaries": canaries(person),
        "duplicates": [{"id": twin, "of": original} for twin, original in association.gone.duplicates],
        "merged": [{"id": a, "retained": b, "on": text(day)} for a, b, day in association.gone.merged],
        "erased": [party for party, _ in association.gone.erased],
        "deleted": association.gone.deleted,
        "displaced": displaced(association),
        "texts": association.text_labels,
        "payments": association.payment_cases,
    }


def _without(person: People, terms: Terms, erased: set[str]) -> Terms:
    """The terms of those whose data are still there."""
    kept = ~np.isin(terms.member, [row for row, number in enumerate(person.ids) if number in erased])
    return Terms(**{name: getattr(terms, name)[kept] for name in Terms.__dataclass_fields__})


def _day(date: str) -> int:
    return int(np.datetime64(date, "D").astype(np.int64))


def text(day: int) -> str:
    return str(np.datetime64(int(day), "D"))


def _drivers(flags: np.ndarray) -> list[str]:
    return [name for name, on in zip(DRIVERS, flags.tolist(), strict=True) if on]


def current(terms: Terms, today: int) -> np.ndarray:
    """Rows of the terms that cover today."""
    return np.flatnonzero(
        terms.last & (terms.start < today) & (terms.end >= today) & (terms.resigned >= today)
    )


def within(terms: Terms, rows: np.ndarray, today: int) -> dict[int, np.ndarray]:
    """P(lapse date in (today, today + h]) for each horizon: the renewal's coin, and resignation at its
    steady pace, in this term and in the one that follows a renewal (as if paid on the day).
    """
    first, last = RESIGN_DAYS
    start, end, lapses = terms.start[rows], terms.end[rows], terms.probability[rows]

    def resigned_by(day: int, start: np.ndarray) -> np.ndarray:
        return RESIGN_SHARE * ((day - start - first + 1) / (last - first)).clip(0, 1)

    still = 1 - resigned_by(today - 1, start)
    found = {}
    for days in HORIZONS:
        leaves = (resigned_by(today + days, start) - resigned_by(today, start)) / still
        decides = (end > today) & (end <= today + days)
        stays = (1 - RESIGN_SHARE) / still
        later = (1 - lapses) * resigned_by(today + days, end + 1)
        found[days] = leaves + decides * stays * (lapses + later)
    return found


def members(person: People, terms: Terms, today: int) -> dict[str, Any]:
    """By iMIS id, for everybody whose term covers today. `visible`: the drivers whose onset has passed."""
    rows = current(terms, today)
    chances, found = within(terms, rows, today), {}
    for k, row in enumerate(rows.tolist()):
        drivers = _drivers(terms.flags[row])
        seen = drivers if terms.onset[row] < today else [d for d in drivers if d == "price_rise"]
        found[person.ids[int(terms.member[row])]] = {
            "renews_on": text(terms.end[row]),
            "probability": round(float(terms.probability[row]), 6),
            "drivers": drivers,
            "visible": seen,
            "onset": text(terms.onset[row]) if len(drivers) > ("price_rise" in drivers) else None,
            "within": {str(h): round(float(chances[h][k]), 6) for h in HORIZONS},
            "late_probability": round(float(terms.late_probability[row]), 6),
        }
    return found


def in_grace(person: People, terms: Terms, today: int) -> dict[str, Any]:
    """Whose term has ended and who has neither renewed nor run out of grace: the chance that they will not
    renew.
    """
    last = (
        terms.last
        & (terms.end < today)
        & (terms.end + equation.GRACE_DAYS >= today)
        & (terms.resigned > terms.end)
    )
    found = {}
    for row in np.flatnonzero(last).tolist():
        p, late = terms.probability[row], terms.late_probability[row]
        waiting = late * (12 / 13) ** max(today - 1 - int(terms.end[row]) - 1, 0)
        found[person.ids[int(terms.member[row])]] = {
            "term_end": text(terms.end[row]),
            "probability": round(float(p), 6),
            "posterior": round(float(p / (p + (1 - p) * waiting)), 6),
            "drivers": _drivers(terms.flags[row]),
        }
    return found


def decisions(person: People, terms: Terms, today: int) -> list[dict[str, Any]]:
    """Renewals that came up before today.

    `settled` is false while the grace period leaves the outcome open.
    """
    found = []
    for row in np.flatnonzero((terms.end < today) & (terms.resigned > terms.end)).tolist():
        end, lapsed = int(terms.end[row]), bool(terms.lapses[row])
        found.append(
            {
                "id": person.ids[int(terms.member[row])],
                "term_end": text(end),
                "tier": TIER_CODES[int(terms.tier[row])],
                "probability": round(float(terms.probability[row]), 6),
                "drivers": _drivers(terms.flags[row]),
                "onset": text(terms.onset[row]),
                "lapsed": lapsed,
                "lapse_on": text(end) if lapsed else None,
                "settled": not terms.last[row] or end + equation.GRACE_DAYS < today,
            }
        )
    return found


def resignations(person: People, terms: Terms, today: int) -> list[dict[str, str]]:
    rows = np.flatnonzero(terms.resigned < today).tolist()
    return [{"id": person.ids[int(terms.member[r])], "on": text(terms.resigned[r])} for r in rows]


def late_payments(person: People, terms: Terms, today: int) -> list[dict[str, Any]]:
    """Renewals that were paid: the chance that they would be late, and by how many days they were."""
    rows = np.flatnonzero(~terms.last & (terms.end < today)).tolist()
    return [
        {
            "id": person.ids[int(terms.member[r])],
            "due_on": text(terms.end[r] + 1),
            "probability": round(float(terms.late_probability[r]), 6),
            "days_late": int(terms.late_days[r]),
        }
        for r in rows
    ]


def tier_moves(person: People, terms: Terms, today: int) -> list[dict[str, Any]]:
    """Renewals that happened: the chances of a move, its drivers and what came."""
    rows = np.flatnonzero(~terms.last & (terms.end < today)).tolist()
    return [
        {
            "id": person.ids[int(terms.member[r])],
            "term_end": text(terms.end[r]),
            "tier": tables.TIER_CODES[int(terms.tier[r])],
            "up": round(float(terms.up_probability[r]), 6),
            "down": round(float(terms.down_probability[r]), 6),
            "certified": bool(terms.certified[r]),
            "part_time": bool(terms.part_time[r]),
            "move": int(terms.moves[r]),
        }
        for r in rows
    ]


def displaced(association: Association) -> dict[str, Any]:
    """Who works for the competitor now: with visits that stopped since (`both`), and without (`moved`)."""
    person, found = association.person, association.moved
    if person is None or found is None:
        return {}
    rows = list(zip(found.member.tolist(), found.both.tolist(), strict=True))
    return {
        "competitor": rivals.NAME,
        "both": [person.ids[row] for row, both in rows if both],
        "moved": [person.ids[row] for row, both in rows if not both],
    }


def canaries(person: People) -> list[dict[str, str]]:
    """Members whose family name and e-mail occur nowhere else: none of these tokens may turn up outside
    the identity zone.
    """
    return [
        {
            "id": person.ids[i],
            "token": person.last[i],
            "first_name": person.first[i],
            "email": person.email[i],
        }
        for i in person.canaries
    ]
