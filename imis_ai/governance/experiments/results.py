"""What came of a comparison: by arm, the difference with its range, and whether anything can be said yet.

"Caused" is said of a difference between drawn arms whose range leaves out zero by the rule set before the
start; what was contacted and renewed is "influenced", no more. Reads only.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime, timedelta
from typing import Any

import numpy as np
from django.utils.timezone import localdate

from imis_ai.governance.experiments import lift, tables
from imis_ai.governance.experiments.lift import Counts, Difference
from imis_ai.governance.experiments.tables import Rows
from imis_ai.governance.models import Experiment

EARLY, SMALL, MORE, FEWER = "early", "small", "more", "fewer"
WORDS = {EARLY: "Too early to tell", SMALL: "Too small to tell", MORE: "More renewed", FEWER: "Fewer renewed"}


@dataclass(frozen=True)
class Line:
    """One arm. `rate` of those whose outcome is known; money in the association's currency."""

    label: str
    is_base: bool
    is_control: bool
    members: int
    known: int
    renewed: int
    contacted: int
    influenced: int
    cost: float
    dues: float | None
    x: Sequence[int]
    n: Sequence[int]

    @property
    def rate(self) -> float | None:
        return self.renewed / self.known if self.known else None


@dataclass(frozen=True)
class Against:
    """One arm against the base. Difference and range are shares; money comes only with a verdict."""

    label: str
    verdict: str
    difference: float | None
    low: float | None
    high: float | None
    caused: float | None = None
    earned: float | None = None
    earned_low: float | None = None
    earned_high: float | None = None

    @property
    def is_known(self) -> bool:
        return self.verdict in (MORE, FEWER)


@dataclass(frozen=True)
class Week:
    """The difference as it stood on a day, with a range that holds on all of them together."""

    on: date
    known: int
    difference: float
    low: float
    high: float


@dataclass(frozen=True)
class Result:
    """As of a day. `is_final`: the look that was set before the start, or the end."""

    as_of: date
    is_final: bool
    base: str
    lines: Sequence[Line]
    against: Sequence[Against]
    weeks: Sequence[Week]

    def as_json(self) -> dict[str, Any]:
        kept = asdict(self) | {"as_of": self.as_of.isoformat()}
        kept["weeks"] = [asdict(week) | {"on": week.on.isoformat()} for week in self.weeks]
        return kept


def result(*, experiment: Experiment, now: datetime) -> Result:
    """What was read at the end, or else how it stands. Needs a comparison that has started."""
    if experiment.result:
        return from_json(experiment.result)
    return measured(experiment=experiment, rows=tables.read(experiment), now=now)


def measured(*, experiment: Experiment, rows: Rows, now: datetime) -> Result:
    """Counted in the mirror as it is now; after a stop, as of the day of the stop."""
    ended = localdate(experiment.ended_at) if experiment.ended_at else None
    yesterday = localdate(now) - timedelta(days=1)  # today is not over, and may not be read yet
    as_of = min(day for day in (yesterday, experiment.outcome_by, ended) if day)
    is_final = localdate(now) > experiment.outcome_by and (ended is None or ended > experiment.outcome_by)
    [x], [n] = rows.counts([as_of])
    lines = [_line(rows, place, x, n, as_of) for place in range(len(rows.arms))]
    compared = [
        _against(experiment, rows, lines, place, is_final=is_final) for place in range(1, len(rows.arms))
    ]
    return Result(as_of, is_final, lines[0].label, lines, compared, weeks(experiment, rows, as_of))


def weeks(experiment: Experiment, rows: Rows, until: date) -> list[Week]:
    """The first arm against the base, week by week."""
    days = rows.days(until)
    if not days:
        return []
    x, n = rows.counts(days)
    found = lift.anytime(
        Counts(x[:, 1], n[:, 1], x[:, 0], n[:, 0]), planned=len(rows.arm), level=_level(experiment, rows)
    )
    known = n[:, :2].sum(axis=(1, 2))
    shown = np.flatnonzero(np.isfinite(found.value) & (n[:, :2].sum(axis=2) >= experiment.least).all(axis=1))
    return [
        Week(days[at], int(known[at]), float(found.value[at]), float(found.low[at]), float(found.high[at]))
        for at in shown
    ]


def from_json(kept: dict[str, Any]) -> Result:
    return Result(
        as_of=date.fromisoformat(kept["as_of"]),
        is_final=kept["is_final"],
        base=kept["base"],
        lines=[Line(**line) for line in kept["lines"]],
        against=[Against(**each) for each in kept["against"]],
        weeks=[Week(**(week | {"on": date.fromisoformat(week["on"])})) for week in kept["weeks"]],
    )


def reading_day(experiment: Experiment) -> date:
    return experiment.outcome_by + timedelta(days=1)


def verdict(found: Difference, *, known: int, least: int, is_final: bool, at_any_time: bool) -> str:
    """What may be said. Before the set day nothing, unless the range holds at any time."""
    if not (is_final or at_any_time) or known < least or not np.isfinite(found.value):
        return SMALL if is_final else EARLY
    if found.low > 0:
        return MORE
    if found.high < 0:
        return FEWER
    return SMALL if is_final else EARLY


def _line(rows: Rows, place: int, x: np.ndarray, n: np.ndarray, as_of: date) -> Line:
    mine, day, arm = rows.arm == place, as_of.toordinal(), rows.arms[place]
    contacted = mine & (rows.contacted <= day)
    after = contacted & (rows.renewed <= np.minimum(rows.decided, day)) & (rows.renewed >= rows.contacted)
    dues = rows.dues[mine & np.isfinite(rows.dues)]
    return Line(
        label=arm.label,
        is_base=place == 0,
        is_control=arm.is_control,
        members=int(mine.sum()),
        known=int(n[place].sum()),
        renewed=int(x[place].sum()),
        contacted=int(contacted.sum()),
        influenced=int(after.sum()),
        cost=float(rows.spent[mine].sum()) + float(arm.cost) * int(contacted.sum()),
        dues=float(dues.mean()) if len(dues) else None,
        x=x[place].tolist(),
        n=n[place].tolist(),
    )


def _against(
    experiment: Experiment, rows: Rows, lines: Sequence[Line], place: int, *, is_final: bool
) -> Against:
    base, arm, level = lines[0], lines[place], _level(experiment, rows)
    counts, at_any_time = Counts(arm.x, arm.n, base.x, base.n), experiment.rule == Experiment.Rule.ANYTIME
    is_once = is_final and not at_any_time
    found = (
        lift.final(counts, level=level)
        if is_once
        else lift.anytime(counts, planned=len(rows.arm), level=level)
    )
    if not np.isfinite(found.value):
        return Against(arm.label, SMALL if is_final else EARLY, None, None, None)
    said = verdict(
        found,
        known=min(base.known, arm.known),
        least=experiment.least,
        is_final=is_final,
        at_any_time=at_any_time,
    )
    ends = float(found.value), float(found.low), float(found.high)
    if said not in (MORE, FEWER):
        return Against(arm.label, said, *ends)
    more_cost = arm.cost - base.cost * arm.members / max(base.members, 1)
    earned = [end * arm.known * arm.dues - more_cost if arm.dues is not None else None for end in ends]
    return Against(arm.label, said, *ends, ends[0] * arm.known, *earned)


def _level(experiment: Experiment, rows: Rows) -> float:
    """Of one comparison, so that all together keep the level."""
    return 1 - (1 - experiment.level) / max(len(rows.arms) - 1, 1)
