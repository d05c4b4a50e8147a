"""The member records: who they are, where, how they pay and how they tend to behave.

Columns, one row per record.
"""

from dataclasses import dataclass, field

import numpy as np

from imis_ai.sandbox.association import chance, names, places
from imis_ai.sandbox.association.equation import CLUSTERS

WINDOW_DAYS = 1096  # 36 months
CITIES = [(c, city) for c, chapter in enumerate(places.CHAPTERS) for city in chapter.cities]
CITY_SHARES = [
    places.CHAPTERS[c].share * city.weight / sum(other.weight for other in places.CHAPTERS[c].cities)
    for c, city in CITIES
]
METHODS = ["card", "autopay", "cheque", "invoice"]


@dataclass
class People:
    """Arrays of length n; days are since 1970. Codes index the lists of `places`, `names` and `topics`."""

    n: int
    ids: list[str]
    joined: np.ndarray
    organisation: np.ndarray
    chapter: np.ndarray
    city: np.ndarray
    cluster: np.ndarray
    tier: np.ndarray
    method: np.ndarray
    late_habit: np.ndarray
    employer: np.ndarray  # row of the employing organisation, -1
    committee: np.ndarray  # committee joined, -1
    logins: np.ndarray  # per year, as are the next four
    events: np.ndarray
    open_rate: np.ndarray
    courses: np.ndarray
    posts: np.ndarray
    email_consent: np.ndarray
    unsubscribed: np.ndarray  # day, or a far future
    first: list[str] = field(default_factory=list)
    last: list[str] = field(default_factory=list)
    email: list[str] = field(default_factory=list)
    woman: np.ndarray = field(default_factory=lambda: np.zeros(0, bool))
    canaries: list[int] = field(default_factory=list)


NEVER = 10**7


def people(*, members: int, seed: int, today: int) -> People:
    """Draw `members` records, in order of joining, so that lower iMIS ids are older members."""
    rng = chance.stream(seed, "people")
    n = members
    window = today - WINDOW_DAYS
    veterans = rng.random(n) < 0.54
    tenure = 20 + rng.exponential(6.2 * 365, n).clip(0, 38 * 365)
    joined = np.sort(
        np.where(veterans, window - tenure, window + rng.random(n) * (WINDOW_DAYS - 12)).astype(np.int64)
    )
    ids = [
        f"{number:06d}"
        for number in (97_000 + np.cumsum(rng.integers(1, 5 if n < 100_000 else 3, n))).tolist()
    ]
    organisation = rng.random(n) < 0.06
    city = chance.pick(rng, CITY_SHARES, n)
    cluster = np.where(
        organisation,
        chance.pick(rng, [0.3, 0.2, 0.2, 0.0, 0.3], n),
        chance.pick(rng, [float(c["share"]) for c in CLUSTERS], n),
    )
    years = (today - joined) / 365.25
    tier = chance.pick(rng, [0.34, 0.56, 0.10], n)
    tier = np.where((tier == 2) & (years < 8), 1, tier)
    tier = np.where(organisation & (tier == 0), 1, tier)
    method = np.where(
        organisation, chance.pick(rng, [0.1, 0.1, 0.2, 0.6], n), chance.pick(rng, [0.29, 0.47, 0.10, 0.14], n)
    )
    employer = _employers(rng, organisation)
    city = np.where((employer >= 0) & (rng.random(n) < 0.8), city[employer], city)
    found = _habits(rng, cluster)
    person = People(
        n=n,
        ids=ids,
        joined=joined,
        organisation=organisation,
        city=city,
        chapter=np.array([c for c, _ in CITIES])[city],
        cluster=cluster,
        tier=tier,
        method=method,
        late_habit=rng.random(n) < 0.2,
        employer=employer,
        committee=np.where(~organisation & (rng.random(n) < 0.13), rng.integers(0, 12, n), -1),
        email_consent=rng.random(n) > 0.05,
        unsubscribed=np.where(rng.random(n) < 0.03, today - rng.integers(20, 900, n), NEVER),
        **found,
    )
    _name(person, chance.stream(seed, "names"))
    return person


def _employers(rng: np.random.Generator, organisation: np.ndarray) -> np.ndarray:
    """The row of the member organisation each person works for, -1 for most."""
    n, firms = len(organisation), np.flatnonzero(organisation)
    if not len(firms):
        return np.full(n, -1)
    employed = ~organisation & (rng.random(n) < 0.38)
    return np.where(employed, firms[rng.integers(0, len(firms), n)], -1)


def _habits(rng: np.random.Generator, cluster: np.ndarray) -> dict[str, np.ndarray]:
    """Yearly rates around those of the cluster."""
    found = {}
    for habit in ("logins", "events", "courses", "posts"):
        usual = np.array([float(c[habit]) for c in CLUSTERS])[cluster]
        found[habit] = usual * np.exp(rng.normal(0, 0.3, len(cluster)) - 0.045)
    opens = np.array([float(c["open_rate"]) for c in CLUSTERS])[cluster]
    return found | {"open_rate": (opens + rng.normal(0, 0.07, len(cluster))).clip(0.03, 0.93)}


def _name(person: People, rng: np.random.Generator) -> None:
    """First and last names, e-mail addresses, and the canaries."""
    n = person.n
    origin = chance.pick(rng, [o.share for o in names.ORIGINS], n).tolist()
    mixed = chance.pick(rng, [o.share for o in names.ORIGINS], n).tolist()
    marries, women = (rng.random(n) < 0.12).tolist(), (rng.random(n) < 0.41)
    given, family, firm, tail = (rng.integers(0, 2**31, n).tolist() for _ in range(4))
    canaries = set(np.flatnonzero(~person.organisation)[:n].tolist())
    chosen = rng.permutation(sorted(canaries))[: min(50, n // 5)].tolist()
    person.canaries, person.woman = sorted(chosen), women
    rare = {row: names.CANARY_NAMES[k] for k, row in enumerate(person.canaries)}
    for i in range(n):
        if person.organisation[i]:
            _firm(person, i, firm[i], tail[i])
            continue
        source = names.ORIGINS[origin[i]]
        firsts = source.women if women[i] else source.men
        lasts = names.ORIGINS[mixed[i] if marries[i] else origin[i]].family
        first, last = firsts[given[i] % len(firsts)], rare.get(i) or lasts[family[i] % len(lasts)]
        person.first.append(first)
        person.last.append(last)
        person.email.append(_email(first, last, tail[i]))


def _firm(person: People, i: int, word: int, kind: int) -> None:
    first, trade = (
        places.FIRM_WORDS[word % len(places.FIRM_WORDS)],
        places.FIRM_KINDS[kind % len(places.FIRM_KINDS)],
    )
    name = f"{first} {trade}"
    person.first.append("")
    person.last.append(name)
    person.email.append(f"membership{i}@{name.split()[0].lower()}.example.com")


def _email(first: str, last: str, tail: int) -> str:
    """Reserved domains only: nothing sent by mistake can reach anybody."""
    plain = last.lower().replace("-", "").replace("'", "")
    style, domain = tail % 3, ("example.org", "example.com", "example.net")[tail // 7 % 3]
    head = (
        f"{first.lower()}.{plain}",
        f"{first[0].lower()}{plain}{tail % 89 + 10}",
        f"{first.lower()}{tail % 979}",
    )[style]
    head = head if style != 2 else f"{head}.{plain}"
    return f"{head}@{domain}"
