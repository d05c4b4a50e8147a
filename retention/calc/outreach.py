"""Whom we write to, when and for what: stages of a term, what each band gets, which offer fits. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

EARLY, EXPIRY, GRACE, LAPSED = "early", "expiry", "grace", "lapsed"
STAGES = {
    EARLY: "More than 45 days before the term ends",
    EXPIRY: "In the last 45 days of the term",
    GRACE: "Ended, benefits still run",
    LAPSED: "Lapsed",
}
CAMPAIGN, REMINDER, BACK, WIN_BACK = "campaign", "reminder", "grace", "win-back"
PURPOSES = {
    CAMPAIGN: "Retention campaign",
    REMINDER: "Early renewal reminder",
    BACK: "Message in grace",
    WIN_BACK: "Win-back",
}
REASONS = {
    "events": "comes to fewer events",
    "portal": "visits the portal less",
    "mail": "answers less to e-mail",
    "engagement": "does less than before",
    "community": "posts less in the community",
    "committee": "left a committee",
    "content": "uses courses and downloads less",
    "payments": "payments failed or came late",
    "membership": "history of the membership",
    "tier": "tier and price",
    "giving": "gives and buys less",
    "value": "value of the membership",
    "place": "chapter and place",
    "profile": "profile",
    "own": "your own activity kinds",
}
WITH_OFFER = (CAMPAIGN, BACK, WIN_BACK)
REMINDER_DAYS = 45
HIGH, MEDIUM = "hi", "md"
_WHAT = {
    (HIGH, EARLY): CAMPAIGN,
    (HIGH, EXPIRY): CAMPAIGN,
    (MEDIUM, EXPIRY): REMINDER,
    (HIGH, GRACE): BACK,
    (MEDIUM, GRACE): BACK,
}


def stage(renews_on: date, *, today: date, grace_days: int) -> str:
    """Where a membership stands on a day, by the last day of its term."""
    left = (renews_on - today).days
    if left > REMINDER_DAYS:
        return EARLY
    if left >= 0:
        return EXPIRY
    return GRACE if left >= -grace_days else LAPSED


def purpose(band: str, stage: str) -> str:
    """What is drafted for this band at this stage; empty: nothing but the standard notice everybody gets."""
    return _WHAT.get((band, stage), "")


def reason(factors: Iterable[Mapping[str, object]]) -> str:
    """The group of features behind the strongest factor that raises the risk; empty when none does."""
    for factor in factors:
        if factor.get("direction") == "raises":
            return str(factor["feature"]).partition(".")[0]
    return ""


@dataclass(frozen=True)
class Fit:
    """An offer as far as choosing goes. `tokens`: reasons and stages it is meant for; none: any."""

    key: int
    tokens: Sequence[str]
    cost: Decimal

    def because(self, reason: str, stage: str) -> str | None:
        """The reason or stage for which it fits; "" when it fits any, None when it does not fit."""
        stages = [token for token in self.tokens if token in STAGES]
        reasons = [token for token in self.tokens if token not in STAGES]
        if (stages and stage not in stages) or (reasons and reason not in reasons):
            return None
        return reason if reasons else stage if stages else ""


def in_order(offers: Iterable[Fit], *, reason: str, stage: str) -> list[Fit]:
    """Those that fit: for this reason first, then for this stage, then for any; of equals the cheapest."""
    found = [(offer, offer.because(reason, stage)) for offer in offers]
    rank = {reason: 0, stage: 1, "": 2}
    fitting = [(rank[why], offer.cost, offer.key, offer) for offer, why in found if why is not None]
    return [offer for *_, offer in sorted(fitting, key=lambda each: each[:3])]
