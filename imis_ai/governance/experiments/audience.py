"""Who can be compared: members with an outcome to come, and the groups within which lots are drawn.

Areas say more from their wiring: an audience of their own, and how they group their members.
"""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.utils.timezone import localdate

from imis_ai.governance.messages import contact
from imis_ai.governance.models import Experiment
from imis_ai.mirror import outcomes
from imis_ai.mirror.outcomes import Due

Members = Callable[[Collection[str], datetime], set[str]]
Strata = Callable[[Collection[str], datetime], Mapping[str, str]]
RENEWING = "renewing"


@dataclass(frozen=True)
class Audience:
    """`members(imis_ids, now)` names those of the members who belong to it; `rate(imis_ids, now)` is how many
    of them will renew as the area has it, where it differs from the past of all.
    """

    name: str
    label: str
    area: str
    members: Members
    rate: Callable[[Collection[str], datetime], float | None] | None = None


@dataclass(frozen=True)
class Candidate:
    """A member who can be drawn, with the group for the lots."""

    due: Due
    stratum: str


AUDIENCES: dict[str, Audience] = {
    RENEWING: Audience(RENEWING, "Everybody whose term ends in the period", "", lambda ids, now: set(ids))
}
STRATA: dict[str, Strata] = {}


def add(audience: Audience) -> None:
    AUDIENCES[audience.name] = audience


def grouped_by(area: str, read: Strata) -> None:
    """`read(imis_ids, now)`: how the area groups members beside the tier, such as the band of risk."""
    STRATA[area] = read


def choices(area: str = "") -> list[tuple[str, str]]:
    return [(each.name, each.label) for each in AUDIENCES.values() if each.area in ("", area) or not area]


def period(*, outcome_by: date, window_days: int, now: datetime) -> tuple[date, date]:
    """Days on which the terms end that are looked at: from today until a renewal can still count in time."""
    return localdate(now), outcome_by - timedelta(days=window_days)


def of(*, experiment: Experiment, now: datetime, imis_ids: Collection[str] | None = None) -> list[Candidate]:
    """Those who may be drawn now: due, of the audience, and not among the most valuable, who always hear from
    a person and stay outside of every comparison.
    """
    first, last = period(outcome_by=experiment.outcome_by, window_days=experiment.window_days, now=now)
    found = {each.imis_id: each for each in outcomes.due(first=first, last=last, imis_ids=imis_ids)}
    wanted = AUDIENCES[experiment.audience].members(list(found), now)
    wanted -= contact.always_a_person(imis_ids=list(found), now=now)
    kept = {imis_id: due for imis_id, due in found.items() if imis_id in wanted}
    more = STRATA[experiment.area](list(kept), now) if experiment.area in STRATA else {}
    return [Candidate(due, _stratum(due, more.get(imis_id, ""))) for imis_id, due in kept.items()]


def _stratum(due: Due, more: str) -> str:
    return ", ".join(filter(None, (due.tier or "no tier", more)))[:120]
