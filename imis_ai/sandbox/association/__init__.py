"""The planted association: Alder Institute, its members and 36 months of what they did, from a seed."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from imis_ai.sandbox.association import (
    behaviour,
    leaving,
    membership,
    money,
    parties,
    people,
    programme,
    rivals,
    service,
    tables,
)
from imis_ai.sandbox.association.membership import Terms
from imis_ai.sandbox.association.parties import Gone
from imis_ai.sandbox.association.people import People
from imis_ai.sandbox.columns import Table


@dataclass
class Association:
    """Tables by the name they are served under, and what only the truth tells."""

    today: str
    seed: int
    tables: dict[str, Table]
    committees: list[tuple[str, int, int, int, bool]] = field(default_factory=list)
    gone: Gone = field(default_factory=lambda: Gone([], [], [], []))
    person: People | None = None
    terms: Terms | None = None
    left: leaving.Left | None = None
    text_labels: list[dict[str, Any]] = field(default_factory=list)
    moved: rivals.Moves | None = None
    payment_cases: dict[str, str] = field(default_factory=dict)
    # of an archive: chapters, tiers, committees
    documents: dict[str, dict[str, Any]] = field(default_factory=dict)


def generate(*, members: int, seed: int, today: str) -> Association:
    """`members` records (current and former) and their history up to the day before `today` (YYYY-MM-DD).

    Same input, same bytes.
    """
    day = int(np.datetime64(today, "D").astype(np.int64))
    person = people.people(members=members, seed=seed, today=day)
    rival = rivals.name_one(person)
    terms = membership.terms(person, seed=seed, today=day)
    moved = rivals.moves(person, terms, rival, seed=seed, today=day)
    plan = programme.programme(seed=seed, today=day)
    codes = tables.event_codes(plan)
    found = programme.registrations(person, terms, plan, seed=seed, today=day)
    bills, attempts = money.invoices(person, terms, found, plan, seed=seed, today=day)
    paid = money.payments(bills, seed=seed)
    party, gone = parties.parties(person, terms, seed=seed, today=day)
    gone_for = leaving.left(person, terms, seed=seed, today=day)
    written = service.texts(person, terms, plan, found, seed=seed, today=day)
    written = leaving.with_complaints(written, terms, gone_for, seed=seed, today=day)
    texts, labels = tables.texts(person, plan, codes, written)
    done = service.activities(person, terms, seed=seed, today=day)
    done = leaving.with_notes(done, terms, gone_for, seed=seed, today=day)
    headers = tables.invoices(person, bills, day)
    served = [
        party,
        texts,
        headers,
        tables.terms(person, terms, day),
        tables.activities(person, done),
        tables.web_activity(person, behaviour.visits(person, terms, seed=seed, today=day)),
        tables.email_events(person, behaviour.mails(person, terms, seed=seed, today=day)),
        tables.events(plan, codes),
        tables.registrations(person, plan, codes, found),
        tables.invoice_lines(bills, codes, headers),
        tables.payments(person, paid, bills),
        tables.attempts(person, attempts),
        tables.relationships(person, moved, day, seed),
    ]
    erased = {party for party, _ in gone.erased}
    _forget(served, person, erased)
    stays = service.committees(person, terms, seed=seed, today=day)
    hard = np.flatnonzero(paid.case > 0).tolist()
    return Association(
        today=today,
        seed=seed,
        tables={table.name: table for table in served},
        committees=[(person.ids[who], *rest) for who, *rest in stays if person.ids[who] not in erased],
        gone=gone,
        person=person,
        terms=terms,
        left=gone_for,
        text_labels=labels,
        moved=moved,
        payment_cases={str(700_001 + i): money.CASES[paid.case[i]] for i in hard},
    )


def _forget(served: list[Table], person: People, erased: set[str]) -> None:
    """Take the rows of erased people out of every feed."""
    codes = [row for row, number in enumerate(person.ids) if number in erased]
    for table in served:
        column = table.columns.get("ID") or table.columns.get("PartyId")
        if column is not None and table.name != "Party":
            table.live &= ~np.isin(column.values, codes)
