"""The contact records as a table: the state in which the last term left them, with the duplicates, merges
and deletions.
"""

from dataclasses import dataclass

import numpy as np

from imis_ai.sandbox.association import chance, places, topics
from imis_ai.sandbox.association.membership import Terms
from imis_ai.sandbox.association.people import CITIES, METHODS, NEVER, People
from imis_ai.sandbox.association.tables import CHAPTER_CODES, TIER_CODES, day, second
from imis_ai.sandbox.columns import Flags, Labels, Numbers, Table

STATUSES = ["A", "D", "I"]


@dataclass
class Gone:
    """Records that disappeared: merged ones with the record that kept their rows, erased and deleted ones."""

    merged: list[tuple[str, str, int]]  # discarded, retained, day
    erased: list[tuple[str, int]]
    deleted: list[str]
    duplicates: list[tuple[str, str]]  # record, the record it doubles


def last_terms(person: People, terms: Terms, today: int) -> np.ndarray:
    """Row of each member's latest visible term."""
    latest = np.full(person.n, -1)
    rows = np.flatnonzero(terms.start < today)
    rows = rows[np.argsort(terms.start[rows], kind="stable")]
    latest[terms.member[rows]] = rows
    return latest


def parties(person: People, terms: Terms, *, seed: int, today: int) -> tuple[Table, Gone]:
    """One row per record, then the duplicates under new ids."""
    rng = chance.stream(seed, "parties")
    latest = last_terms(person, terms, today)
    tier, paid = (
        terms.tier[latest],
        np.where(terms.resigned[latest] < today, terms.resigned[latest], terms.end[latest]),
    )
    touched = np.where(rng.random(person.n) < 0.4, today - rng.integers(1, 700, person.n), 0)
    updated = np.maximum(np.maximum(terms.start[latest], np.minimum(touched, today - 1)), person.joined)
    updated = np.maximum(updated, np.where(terms.resigned[latest] < today, terms.resigned[latest], 0))
    twins = _twins(rng, person)
    source = np.concatenate([np.arange(person.n), twins])
    twin = np.arange(len(source)) >= person.n
    first_id = int(person.ids[-1]) + 7
    ids = [*person.ids, *(f"{first_id + 3 * k:06d}" for k in range(len(twins)))]
    table = Table(
        "Party",
        "PartyId",
        _columns(rng, person, source, twin, ids)
        | {
            "CustomerTypeCode": Labels(np.where(twin, -1, tier[source]), TIER_CODES),
            "JoinDate": day(np.where(twin, 0, person.joined[source])),
            "PaidThruDate": day(np.where(twin, 0, paid[source])),
            "UpdatedOn": second(updated[source] * 86400 + 9 * 3600 + source * 31 % 40_000),
            "Status": Labels(np.where(paid[source] + 60 < today, 2, 0), STATUSES),
        },
    )
    return table, _departures(rng, person, ids, twins, table, latest, terms, today)


def _twins(rng: np.random.Generator, person: People) -> np.ndarray:
    """Persons who stand in the database twice."""
    persons = np.flatnonzero(~person.organisation)
    return np.sort(rng.permutation(persons)[: max(person.n // 100, 3)])


def _columns(
    rng: np.random.Generator, person: People, source: np.ndarray, twin: np.ndarray, ids: list[str]
) -> dict[str, object]:
    """Who and where. A twin has another e-mail address and a slightly different first name."""
    n, rows = len(source), source.tolist()
    first = [
        person.first[i][:1] + "." if t else person.first[i] for i, t in zip(rows, twin.tolist(), strict=True)
    ]
    email = [
        f"office.{person.email[i]}" if t else person.email[i]
        for i, t in zip(rows, twin.tolist(), strict=True)
    ]
    spots, house, tail = (
        person.city[source].tolist(),
        rng.integers(12, 9900, n).tolist(),
        rng.integers(0, 100, n).tolist(),
    )
    cities = [CITIES[c][1] for c in spots]
    birth = np.where(person.organisation, 0, 2001 - rng.gamma(3, 7, person.n).astype(int).clip(0, 48))[source]
    has_birth, has_title, has_phone = (rng.random(n) < share for share in (0.62, 0.83, 0.78))
    organisation = person.organisation[source]
    return {
        "PartyId": Labels(np.arange(n), ids),
        "FirstName": Labels.of(first),
        "LastName": Labels.of([person.last[i] for i in rows]),
        "Email": Labels.of(email),
        "Phone": Labels.of(
            [
                f"({c.area}) 555-01{t:02d}" if p else None
                for c, t, p in zip(cities, tail, has_phone.tolist(), strict=True)
            ]
        ),
        "Organization": Flags(organisation.astype(np.int8)),
        "Title": Labels(
            np.where(has_title & ~organisation, rng.integers(0, len(places.TITLES), n), -1), places.TITLES
        ),
        "BirthYear": Numbers(np.where(has_birth & (birth > 0), birth, Numbers.null)),
        "Gender": Labels(
            np.where(organisation | ~has_birth, -1, np.where(person.woman[source], 0, 1)), ["F", "M"]
        ),
        "Chapter": Labels(person.chapter[source], CHAPTER_CODES),
        "EmployerId": Labels(np.where(twin, -1, person.employer[source]), person.ids),
        "BillingCategory": Labels(np.where(twin, -1, person.method[source]), [m.upper() for m in METHODS]),
        "EmailConsent": Flags(
            (person.email_consent & (person.unsubscribed == NEVER))[source].astype(np.int8)
        ),
        "SmsConsent": Flags((rng.random(n) < 0.3).astype(np.int8)),
        "PhoneConsent": Flags((rng.random(n) < 0.7).astype(np.int8)),
        **_firms(rng, organisation),
        **_addresses(cities, house, tail),
    }


def _firms(rng: np.random.Generator, organisation: np.ndarray) -> dict[str, object]:
    """What only organisations have."""
    n = len(organisation)
    industry, size = (
        rng.integers(0, len(places.INDUSTRIES), n),
        chance.pick(rng, [0.3, 0.32, 0.22, 0.1, 0.06], n),
    )
    return {
        "Industry": Labels(np.where(organisation, industry, -1), places.INDUSTRIES),
        "CompanySize": Labels(np.where(organisation, size, -1), places.COMPANY_SIZES),
    }


def _addresses(cities: list[places.City], house: list[int], tail: list[int]) -> dict[str, object]:
    streets = [places.STREETS[(h + t) % len(places.STREETS)] for h, t in zip(house, tail, strict=True)]
    return {
        "Street": Labels.of([f"{h} {street}" for h, street in zip(house, streets, strict=True)]),
        "City": Labels.of([c.name for c in cities]),
        "State": Labels.of([c.state for c in cities]),
        "PostalCode": Labels.of([f"{c.zip_head}{t:02d}" for c, t in zip(cities, tail, strict=True)]),
    }


def _departures(
    rng: np.random.Generator,
    person: People,
    ids: list[str],
    twins: np.ndarray,
    table: Table,
    latest: np.ndarray,
    terms: Terms,
    today: int,
) -> Gone:
    """A third of the twins were merged away; some long-lapsed members were marked deleted, a few were
    erased.
    """
    gone = Gone([], [], [], [])
    for k, row in enumerate(twins.tolist()):
        position, pair = person.n + k, (ids[person.n + k], person.ids[row])
        if k % 3 == 0:
            table.live[position] = False
            gone.merged.append((*pair, int(today - rng.integers(5, 600))))
        else:
            gone.duplicates.append(pair)
    lapsed = np.flatnonzero((terms.end[latest] + 300 < today) & ~person.organisation)
    canaries = set(person.canaries)
    chosen = [row for row in rng.permutation(lapsed).tolist() if row not in canaries][
        : max(person.n // 120, 2)
    ]
    for k, row in enumerate(chosen):
        if k % 4:
            table.columns["Status"].set(row, "D")
            gone.deleted.append(person.ids[row])
        else:
            table.live[row] = False
            gone.erased.append((person.ids[row], int(today - rng.integers(3, 200))))
    return gone


TIER_NAMES = {code: name for code, name, *_ in topics.TIERS}
