"""Invoices, payments and card charges that follow from terms, registrations and subscriptions.

Amounts in cents.
"""

from dataclasses import dataclass

import numpy as np

from imis_ai.sandbox.association import chance
from imis_ai.sandbox.association.equation import DRIVERS
from imis_ai.sandbox.association.membership import PRICES, RISE_DAYS, Terms
from imis_ai.sandbox.association.people import METHODS, NEVER, WINDOW_DAYS, People
from imis_ai.sandbox.association.programme import Programme, Registrations

PURPOSES = ["dues", "event", "product", "adjustment"]
AUTOPAY = METHODS.index("autopay")
DUES_AHEAD = 45  # dues are invoiced this long before the term ends, due on the first day of the next one
WRITE_OFF = 120
QUARTERLY = 2400
QUARTERS = (45, 135, 225, 315)  # days after the start of the term
RETRIES = (0, 3, 7)


@dataclass
class Invoices:
    """In order of the day issued. paid: day, or 0. tier and term days are -1 / 0 where they do not apply."""

    member: np.ndarray
    payer: np.ndarray
    purpose: np.ndarray
    issued: np.ndarray
    due: np.ndarray
    amount: np.ndarray
    paid: np.ndarray
    written_off: np.ndarray
    tier: np.ndarray
    term_start: np.ndarray
    term_end: np.ndarray
    item: np.ndarray  # event row of event invoices, else -1
    method: np.ndarray


@dataclass
class Payments:
    """In order of the day received. invoice: row, or -1 when the payment names none."""

    payer: np.ndarray
    day: np.ndarray
    amount: np.ndarray
    method: np.ndarray
    invoice: np.ndarray
    case: np.ndarray  # see CASES


CASES = ["plain", "partial", "unreferenced", "duplicate", "merged"]


@dataclass
class Attempts:
    """Automatic charges in order of time. `at` in seconds."""

    member: np.ndarray
    at: np.ndarray
    amount: np.ndarray
    succeeded: np.ndarray
    decline: np.ndarray


def _block(n: int, **columns: object) -> dict[str, np.ndarray]:
    """Invoice columns of one kind, scalars repeated, the rest by default."""
    default = {"paid": 0, "written_off": 0, "tier": -1, "term_start": 0, "term_end": 0, "item": -1}
    return {k: np.broadcast_to(np.asarray(v), (n,)).astype(np.int64) for k, v in (default | columns).items()}


def _dues(person: People, terms: Terms, today: int) -> list[dict[str, np.ndarray]]:
    """The invoices for what follows each term, for joining, and for tier changes."""
    rows = np.flatnonzero((terms.end - DUES_AHEAD < today) & (terms.resigned > terms.end - DUES_AHEAD))
    begin = terms.end[rows] + 1
    price = PRICES[terms.tier[rows], (begin >= today - RISE_DAYS).astype(int)]
    paid = np.where(terms.last[rows], 0, begin + terms.late_days[rows])
    gone = (paid == 0) & ((begin + WRITE_OFF < today) | (terms.resigned[rows] < today))
    payer = np.where(
        (terms.method[rows] == 3) & (person.employer[terms.member[rows]] >= 0),
        person.employer[terms.member[rows]],
        terms.member[rows],
    )
    common = {
        "tier": terms.tier[rows],
        "method": terms.method[rows],
        "payer": payer,
        "member": terms.member[rows],
    }
    renewal = _block(
        len(rows),
        purpose=0,
        issued=begin - DUES_AHEAD,
        due=begin,
        amount=price,
        paid=paid,
        written_off=gone,
        term_start=begin,
        term_end=chance.anniversary(begin, 1) - 1,
        **common,
    )
    return [renewal, _joining(terms, today), _tier_changes(terms, today)]


def _joining(terms: Terms, today: int) -> dict[str, np.ndarray]:
    """Dues of new members, paid on the day they join."""
    new = np.flatnonzero(terms.first & (terms.start >= today - WINDOW_DAYS))
    return _block(
        len(new),
        purpose=0,
        issued=terms.start[new],
        due=terms.start[new],
        amount=terms.price[new],
        paid=terms.start[new],
        term_start=terms.start[new],
        term_end=terms.end[new],
        tier=terms.tier[new],
        method=terms.method[new],
        payer=terms.member[new],
        member=terms.member[new],
    )


def _tier_changes(terms: Terms, today: int) -> dict[str, np.ndarray]:
    """The difference to the other tier's price: a charge, or a credit."""
    moved = np.flatnonzero(~terms.last & (terms.moves != 0))
    day = terms.end[moved] + 1 + terms.late_days[moved]
    after = np.clip(terms.tier[moved] + terms.moves[moved], 0, 2)
    era = (day >= today - RISE_DAYS).astype(int)
    change = PRICES[after, era] - PRICES[terms.tier[moved], era]
    return _block(
        len(moved),
        purpose=3,
        issued=day,
        due=day,
        amount=change,
        paid=day,
        tier=after,
        method=terms.method[moved],
        payer=terms.member[moved],
        member=terms.member[moved],
    )


def _library(
    rng: np.random.Generator, person: People, terms: Terms, today: int
) -> tuple[dict[str, np.ndarray], dict[str, np.ndarray]]:
    """Quarterly invoices of autopay members, and the charges made for them."""
    origin = np.repeat(np.flatnonzero(terms.method == AUTOPAY), len(QUARTERS))
    day = terms.start[origin] + np.tile(QUARTERS, len(origin) // len(QUARTERS))
    keep = (day < np.minimum(terms.until[origin], today)) & (day >= today - WINDOW_DAYS)
    origin, day = origin[keep], day[keep]
    trouble = terms.flags[origin, DRIVERS.index("payment_trouble")] & (day >= terms.onset[origin])
    renewed = np.where(terms.last[origin], NEVER, terms.end[origin] + 1 + terms.late_days[origin])
    hiccup = ~trouble & (rng.random(len(day)) < 0.02)
    paid = np.where(trouble, renewed, day + hiccup * RETRIES[1])
    paid = np.where(paid < today, paid, 0)
    member = terms.member[origin]
    invoices = _block(
        len(day),
        member=member,
        payer=member,
        purpose=2,
        issued=day,
        due=day + 10,
        amount=QUARTERLY,
        paid=paid,
        method=AUTOPAY,
        written_off=(paid == 0) & (day + 400 < today),
    )
    tries = np.where(trouble, len(RETRIES), np.where(hiccup, 2, 1))
    of = np.repeat(np.arange(len(day)), tries)
    nth = np.arange(tries.sum()) - np.repeat(np.cumsum(tries) - tries, tries)
    at = (day[of] + np.array(RETRIES)[nth]) * 86400 + 4 * 3600 + rng.integers(0, 3000, len(of))
    good = ~trouble[of] & (nth == tries[of] - 1)
    return invoices, {
        "member": member[of],
        "at": at,
        "amount": np.full(len(of), QUARTERLY),
        "succeeded": good,
    }


def _event_fees(
    rng: np.random.Generator, person: People, found: Registrations, plan: Programme, today: int
) -> dict[str, np.ndarray]:
    rows = np.flatnonzero(found.amount > 0)
    member, issued = found.member[rows], found.day[rows]
    late = rng.random(len(rows)) < np.where(person.late_habit[member], 0.35, 0.06)
    paid = issued + np.where(late, 31 + rng.geometric(1 / 12, len(rows)), rng.integers(0, 12, len(rows)))
    paid = np.where((paid < today) & (rng.random(len(rows)) > 0.01), paid, 0)
    payer = np.where(
        (person.method[member] == 3) & (person.employer[member] >= 0), person.employer[member], member
    )
    return _block(
        len(rows),
        member=member,
        payer=payer,
        purpose=1,
        issued=issued,
        due=issued + 30,
        amount=found.amount[rows],
        paid=paid,
        method=np.where(person.method[member] == AUTOPAY, 0, person.method[member]),
        item=found.event[rows],
        written_off=(paid == 0) & (issued + 300 < today),
    )


def invoices(
    person: People, terms: Terms, found: Registrations, plan: Programme, *, seed: int, today: int
) -> tuple[Invoices, Attempts]:
    """Every invoice issued before today and every automatic charge."""
    rng = chance.stream(seed, "money")
    library, tries = _library(rng, person, terms, today)
    parts = [*_dues(person, terms, today), library, _event_fees(rng, person, found, plan, today)]
    joined = {name: np.concatenate([part[name] for part in parts]) for name in Invoices.__dataclass_fields__}
    rows = np.flatnonzero((joined["issued"] < today) & (joined["issued"] >= today - WINDOW_DAYS))
    rows = rows[np.lexsort((joined["amount"][rows], joined["member"][rows], joined["issued"][rows]))]
    bills = Invoices(**{name: column[rows] for name, column in joined.items()})
    charged = np.flatnonzero((bills.purpose == 0) & (bills.method == AUTOPAY) & (bills.paid > 0))
    return bills, _attempts(rng, bills, charged, tries, today)


def _attempts(
    rng: np.random.Generator, bills: Invoices, charged: np.ndarray, tries: dict[str, np.ndarray], today: int
) -> Attempts:
    """The library's charges together with those of dues paid by autopay."""
    at = bills.paid[charged] * 86400 + 4 * 3600 + rng.integers(0, 3000, len(charged))
    member = np.concatenate([tries["member"], bills.member[charged]])
    when = np.concatenate([tries["at"], at])
    rows = np.flatnonzero(when < today * 86400)
    rows = rows[np.lexsort((member[rows], when[rows]))]
    good = np.concatenate([tries["succeeded"], np.ones(len(charged), bool)])
    amount = np.concatenate([tries["amount"], bills.amount[charged]])
    decline = np.where(good, -1, rng.integers(0, 4, len(good)))
    return Attempts(member[rows], when[rows], amount[rows], good[rows].astype(int), decline[rows])


def payments(bills: Invoices, *, seed: int) -> Payments:
    """One payment for each paid invoice, and the cases that make matching hard (case codes are part of the
    truth).
    """
    rng = chance.stream(seed, "payments")
    rows = np.flatnonzero((bills.paid > 0) & (bills.amount > 0))
    case = chance.pick(rng, [0.955, 0.015, 0.015, 0.005, 0.01], len(rows))
    half = np.round(bills.amount[rows] * 0.4).astype(np.int64)
    first = np.where(case == 1, half, bills.amount[rows])
    again = np.flatnonzero((case == 1) | (case == 3))
    second = np.where(case[again] == 1, bills.amount[rows[again]] - half[again], bills.amount[rows[again]])
    early = np.maximum(bills.paid[rows] - (case == 1) * 5, bills.issued[rows])
    invoice = np.concatenate([np.where(case == 2, -1, rows), np.where(case[again] == 1, rows[again], -1)])
    source, day = np.concatenate([rows, rows[again]]), np.concatenate([early, bills.paid[rows[again]]])
    amount, cases = np.concatenate([first, second]), np.concatenate([case, case[again]])
    order = np.lexsort((amount, source, day))
    return Payments(
        bills.payer[source][order],
        day[order],
        amount[order],
        bills.method[source][order],
        invoice[order],
        cases[order],
    )
