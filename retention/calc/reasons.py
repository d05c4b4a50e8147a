"""Why a member left: the fixed list of reasons, and which of them the last months speak for. Pure.

Each reason has a sign in the data. How much a sign counts is learned from the association's own renewals:
those who left beside those who stayed, drawn towards a stated prior while there are few. The main reason is
the one whose sign raised the chance most; its confidence is the share of that chance it accounts for.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from retention.calc import calibrate

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]

OURS, THEIRS, NOBODYS, OPEN = "ours", "theirs", "nobodys", "unknown"
WHOSE = {OURS: "Ours", THEIRS: "Theirs", NOBODYS: "Nobody's", OPEN: "Not known"}
OFFER, REMINDER, APOLOGY, PAYER, RETIRED, NEVER = "offer", "reminder", "apology", "payer", "retired", "never"
ROUTES = {
    OFFER: "Win-back offer",
    REMINDER: "Reminder",
    APOLOGY: "Apology by a person",
    PAYER: "Invoice to the payer",
    RETIRED: "Retired category",
    NEVER: "Never written to",
}


class Reason(NamedTuple):
    """One entry of the fixed list: what staff read, whose it is, where the member goes next.

    `group`: what offers of the catalogue name it by, which is the group of features it shows in.
    """

    label: str
    whose: str
    route: str
    prior: float  # log-odds that its sign is believed to add before an association's own history speaks
    group: str = ""


REASONS = {
    "unused": Reason("Stopped using the portal and its benefits", OURS, OFFER, 1.4, "portal"),
    "events": Reason("Stopped coming to events", OURS, OFFER, 1.2, "events"),
    "mail": Reason("Stopped reading our e-mail", OURS, OFFER, 1.0, "mail"),
    "committee": Reason("Left a committee", OURS, OFFER, 1.2, "committee"),
    "price": Reason("Price rise", OURS, OFFER, 0.8, "tier"),
    "service": Reason("Complaint about service", OURS, APOLOGY, 1.5),
    "employer": Reason("Employer stopped paying", THEIRS, PAYER, 2.5),
    "moved": Reason("Moved away", THEIRS, OFFER, 2.0, "place"),
    "retired": Reason("Retired", THEIRS, RETIRED, 3.0),
    "job": Reason("Other job", THEIRS, OFFER, 2.0),
    "payment": Reason("Card charge failed", NOBODYS, REMINDER, 1.6, "payments"),
    "forgot": Reason("Forgot", NOBODYS, REMINDER, 0.0),
    "died": Reason("Died", NOBODYS, NEVER, 6.0),
    "unknown": Reason("Not known", OPEN, OFFER, 0.0),
}
SIGNS = tuple(key for key in REASONS if key not in ("forgot", "unknown"))
WRITTEN = ("service", "employer", "moved", "retired", "job", "died")  # somebody has to have said it
WORDS = {  # regular expressions on what was written, blind to case
    "died": r"\m(deceased|died|passed away|obituary)\M",
    "retired": r"\m(retired|retirement|retiring)\M",
    "moved": r"\m(moved|moving|relocated|emigrated)\M.{0,20}\m(abroad|overseas|country|out of)\M",
    "job": r"left the (profession|field|industry)|chang\w+ (my )?(career|profession)|no longer practi[cs]",
    "employer": r"\m(employer|company|firm)\M.{0,50}\m(no longer pays?|not pay|stopped paying|cut)\M",
    "service": r"complain|refund|nobody (has )?answer|no answer|charged twice|charged .{0,12}again|not worth"
    r"|unacceptable|disappointed|unhappy|g[ai]ve up|third time|three times",
}
SD = 0.8  # how far from the prior a weight is believed to be before looking
QUIET_DAYS, MISSED = 75, 3.0  # a silence counts from so many days and so many visits that did not come
EVENT_DAYS, EVENTS_MISSED, NO_SHOWS = 120, 1.6, 2
UNREAD = 0.05  # chance that as many e-mails stay unopened by accident
LATE_DAYS = 90  # a complaint counts this long
ALIVE_DAYS = 60  # who was seen so shortly before the end had not turned away
RISE = 0.02
SUREST_GUESS = {"forgot": 0.6, "employer": 0.75}  # without a sign there is only the rest to go by
FEWEST, UNSURE = 30, 0.35
NO_DAY = -(10**6)


@dataclass(frozen=True)
class Trail:
    """What is known of the last months before each end, one row per member and end; days since 1970.

    A day that is not there is `NO_DAY`. `written`: per key of WRITTEN the last day on which somebody said so.
    """

    end: Ints
    resigned: Flags
    visits: Ints
    first_visit: Ints
    last_visit: Ints
    opened: Ints
    last_open: Ints
    unread: Ints  # e-mails sent since the last one that was opened
    sent: Ints
    attended: Ints
    first_event: Ints
    last_event: Ints
    no_shows: Ints  # events since the last one attended
    failed: Ints  # charges since the last that worked
    last_failed: Ints
    left_committee: Ints
    price: Floats
    next_price: Floats
    by_employer: Flags  # the next invoice is in another organisation's name
    written: dict[str, Ints]

    def __len__(self) -> int:
        return len(self.end)


@dataclass(frozen=True)
class Weights:
    """Log-odds that each sign adds, in the order of SIGNS, and from how many endings that was learned.

    Who resigns in mid-term is learned apart: nobody asked them to pay, so quiet months say less of them.
    """

    of: Floats
    resigned: Floats
    lapsed: int
    stayed: int

    def told(self) -> dict[str, Any]:
        """For the page: what counts how much here, beside what was believed before."""
        return {key: (round(float(w), 2), REASONS[key].prior) for key, w in zip(SIGNS, self.of, strict=True)}


@dataclass(frozen=True)
class Found:
    """The main reason of each row with its confidence, and the share of every sign."""

    reason: list[str]
    confidence: Floats
    shares: Floats


def signs(trail: Trail) -> Floats:
    """(n, signs) 1 where the data show it, 0 where they do not."""
    columns = {
        "unused": _stopped(trail.end, trail.visits, trail.first_visit, trail.last_visit, QUIET_DAYS, MISSED),
        "events": (trail.no_shows >= NO_SHOWS)
        | _stopped(trail.end, trail.attended, trail.first_event, trail.last_event, EVENT_DAYS, EVENTS_MISSED),
        "mail": _unread(trail),
        "payment": trail.failed > 0,
        "committee": trail.left_committee != NO_DAY,
        "price": ~trail.resigned & (trail.next_price > trail.price * (1 + RISE)),
    }
    for key in WRITTEN:
        columns[key] = trail.written[key] != NO_DAY
    columns["service"] &= np.abs(trail.end - trail.written["service"]) <= LATE_DAYS
    return np.column_stack([columns[key] for key in SIGNS]).astype(np.float64)


def learn(seen: Floats, lapsed: Flags, resigned: Flags) -> Weights:
    """From signs of those who left and of those who stayed, drawn towards the prior."""
    prior = np.array([REASONS[key].prior for key in SIGNS])
    said = np.where([key in WRITTEN for key in SIGNS], prior, 0.0)
    stayed = ~lapsed
    return Weights(
        _fit(seen[~resigned], lapsed[~resigned], prior),
        _fit(seen[stayed | resigned], resigned[stayed | resigned], said),
        int(lapsed.sum()),
        int(stayed.sum()),
    )


def _fit(seen: Floats, left: Flags, prior: Floats) -> Floats:
    """Logistic weights of the signs, believed to be `prior` give or take `SD`."""
    if min(left.sum(), (~left).sum()) < FEWEST:
        return prior
    design = np.column_stack([np.ones(len(seen)), seen])
    belief, precision = np.append(0.0, prior), np.append(1e-6, np.full(len(prior), SD**-2))
    theta, y = belief.copy(), left.astype(np.float64)
    for _ in range(40):
        p = calibrate.chance(design @ theta)
        uphill = design.T @ (y - p) - precision * (theta - belief)
        bend = (design * (p * (1 - p))[:, None]).T @ design + np.diag(precision)
        step = np.clip(np.linalg.solve(bend, uphill), -1, 1)
        theta = theta + step
        if np.abs(step).max() < 1e-6:
            break
    return np.asarray(theta[1:])


def find(trail: Trail, seen: Floats, weights: Weights) -> Found:
    """The main reason of each of these lapses."""
    weight = np.where(trail.resigned[:, None], weights.resigned, weights.of)
    odds = np.expm1(np.maximum(weight, 0) * seen)
    rest = 1 / (1 + odds.sum(axis=1))
    shares = odds * rest[:, None]
    other = _otherwise(trail)
    guess = rest * np.array([SUREST_GUESS.get(key, 0.0) for key in other])
    best = shares.argmax(axis=1)
    top = shares[np.arange(len(best)), best]
    reason, confidence = [], np.maximum(top, guess)
    for k, sure in enumerate(confidence.tolist()):
        own = SIGNS[int(best[k])] if top[k] >= guess[k] else other[k]
        reason.append(own if sure >= UNSURE else "unknown")
    confidence[[key == "unknown" for key in reason]] = 0.0
    return Found(reason, confidence, shares)


def _otherwise(trail: Trail) -> list[str]:
    """What is left where no sign speaks: an unpaid invoice of the employer, or a member active to the end."""
    last = np.maximum.reduce([trail.last_visit, trail.last_open, trail.last_event])
    alive = ~trail.resigned & (trail.end - last <= ALIVE_DAYS)
    return [
        "employer" if paid_for else "forgot" if is_alive else "unknown"
        for paid_for, is_alive in zip(trail.by_employer.tolist(), alive.tolist(), strict=True)
    ]


def _stopped(end: Ints, count: Ints, first: Ints, last: Ints, days: int, missed: float) -> Flags:
    """Came at some pace, then not at all, for longer than chance explains."""
    pace = (count - 1) / np.maximum(last - first, 30)
    quiet = end - last
    return np.asarray((count >= 3) & (quiet >= days) & (pace * quiet >= missed))


def _unread(trail: Trail) -> Flags:
    """Opened e-mails now and then, and then none of those that came."""
    before = np.maximum(trail.sent - trail.unread, 1)
    share = np.clip(trail.opened / before, 0.02, 0.98)
    return np.asarray((trail.opened >= 2) & ((1 - share) ** trail.unread < UNREAD))


class Fact(NamedTuple):
    """One thing the data say: for which reason it speaks, in words, the day it is of (days since 1970)."""

    reason: str
    text: str
    day: int


def facts(trail: Trail, k: int, seen: Sequence[float], shares: Sequence[float], money: Any) -> list[Fact]:
    """What speaks for each reason of row `k`, the weightiest first; `money(amount)` says an amount."""
    made = [
        (share, Fact(key, *_say(trail, k, key, money)))
        for key, sign, share in zip(SIGNS, seen, shares, strict=True)
        if sign
    ]
    if trail.by_employer[k]:
        bill = "The dues were billed to the employer and not paid"
        made.append((0.0, Fact("employer", bill, int(trail.end[k]))))
    found = [fact for _, fact in sorted(made, key=lambda pair: -pair[0])]
    if not found:
        last = int(max(trail.last_visit[k], trail.last_open[k], trail.last_event[k]))
        found = [Fact("forgot", "Last seen, on the portal, at an event or opening an e-mail", last)]
    return [fact for fact in found if fact.day != NO_DAY]


def _say(trail: Trail, k: int, key: str, money: Any) -> tuple[str, int]:
    """(sentence, day) of one sign that row `k` shows."""
    if key in WRITTEN:
        return _WRITTEN[key], int(trail.written[key][k])
    if key == "unused":
        return f"Last of {trail.visits[k]:,} portal visits in 18 months", int(trail.last_visit[k])
    if key == "events":
        missed = f"; then missed {trail.no_shows[k]} without a word" if trail.no_shows[k] > 1 else ""
        if trail.last_event[k] == NO_DAY:
            return f"Registered {trail.no_shows[k]} times and never came", int(trail.end[k])
        return f"Last of {trail.attended[k]} events attended in 18 months{missed}", int(trail.last_event[k])
    if key == "mail":
        return f"Last e-mail opened; {trail.unread[k]} since then were not", int(trail.last_open[k])
    if key == "payment":
        times = "charge" if trail.failed[k] == 1 else "charges"
        return f"{trail.failed[k]} card {times} failed, the last", int(trail.last_failed[k])
    if key == "committee":
        return "Committee work ended", int(trail.left_committee[k])
    rise = f"from {money(trail.price[k])} to {money(trail.next_price[k])}"
    return f"Dues rose {rise} with the next term", int(trail.end[k])


_WRITTEN = {
    "service": "Complained in writing",
    "employer": "Wrote that the employer pays no more",
    "moved": "Noted as moved away",
    "retired": "Noted as retired",
    "job": "Noted in another job",
    "died": "Noted as deceased",
}
