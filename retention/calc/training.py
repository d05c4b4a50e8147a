"""Training with proof: twins trained earlier are measured on later time, beside the baselines. Pure.

Three fits: a twin at the first cut corrects the level of the twin at the second cut; that one is measured on
what came later, beside the baselines; the model that ships has seen every label final by `as_of`.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from imis_ai.features import labels
from retention.calc import additive, baselines, boost, calibrate, churn, evaluate, prior
from retention.calc.rows import NEAR, Rows, weights

FEWEST_MEMBERS = 300
FEWEST_LAPSES = 30
LATER_SHARE = 0.2  # of the time with known outcomes is kept for measuring, and as much again for calibrating
LATER_DAYS = 240  # at least
TYPICAL_LEAD = 45  # the snapshot of a decision that is measured is the one closest to this many days before
GAP_WARNING = 0.01
LEVEL_TOLERANCE = 1.02  # who ranks best may be this much worse in log loss: levels move from year to year


class TooLittle(Exception):
    """There is not enough finished history; the text says what is there and what is needed."""


@dataclass(frozen=True)
class Trained:
    model: churn.Model
    chosen: str
    evaluation: dict[str, Any]
    baselines: dict[str, Any]
    calibration: list[dict[str, float]]
    manifest: dict[str, Any]
    notes: list[str]


@dataclass(frozen=True)
class _Later:
    """What a model trained by `cut` says about decisions seen after it, beside what happened."""

    cut: np.datetime64
    model: churn.Model
    rows: Rows

    @property
    def y(self) -> npt.NDArray[np.float64]:
        return self.rows.lapsed.astype(np.float64)

    def raw(self) -> npt.NDArray[np.float64]:
        grid = self.model.renewal.grid
        return self.model.renewal.score(grid.codes(self.rows.x, self.rows.names))


def train(
    rows: Rows,
    book: labels.Terms,
    *,
    as_of: np.datetime64,
    grace: int,
    seed: int,
    step: Callable[[str], None] = lambda _: None,
) -> Trained:
    """Learn from rows dated before or on `as_of`. Raises TooLittle."""
    check_enough(rows, by=as_of)
    first, second = cuts(rows, as_of=as_of)
    step("Learning from earlier years")
    early = _twin(rows, book, cut=first, until=second, grace=grace, seed=seed)
    later = _twin(rows, book, cut=second, until=as_of, grace=grace, seed=seed)
    step("Measuring on later time")
    level, slope = _line([early] if early else [])
    notes: list[str] = []
    compared = (
        _compare(replace(later, model=replace(later.model, level=level, slope=slope)), rows, seed, notes)
        if later
        else {}
    )
    step("Learning from all finished terms")
    model = _learn(rows, book, by=as_of, grace=grace, seed=seed)
    chosen = _choose(compared, notes)
    if chosen == churn.KIND:
        level, slope = _line([t for t in (early, later) if t])
        model = replace(model, level=level, slope=slope)
    else:
        model = churn.plain(chosen, model, rows, by=as_of)
    own = prior.own_weight(_lapse_count(rows, by=as_of))
    return Trained(
        model=model, chosen=chosen, evaluation=compared.get(chosen, {}),
        baselines={k: v for k, v in compared.items() if k != chosen},
        calibration=_bins(later, level, slope), notes=notes,
        manifest=_manifest(rows, as_of, first, second, own, seed),
    )  # fmt: skip


def check_enough(rows: Rows, *, by: np.datetime64) -> None:
    """Raises TooLittle unless 300 members and 30 lapses have a finished term."""
    done = rows.take(churn.learnable(rows, by=by, nearest=0, farthest=NEAR))
    members, lapsed = len(np.unique(done.member)), _lapse_count(rows, by=by)
    if members < FEWEST_MEMBERS or lapsed < FEWEST_LAPSES:
        raise TooLittle(
            f"Only {members} members have a finished term by {by} and {lapsed:.0f} of them lapsed. At least "
            f"{FEWEST_MEMBERS} members and {FEWEST_LAPSES} lapses are needed: load more history, train again."
        )


def cuts(rows: Rows, *, as_of: np.datetime64) -> tuple[np.datetime64, np.datetime64]:
    """(first, second) day at which the twins stop learning."""
    done = rows.take(churn.learnable(rows, by=as_of, nearest=0, farthest=NEAR))
    span = int((as_of - done.day.min()) / np.timedelta64(1, "D"))
    hold = np.timedelta64(min(max(int(span * LATER_SHARE), LATER_DAYS), span // 3), "D")
    return as_of - 2 * hold, as_of - hold


def typical(rows: Rows) -> Rows:
    """One row per decision: the snapshot closest to `TYPICAL_LEAD` days before the end."""
    order = np.argsort(np.abs(rows.lead - TYPICAL_LEAD), kind="stable")
    _, first = np.unique(rows.decision[order], return_index=True)
    return rows.take(np.sort(order[first]))


def _learn(rows: Rows, book: labels.Terms, *, by: np.datetime64, grace: int, seed: int) -> churn.Model:
    seen = rows.take(np.flatnonzero(rows.day < by))
    delays = labels.renewal_delays(labels.known(book, on=by), grace=grace)
    return churn.learn(seen, by=by, delays=delays, grace=grace, seed=seed)


def _twin(
    rows: Rows, book: labels.Terms, *, cut: np.datetime64, until: np.datetime64, grace: int, seed: int
) -> _Later | None:
    """A model that stops learning at `cut`, and the decisions seen after it that were final by `until`."""
    seen = rows.take(churn.learnable(rows, by=cut, nearest=0, farthest=NEAR))
    if _lapse_count(rows, by=cut) < FEWEST_LAPSES / 2 or len(seen) < FEWEST_MEMBERS / 2:
        return None
    later = churn.learnable(rows, by=until, nearest=0, farthest=NEAR)
    later = later[rows.day[later] >= cut]
    if not len(later) or rows.lapsed[later].all() or not rows.lapsed[later].any():
        return None
    return _Later(cut, _learn(rows, book, by=cut, grace=grace, seed=seed), typical(rows.take(later)))


def _line(twins: list[_Later]) -> tuple[float, float]:
    if not twins:
        return 0.0, 1.0
    score = np.concatenate([t.raw() for t in twins])
    y = np.concatenate([t.y for t in twins])
    ends = np.concatenate([t.rows.end for t in twins])
    years = len(np.unique(ends.astype("datetime64[Y]")))
    return calibrate.line(score, y, np.ones(len(y)), years=years)


def _compare(later: _Later, rows: Rows, seed: int, notes: list[str]) -> dict[str, Any]:
    """Figures of the model and of each baseline, trained by the same cut, on the same later decisions."""
    models = {churn.KIND: later.model}
    for kind in (baselines.RECENCY, baselines.RULE):
        models[kind] = churn.plain(
            kind, later.model, rows.take(np.flatnonzero(rows.day < later.cut)), by=later.cut
        )
    found = {}
    for kind, model in models.items():
        said = churn.predict(model, later.rows)
        chance = calibrate.chance(said.score)
        ranges = (said.renewal_low, said.renewal_high) if kind == churn.KIND else (None, None)
        found[kind] = evaluate.measures(evaluate.Measured(chance, later.y, *ranges), seed=seed)
        found[kind]["log_loss"] = round(evaluate.log_loss(chance, later.y), 4)
    found["with interactions"] = _yardstick(later, rows, seed)
    gap = found["with interactions"]["auc"] - found[churn.KIND]["auc"]
    if gap > GAP_WARNING:
        notes.append(
            f"A model that combines features ranks better by {gap:.3f} (AUC): look for interactions."
        )
    return found


def _yardstick(later: _Later, rows: Rows, seed: int) -> dict[str, Any]:
    """Boosting that may combine features, same rows: what the additive form costs."""
    part = rows.take(churn.learnable(rows, by=later.cut, nearest=0, farthest=NEAR))
    grid = additive.grid(part.x, part.names)
    score = boost.full(
        grid.codes(part.x, part.names), part.lapsed.astype(np.float64), weights(part),
        grid.codes(later.rows.x, later.rows.names), seed=seed,
    )  # fmt: skip
    chance = calibrate.chance(score)
    return {
        "auc": round(evaluate.auc(chance, later.y), 4),
        "brier": round(float(((chance - later.y) ** 2).mean()), 4),
        "members": len(later.y),
    }


def _choose(compared: dict[str, Any], notes: list[str]) -> str:
    """The model, unless a baseline did better on later time; then the baseline ships and says so."""
    if not compared:
        notes.append(
            "No later time to measure on: the plain recency-frequency baseline is used, not the model."
        )
        return baselines.RECENCY
    offered = [churn.KIND, baselines.RECENCY, baselines.RULE]
    best = max(offered, key=lambda kind: compared[kind]["auc"] or 0.0)
    if compared[best]["log_loss"] > LEVEL_TOLERANCE * min(compared[kind]["log_loss"] for kind in offered):
        best = min(offered, key=lambda kind: compared[kind]["log_loss"])
    if best != churn.KIND:
        notes.append(f"The model did not beat the {best} on later time, so the {best} is used instead.")
    return best


def _bins(later: _Later | None, level: float, slope: float) -> list[dict[str, float]]:
    if later is None:
        return []
    return calibrate.bins(calibrate.chance(level + slope * later.raw()), later.y)


def _lapse_count(rows: Rows, *, by: np.datetime64) -> float:
    done = rows.take(churn.learnable(rows, by=by, nearest=0, farthest=NEAR))
    return float((weights(done) * done.lapsed).sum())


def _manifest(
    rows: Rows, as_of: np.datetime64, first: np.datetime64, second: np.datetime64, own: float, seed: int
) -> dict[str, Any]:
    done = rows.take(churn.learnable(rows, by=as_of, nearest=0, farthest=NEAR))
    return {
        "snapshots_from": str(done.day.min()), "snapshots_to": str(done.day.max()),
        "labels_final_by": str(as_of), "cuts": [str(first), str(second)],
        "members": len(np.unique(done.member)), "decisions": int(done.decision.max()) + 1,
        "lapses": round(_lapse_count(rows, by=as_of)), "rows": len(done), "seed": seed,
        "prior": prior.stated(own),
    }  # fmt: skip
