"""What contact changed, by group of the lots: counts of every comparison of an area that was read."""

from collections.abc import Collection
from typing import NamedTuple

from imis_ai.governance.experiments import tables
from imis_ai.governance.experiments.results import MORE, from_json
from imis_ai.governance.models import Experiment


class Counted(NamedTuple):
    """Renewed `x` of `n`: of those contacted (1), whatever the arm, and of those left alone (0)."""

    group: str
    x1: int
    n1: int
    x0: int
    n0: int


def by_group(*, area: str, groups: Collection[str]) -> list[Counted]:
    """`groups` are the names that the area gives its lots (the end of a stratum); others count under "".

    Everybody counts in the arm that the lot put them in, as of the last day that counts.
    """
    sums: dict[str, list[int]] = {}
    for experiment in _read(area):
        rows = tables.read(experiment)
        [x], [n] = rows.counts([experiment.outcome_by])
        control = [place for place, arm in enumerate(rows.arms) if arm.is_control]
        others = [place for place in range(len(rows.arms)) if place not in control]
        for at, stratum in enumerate(rows.strata):
            group = next((name for name in groups if stratum.endswith(name)), "")
            cells = [x[others, at].sum(), n[others, at].sum(), x[control, at].sum(), n[control, at].sum()]
            kept = sums.setdefault(group, [0, 0, 0, 0])
            sums[group] = [old + int(new) for old, new in zip(kept, cells, strict=True)]
    return [Counted(group, *cells) for group, cells in sorted(sums.items())]


def tested(*, area: str) -> set[str]:
    """Names of offers with which more members renewed than without, by lot, in this association."""
    found: set[str] = set()
    for experiment in _read(area).prefetch_related("arms__offer"):
        if not experiment.result:
            continue
        better = {each.label for each in from_json(experiment.result).against if each.verdict == MORE}
        found |= {arm.offer.name for arm in experiment.arms.all() if arm.offer and arm.label in better}
    return found


def _read(area: str):
    done = Experiment.objects.filter(area=area, state=Experiment.State.DONE, no_control_reason="")
    return done.order_by("pk")
