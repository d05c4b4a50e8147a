"""What staff say will become of members, as rows to learn from, and whether learning from them helps. Pure.

A correction is never an outcome: only the fit sees it, in place of an outcome nobody knows yet, and for less
than one. What is measured is always what happened, to members of whom staff said nothing.
"""

from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from retention.calc import evaluate
from retention.calc.rows import DAY, NEAR, Rows, join, weights

TRUST = 0.5  # of what a known outcome weighs
MOST_HARM = 0.005  # of the area under the curve; beyond, the corrections are left out
FEWEST, FEWEST_LAPSES = 100, 10  # later decisions of other members, below which nothing can be told
FIRST = 0.1

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Said:
    """Arrays over statements: of whom, on which day, and whether they will lapse."""

    member: npt.NDArray[Any] = field(default_factory=lambda: np.zeros(0, str))
    on: npt.NDArray[Any] = field(default_factory=lambda: np.zeros(0, "datetime64[D]"))
    lapses: npt.NDArray[np.bool_] = field(default_factory=lambda: np.zeros(0, bool))

    def __len__(self) -> int:
        return len(self.member)


@dataclass(frozen=True)
class Effect:
    """Later decisions of other members, judged by the same model without and with what staff say."""

    decisions: int
    lapses: int
    auc: tuple[float, float]
    found: tuple[float, float]  # share of the lapses that stand in the first tenth

    @property
    def is_measured(self) -> bool:
        return self.decisions >= FEWEST and self.lapses >= FEWEST_LAPSES

    @property
    def harms(self) -> bool:
        return self.auc[1] < self.auc[0] - MOST_HARM


def open_rows(rows: Rows, said: Said, *, by: np.datetime64, grace: int) -> Rows:
    """The near snapshots of the terms that staff spoke of and whose outcome is not certain by `by`.

    The latest statement about a member counts. Their outcome is what staff say; everything else stays.
    """
    found, lapses = [], []
    latest = {member: k for k, member in enumerate(said.member.tolist())}
    near = (rows.final > by) & (rows.day <= by) & (rows.lead >= 0) & (rows.lead <= NEAR)
    candidates = np.flatnonzero(near & np.isin(rows.member, list(latest)))
    for row in candidates:
        k = latest[rows.member[row]]
        if rows.start[row] <= said.on[k] <= rows.end[row] + grace * DAY:
            found.append(row)
            lapses.append(said.lapses[k])
    part = rows.take(np.array(found, np.int64))
    return replace(part, lapsed=np.array(lapses, bool), resigned=np.zeros(len(part), bool))


def added(part: Rows, y: Floats, weight: Floats, taught: Rows | None) -> tuple[Rows, Floats, Floats]:
    """Rows, outcomes and weights to fit on, with those that staff foretell."""
    if taught is None or not len(taught):
        return part, y, weight
    return (
        join([part, taught]),
        np.concatenate([y, taught.lapsed.astype(np.float64)]),
        np.concatenate([weight, TRUST * weights(taught)]),
    )


def effect(score: tuple[Floats, Floats], y: Floats) -> Effect:
    """`score`: log-odds without and with them, of decisions about members of whom staff said nothing."""
    both = [np.asarray(each) for each in score]
    if not len(y) or not 0 < y.sum() < len(y):
        return Effect(len(y), int(y.sum()), (0.0, 0.0), (0.0, 0.0))
    auc, found = ([measure(each, y) for each in both] for measure in (evaluate.auc, _first))
    return Effect(len(y), int(y.sum()), (auc[0], auc[1]), (found[0], found[1]))


def stated(said: int, taught: int, effect: Effect | None) -> tuple[dict[str, Any], str]:
    """What the manifest keeps, and the sentence for staff; `taught` members of `said` had an open term."""
    if not said:
        return {}, ""
    kept: dict[str, Any] = {"corrections_made": said, "corrections": 0}
    count = f"{said} correction{'s' if said != 1 else ''}"
    if not taught:
        return kept, f"{count} of staff concern no renewal that is near, so none was used."
    if effect is None or not effect.is_measured:
        return (
            kept,
            f"{count} of staff wait: too few later decisions of others to tell what they change.",
        )
    figures = {"decisions": effect.decisions, "lapses": effect.lapses}
    kept |= {"corrections_effect": figures | {"auc": list(effect.auc), "found": list(effect.found)}}
    before, after = (round(share * 100) for share in effect.found)
    measured = (
        f"of {effect.lapses} later lapses of other members its first tenth holds {after} of 100, "
        f"without them {before}"
    )
    if effect.harms:
        return kept, f"{count} of staff were left out: with them it ranks later decisions worse; {measured}."
    return kept | {"corrections": taught}, f"{count} of staff, {taught} used: {measured}."


def _first(score: Floats, y: Floats) -> float:
    """Share of the lapses among the tenth put first."""
    order = np.argsort(-score, kind="stable")[: max(1, int(len(score) * FIRST))]
    return float(y[order].sum() / y.sum())
