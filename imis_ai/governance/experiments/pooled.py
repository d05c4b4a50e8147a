"""Several cycles together, and all comparisons of a year: of what was read, never of what is open."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np

from imis_ai.governance.experiments import lift, results
from imis_ai.governance.experiments.lift import Counts
from imis_ai.governance.experiments.results import Against, Line
from imis_ai.governance.models import Experiment

YEAR = timedelta(days=365)


@dataclass(frozen=True)
class Pooled:
    """`read` of `planned` cycles. The figure is said once, after as many cycles as were set."""

    read: int
    planned: int
    members: int
    against: Against | None


def series(experiment: Experiment) -> Pooled:
    """The first thing tried against the control group, over the cycles of one series."""
    found = Experiment.objects.filter(
        series=experiment.series, area=experiment.area, state=Experiment.State.DONE, result__isnull=False
    )
    done = list(found.order_by("cycle", "pk"))
    planned = done[0].cycles if done else experiment.cycles
    kept = done[:planned]
    members = sum(line["members"] for each in kept for line in each.result["lines"])
    found = _together(kept, kept[0].level) if len(kept) == planned > 1 else None
    return Pooled(len(kept), planned, members, found)


def of_the_year(*, now: datetime) -> Against | None:
    """Renewal rate lift: all comparisons with a control group that were read in the last 12 months."""
    done = Experiment.objects.filter(
        state=Experiment.State.DONE, result__isnull=False, ended_at__gt=now - YEAR, no_control_reason=""
    )
    return _together(list(done), 0.95)


def _together(read: Iterable[Experiment], level: float) -> Against | None:
    """Each group of each cycle is a stratum of its own; all arms that contact count as one."""
    parts: list[tuple[list[int], list[int], list[int], list[int]]] = []
    for each in read:
        lines = results.from_json(each.result).lines
        others = [line for line in lines if not line.is_base]
        parts.append((_sum(others, "x"), _sum(others, "n"), list(lines[0].x), list(lines[0].n)))
    if not parts:
        return None
    x1, n1, x0, n0 = (np.concatenate([part[at] for part in parts]) for at in range(4))
    found = lift.final(Counts(x1, n1, x0, n0), level=level)
    if not np.isfinite(found.value):
        return None
    said = results.verdict(
        found, known=int(min(n1.sum(), n0.sum())), least=10, is_final=True, at_any_time=False
    )
    ends = float(found.value), float(found.low), float(found.high)
    return Against("All cycles", said, *ends, ends[0] * float(n1.sum()))


def _sum(lines: list[Line], name: str) -> list[int]:
    return np.sum([getattr(line, name) for line in lines], axis=0).tolist()
