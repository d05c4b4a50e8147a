"""What members do on the portal and with the mailings: visits and e-mail events, as arrays in order of
time.
"""

from dataclasses import dataclass

import numpy as np

from imis_ai.sandbox.association import chance, topics
from imis_ai.sandbox.association.equation import DRIVERS
from imis_ai.sandbox.association.membership import Terms
from imis_ai.sandbox.association.people import NEVER, WINDOW_DAYS, People

VISITS = ["login", "page_view", "download"]
MAILS = ["email_sent", "email_open", "email_click", "email_bounce", "unsubscribe"]
MAIL_EVERY = 24  # days between mailings
DST_NIGHTS = ("2023-11-05", "2024-11-03", "2025-11-02", "2026-11-01", "2027-11-07", "2028-11-05")
DST_MORNINGS = ("2024-03-10", "2025-03-09", "2026-03-08", "2027-03-14", "2028-03-12", "2029-03-11")


@dataclass
class Happenings:
    """One row per happening: member row, kind code, seconds since 1970 (naive local), word code, minutes
    (visits).
    """

    member: np.ndarray
    kind: np.ndarray
    at: np.ndarray
    word: np.ndarray
    minutes: np.ndarray

    def in_order(self, today: int) -> "Happenings":
        """Sorted by time and cut before `today`."""
        rows = np.flatnonzero(self.at < today * 86400)
        rows = rows[np.lexsort((self.kind[rows], self.member[rows], self.at[rows]))]
        return Happenings(*(getattr(self, name)[rows] for name in self.__dataclass_fields__))


def stops(terms: Terms, driver: str, today: int) -> np.ndarray:
    """The day from which a member no longer shows the behaviour in this term."""
    flagged = terms.flags[:, DRIVERS.index(driver)]
    return np.minimum(np.minimum(np.where(flagged, terms.onset, NEVER), terms.until), today)


def on_the_clock(at: np.ndarray) -> np.ndarray:
    """No wall clock shows 02:00 to 02:59 on the morning when summer time begins: those become 03:xx."""
    day, second = at // 86400, at % 86400
    skipped = np.isin(day, np.array(DST_MORNINGS, "datetime64[D]").astype(np.int64)) & (second // 3600 == 2)
    return at + skipped * 3600


def visits(person: People, terms: Terms, *, seed: int, today: int) -> Happenings:
    """Logins and what was looked at. After the onset of portal_quiet there is none until the next term."""
    rng = chance.stream(seed, "visits")
    start = np.maximum(terms.start, today - WINDOW_DAYS)
    rate = person.logins[terms.member] / 365
    origin, day = chance.spread(rng, rate, start, stops(terms, "portal_quiet", today))
    member, at = terms.member[origin], chance.daytime(rng, day)
    owls = np.isin(np.floor(day).astype(np.int64), np.array(DST_NIGHTS, "datetime64[D]").astype(np.int64))
    owls &= rng.random(len(at)) < 0.3
    at = np.where(owls, np.floor(day).astype(np.int64) * 86400 + 3600 + rng.integers(0, 3600, len(at)), at)
    looks = np.flatnonzero(rng.random(len(at)) < 0.14)
    kinds = np.where(rng.random(len(looks)) < 0.3, 2, 1)
    words = np.where(
        kinds == 2,
        len(topics.PAGES) + rng.integers(0, len(topics.DOWNLOADS), len(looks)),
        rng.integers(0, len(topics.PAGES), len(looks)),
    )
    minutes = np.maximum(rng.gamma(2.2, 3.4, len(at)), 1).round(1)
    return Happenings(
        member=np.concatenate([member, member[looks]]),
        kind=np.concatenate([np.zeros(len(at), np.int64), kinds]),
        at=on_the_clock(np.concatenate([at, at[looks] + rng.integers(20, 600, len(looks))])),
        word=np.concatenate([np.full(len(at), -1), words]),
        minutes=np.concatenate([minutes, np.full(len(looks), np.nan)]),
    ).in_order(today)


def campaigns(today: int) -> np.ndarray:
    """The days of the mailings in the window."""
    return np.arange(today - WINDOW_DAYS + 6, today, MAIL_EVERY)


def mails(person: People, terms: Terms, *, seed: int, today: int) -> Happenings:
    """Mailings sent to members, opened and clicked. After the onset of mail_unopened nothing is opened."""
    rng = chance.stream(seed, "mails")
    days = campaigns(today)
    until = np.minimum(
        terms.until, np.where(person.email_consent[terms.member], person.unsubscribed[terms.member], 0)
    )
    low = np.searchsorted(days, terms.start)
    counts = np.maximum(np.searchsorted(days, until) - low, 0)
    origin = np.repeat(np.arange(len(terms)), counts)
    campaign = np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts) + low[origin]
    member, sent = (
        terms.member[origin],
        days[campaign] * 86400 + 9 * 3600 + rng.integers(0, 2400, len(origin)),
    )
    bounced = rng.random(len(sent)) < 0.004
    opened = ~bounced & (rng.random(len(sent)) < person.open_rate[member])
    after = np.minimum(rng.exponential(20_000, len(sent)), 5 * 86400).astype(np.int64) + 60
    opened &= (sent + after) < stops(terms, "mail_unopened", today)[origin] * 86400
    clicked = opened & (rng.random(len(sent)) < 0.16)
    leavers = np.flatnonzero(
        person.email_consent & (person.unsubscribed < today) & (person.unsubscribed > person.joined)
    )
    leavers = leavers[np.isin(leavers, member)]
    word = campaign % len(topics.SUBJECTS)
    left = person.unsubscribed[leavers] * 86400 + 36_000
    parts = [
        (sent, np.arange(len(sent)), 0),
        (sent + after, np.flatnonzero(opened), 1),
        (sent + after + 45, np.flatnonzero(clicked), 2),
        (sent + 5, np.flatnonzero(bounced), 3),
    ]
    return Happenings(
        member=np.concatenate([*(member[rows] for _, rows, _ in parts), leavers]),
        kind=np.concatenate(
            [*(np.full(len(rows), kind) for _, rows, kind in parts), np.full(len(leavers), 4)]
        ),
        at=on_the_clock(np.concatenate([*(at[rows] for at, rows, _ in parts), left])),
        word=np.concatenate([*(word[rows] for _, rows, _ in parts), np.zeros(len(leavers), np.int64)]),
        minutes=np.full(sum(len(rows) for _, rows, _ in parts) + len(leavers), np.nan),
    ).in_order(today)
