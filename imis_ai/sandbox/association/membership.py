"""Terms, renewals and the planted decisions, round by round for all members at once."""

from dataclasses import dataclass

import numpy as np

from imis_ai.sandbox.association import chance, equation, topics
from imis_ai.sandbox.association.equation import DRIVERS
from imis_ai.sandbox.association.people import METHODS, NEVER, WINDOW_DAYS, People

PRICES = np.array([prices for *_, prices in topics.TIERS])  # cents, before and after the rise
RISE_DAYS = 548  # before today
PART = ["portal_quiet", "events_dropped", "mail_unopened", "payment_trouble", "committee_left"]


@dataclass
class Terms:
    """One row per term, in order of (round, member).

    `until` ends the time in which the member behaves as one.
    """

    member: np.ndarray
    start: np.ndarray
    end: np.ndarray  # last day sold
    until: np.ndarray  # exclusive: next term's start, end of grace, or the resignation
    tier: np.ndarray
    price: np.ndarray
    method: np.ndarray
    resigned: np.ndarray  # day, or NEVER
    flags: np.ndarray  # (n, 6)
    onset: np.ndarray
    probability: np.ndarray
    lapses: np.ndarray  # the coin, tossed for every term
    late_days: np.ndarray  # of the renewal payment that follows, 0 = on the day
    late_probability: np.ndarray
    moves: np.ndarray  # tier change at the renewal that follows: -1, 0, 1
    certified: np.ndarray
    part_time: np.ndarray
    up_probability: np.ndarray
    down_probability: np.ndarray
    years: np.ndarray
    first: np.ndarray
    last: np.ndarray  # nothing followed by today

    def __len__(self) -> int:
        return len(self.member)


def eligible(person: People) -> np.ndarray:
    """(n, 5): for whom a driver can be seen at all, because the behaviour that stops is there beforehand."""
    return np.stack(
        [
            person.logins >= 24,
            (person.events >= 4.0),
            person.email_consent & (person.unsubscribed == NEVER) & (person.open_rate >= 0.45),
            person.method == METHODS.index("autopay"),
            person.committee >= 0,
        ],
        axis=1,
    )


def terms(person: People, *, seed: int, today: int) -> Terms:
    """All terms that overlap the window. A renewal becomes a row on the day it is paid."""
    rng = chance.stream(seed, "terms")
    able = eligible(person)
    shares = np.minimum(np.array(equation.DRIVER_SHARES) / np.maximum(able.mean(axis=0), 0.01), 0.42)
    window = today - WINDOW_DAYS
    member = np.arange(person.n)
    start = np.where(
        person.joined < window,
        chance.anniversary(person.joined, chance.whole_years(person.joined, window)),
        person.joined,
    )
    tier, before, rounds = person.tier.copy(), np.full(person.n, -1), []
    while len(member):
        batch = _round(rng, person, member, start, tier[member], before[member], able, shares, today)
        rounds.append(batch)
        goes_on = ~batch.last
        before[member] = batch.price
        tier[member] = np.clip(batch.tier + batch.moves, 0, 2)
        start, member = (batch.end + 1 + batch.late_days)[goes_on], member[goes_on]
    return Terms(
        **{name: np.concatenate([getattr(r, name) for r in rounds]) for name in Terms.__dataclass_fields__}
    )


def _flags(rng: np.random.Generator, able: np.ndarray, shares: np.ndarray, rise: np.ndarray) -> np.ndarray:
    flags = np.zeros((len(able), len(DRIVERS)), bool)
    flags[:, : len(PART)] = able & (rng.random(able.shape) < shares)
    flags[:, DRIVERS.index("price_rise")] = rise
    return flags


def _late(person: People, member: np.ndarray) -> np.ndarray:
    """P(renewal paid late) by how these members pay."""
    invoice, autopay = (person.method[member] == METHODS.index(m) for m in ("invoice", "autopay"))
    return equation.late_probability(invoice, person.organisation[member], person.late_habit[member], autopay)


def _moves(
    coin: np.ndarray, up: np.ndarray, down: np.ndarray, tier: np.ndarray, years: np.ndarray
) -> np.ndarray:
    """-1, 0 or 1: nobody rises above the highest tier, and Fellows need eight years."""
    rises = (coin < up) & (tier < 2) & ~((tier == 1) & (years < 8))
    return np.where(rises, 1, np.where((coin > 1 - down) & (tier > 0), -1, 0))


def _round(
    rng: np.random.Generator,
    person: People,
    member: np.ndarray,
    start: np.ndarray,
    tier: np.ndarray,
    before: np.ndarray,
    able: np.ndarray,
    shares: np.ndarray,
    today: int,
) -> Terms:
    """One term for each of these members; `last` marks those after which nothing has followed by today."""
    n, rise_day = len(member), today - RISE_DAYS
    end = chance.anniversary(start, 1) - 1
    price = PRICES[tier, (start >= rise_day).astype(int)]
    # the rise is felt where the price was paid before: this term at the old price, the next one at the new
    rise = (start < rise_day) & (end + 1 >= rise_day)
    flags = _flags(rng, able[member], shares, rise)
    years = chance.whole_years(person.joined[member], end)
    first = (before < 0) & (start == person.joined[member])
    probability = equation.lapse_probability(flags, tier, first, years)
    lapses = rng.random(n) < probability
    late_p = _late(person, member)
    late_days = np.where(rng.random(n) < late_p, np.minimum(rng.geometric(1 / 13, n), 59), 0)
    resigns = rng.random(n) < equation.RESIGN_SHARE
    resigned = np.where(resigns, start + rng.integers(*equation.RESIGN_DAYS, n), NEVER)
    certified = rng.random(n) < np.where(person.courses[member] > 1, 0.22, 0.03)
    part_time = rng.random(n) < 0.04
    up, down = equation.move_probability(
        certified, person.committee[member] >= 0, years, part_time, person.cluster[member] == 4
    )
    moves = _moves(rng.random(n), up, down, tier, years)
    renewed = end + 1 + late_days
    last = lapses | resigns | (renewed >= today)
    until = np.where(resigns, resigned, np.where(lapses, end + 1 + equation.GRACE_DAYS, renewed))
    return Terms(
        member=member,
        start=start,
        end=end,
        until=until,
        tier=tier,
        price=price,
        method=person.method[member],
        resigned=resigned,
        flags=flags,
        onset=end - rng.integers(*equation.ONSET_DAYS, n),
        probability=probability,
        lapses=lapses,
        late_days=late_days,
        late_probability=late_p,
        moves=moves,
        certified=certified,
        part_time=part_time,
        up_probability=up,
        down_probability=down,
        years=years,
        first=first,
        last=last,
    )
