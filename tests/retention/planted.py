"""A planted association in arrays: terms, features as of any day, and the chance behind every renewal."""

from dataclasses import dataclass

import numpy as np
import pandas as pd  # noqa: TID253  tests wait for it once

from imis_ai.features import labels

DAY = np.timedelta64(1, "D")
BEGIN = np.datetime64("2020-01-01", "D")
NOISE = 6
GRACE = 60


@dataclass(frozen=True)
class Planted:
    """Arrays over decisions (one per term), and what is needed to compute features as of a day."""

    book: labels.Terms
    name: np.ndarray
    start: np.ndarray
    end: np.ndarray
    silent_from: np.ndarray
    is_autopay: np.ndarray
    probability: np.ndarray
    noise: np.ndarray
    resigns: float  # share of terms
    resign_days: tuple[int, int]  # after the start

    def frame(self, day):
        """One row per member with a term begun before `day`: three telling features and noise."""
        begun = np.flatnonzero(self.start < day)
        last = pd.Series(begun).groupby(self.name[begun]).max().to_numpy()
        silence = np.maximum((day - self.silent_from[last]) / DAY, 0.0)
        rng = np.random.default_rng(int((day - BEGIN) / DAY))
        found = {
            "portal.days_since_login": silence + rng.exponential(8, len(last)),
            "portal.logins_90": rng.poisson(np.where(silence > 45, 1.0, 9.0)).astype(float),
            "payments.autopay": self.is_autopay[last].astype(float),
        }
        found |= {f"own.noise_{k}_count_90": self.noise[last, k] for k in range(NOISE)}
        return pd.DataFrame(found, index=self.name[last]).astype("float32")

    def probability_at(self, members, ends):
        """The planted chance of the renewal at each end."""
        known = dict(zip(zip(self.name, self.end, strict=True), self.probability, strict=True))
        return np.array([known[key] for key in zip(members, ends, strict=True)])

    def chance_within(self, now, days):
        """The planted chance of a lapse date in (today, today + days]: for each row of `now` not in grace."""
        p, into = self.probability_at(now.member, now.end), ((now.day - now.start) / DAY).astype(int)
        still, end = 1 - self.left_by(into - 1), now.lead <= days
        leaves = self.left_by(np.minimum(into + days, now.length - 1)) - self.left_by(into)
        later = (1 - p) * self.left_by(days - now.lead - 1)
        return (leaves + end * (1 - self.resigns) * (p + later)) / still

    def lapse_days(self, now, most):
        """(rows, days): the planted chance that the lapse date is that many days ahead, from 1 to `most`."""
        until = [self.chance_within(now, days) for days in range(most + 1)]
        return np.diff(np.array(until), axis=0).T

    def left_by(self, day):
        """The share that has resigned by that day of a term."""
        first, last = self.resign_days
        return self.resigns * np.clip((day - first + 1) / (last - first), 0, 1)


WINDOWS = {"portal.days_since_login": None, "portal.logins_90": 90, "payments.autopay": 0} | {
    f"own.noise_{k}_count_90": 90 for k in range(NOISE)
}


def association(*, members, years, seed, term_days=365, telling=1.0, late=0.0, resigns=0.0, hidden=0.0):
    """`telling` scales every effect: 0 plants an association in which nothing says who lapses.

    `hidden`: log-odds by which members with equal data differ.
    """
    rng = np.random.default_rng(seed)
    last_day = BEGIN + (years * 365) * DAY
    rounds, alive = [], np.arange(members)
    start = BEGIN + rng.integers(0, term_days, members) * DAY
    autopay = rng.random(members) < 0.5
    run = np.zeros(members)
    days = (term_days // 12, term_days - term_days // 10)
    while len(alive):
        end = start[alive] + (term_days - 1) * DAY
        silent = rng.random(len(alive)) < 0.25
        logit = -1.9 + telling * (1.9 * silent - 0.9 * autopay[alive] - 0.4 * np.log1p(run[alive]))
        p = 1 / (1 + np.exp(-logit - hidden * rng.normal(size=len(alive))))
        lapses, leaves = rng.random(len(alive)) < p, rng.random(len(alive)) < resigns
        onset = end - rng.integers(150, 200, len(alive)) * DAY
        resigned = np.where(
            leaves, start[alive] + rng.integers(*days, len(alive)) * DAY, np.datetime64("NaT", "D")
        )
        rounds.append(
            (alive, start[alive].copy(), end, resigned, np.where(silent, onset, end + 9999 * DAY), p)
        )
        delay = np.where(rng.random(len(alive)) < late, rng.integers(1, 50, len(alive)), 0)
        start[alive] = end + (1 + delay) * DAY
        run[alive] += 1
        alive = alive[~lapses & ~leaves & (start[alive] < last_day)]
    member, begin, end, resigned, silent_from, p = (
        np.concatenate(part) for part in zip(*rounds, strict=True)
    )
    name = np.array([f"m{i:05d}" for i in range(members)])[member]
    book = labels.terms(member=name, start=begin, end=end, resigned=resigned)
    noise = rng.normal(size=(len(member), NOISE)).round(2)
    return Planted(book, name, begin, end, silent_from, autopay[member], p, noise, resigns, days)
