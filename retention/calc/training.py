"""Training with proof: twins trained earlier are measured on later time, beside the baselines. Pure.

Twins (two, or one where history is short) stop learning at earlier cuts and are measured on what came after;
the model that ships has seen every label final by `as_of`.
"""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np

from imis_ai.features import labels
from imis_ai.registry.calc.reading import Outcomes
from retention.calc import churn, prior, proof, taught
from retention.calc.rows import NEAR, Rows, weights

FEWEST_MEMBERS = 300
FEWEST_LAPSES = 30
LATER_SHARE = 0.2  # of the time with known outcomes is kept for measuring, and as much again for calibrating
SPAN_FOR_TWO = 5 * 365  # days of history that allow a second, earlier twin
LATER_DAYS = 150  # at least, of which the period of grace says nothing yet
EARLIER, MEASURE, LEARN = "Learn from earlier years", "Measure on later time", "Learn from all finished terms"


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
    told: Outcomes | None = None


def train(
    rows: Rows,
    book: labels.Terms,
    *,
    as_of: np.datetime64,
    grace: int,
    seed: int,
    step: Callable[[str], None] = lambda _: None,
    said: taught.Said | None = None,
) -> Trained:
    """Learn from rows dated before or on `as_of`, and from what staff said. Raises TooLittle."""
    check_enough(rows, by=as_of)
    stops = cuts(rows, as_of=as_of)
    step(EARLIER)
    made = [
        _twin(rows, book, cut=cut, until=until, grace=grace, seed=seed)
        for cut, until in pairwise((*stops, as_of))
    ]
    twins = [twin for twin in made if twin]
    step(MEASURE)
    notes: list[str] = []
    compared = proof.compare(twins, seed=seed)
    chosen = proof.choose(compared, notes)
    step(LEARN)
    staff, about, sentence = _staff(rows, book, said or taught.Said(), twins, as_of, (grace, seed))
    notes += [sentence] if sentence else []
    model = _learn(rows, book, by=as_of, grace=grace, seed=seed, staff=staff)
    slope = proof.slope_of(twins)
    seen = rows.take(np.flatnonzero(rows.day < as_of))
    if chosen == churn.KIND:
        shipped = churn.faded(proof.stretched(model, slope), seen, by=as_of)
    else:
        shipped = churn.plain(chosen, model, seen, by=as_of)
    return Trained(
        model=churn.dated(shipped, seen.take(np.flatnonzero(~seen.in_grace & (seen.day == seen.day.max())))),
        chosen=chosen,
        evaluation=compared.get(chosen, {}),
        baselines={k: v for k, v in compared.items() if k != chosen},
        calibration=proof.said_and_happened(twins, slope),
        notes=notes,
        told=proof.told(twins, chosen, seed=seed),
        manifest=_manifest(rows, as_of, stops, seed) | about,
    )


def check_enough(rows: Rows, *, by: np.datetime64) -> None:
    """Raises TooLittle unless 300 members and 30 lapses have a finished term."""
    done = rows.take(churn.learnable(rows, by=by, nearest=0, farthest=NEAR))
    members, lapsed = len(np.unique(done.member)), _lapse_count(rows, by=by)
    if members < FEWEST_MEMBERS or lapsed < FEWEST_LAPSES:
        raise TooLittle(
            f"Only {members} members have a finished term by {by} and {lapsed:.0f} of them lapsed. At least "
            f"{FEWEST_MEMBERS} members and {FEWEST_LAPSES} lapses are needed: load more history, train again."
        )


def cuts(rows: Rows, *, as_of: np.datetime64) -> tuple[np.datetime64, ...]:
    """The days at which the twins stop learning: two, or one where the history is short.

    A first twin that has seen less than half of a short history would speak for another model than this one.
    """
    done = rows.take(churn.learnable(rows, by=as_of, nearest=0, farthest=NEAR))
    span = int((as_of - done.day.min()) / np.timedelta64(1, "D"))
    hold = np.timedelta64(min(max(int(span * LATER_SHARE), LATER_DAYS), span // 3), "D")
    return (as_of - 2 * hold, as_of - hold) if span >= SPAN_FOR_TWO else (as_of - hold,)


def newest_twin(
    rows: Rows, book: labels.Terms, *, as_of: np.datetime64, grace: int, seed: int
) -> proof.Twin | None:
    """The twin that knew most, with the decisions seen after its cut; None where there are none."""
    cut = cuts(rows, as_of=as_of)[-1]
    return _twin(rows, book, cut=cut, until=as_of, grace=grace, seed=seed)


def _learn(
    rows: Rows,
    book: labels.Terms,
    *,
    by: np.datetime64,
    grace: int,
    seed: int,
    is_twin: bool = False,
    staff: Rows | None = None,
) -> churn.Model:
    seen = rows.take(np.flatnonzero(rows.day < by))
    known = labels.known(book, on=by)
    return churn.learn(seen, by=by, book=known, grace=grace, seed=seed, is_twin=is_twin, staff=staff)


def _staff(
    rows: Rows,
    book: labels.Terms,
    said: taught.Said,
    twins: list[proof.Twin],
    as_of: np.datetime64,
    how: tuple[int, int],
) -> tuple[Rows | None, dict[str, Any], str]:
    """The rows to learn from staff, when that does no harm; what is kept of it, and a sentence."""
    grace, seed = how
    staff = taught.open_rows(rows, said, by=as_of, grace=grace) if len(said) else None
    members = len(np.unique(staff.member)) if staff is not None else 0
    found = None
    if staff is not None and members and twins:
        found = with_staff(rows, book, twins[-1], staff, grace=grace, seed=seed)
    kept, sentence = taught.stated(len(said), members, found)
    return staff if kept.get("corrections") else None, kept, sentence


def with_staff(
    rows: Rows, book: labels.Terms, twin: proof.Twin, staff: Rows, *, grace: int, seed: int
) -> taught.Effect:
    """What the newest twin would have been worth with it: on later decisions of everybody else."""
    other = _learn(rows, book, by=twin.cut, grace=grace, seed=seed, is_twin=True, staff=staff)
    others = twin.later.take(np.flatnonzero(~np.isin(twin.later.member, staff.member)))
    score = [
        model.renewal.score(model.renewal.grid.codes(others.x, others.names)) for model in (twin.model, other)
    ]
    return taught.effect((score[0], score[1]), others.lapsed.astype(np.float64))


def _twin(
    rows: Rows, book: labels.Terms, *, cut: np.datetime64, until: np.datetime64, grace: int, seed: int
) -> proof.Twin | None:
    """A model that stops learning at `cut`, and the decisions seen after it that were final by `until`."""
    seen = rows.take(np.flatnonzero(rows.day < cut))
    if _lapse_count(seen, by=cut) < FEWEST_LAPSES / 2:
        return None
    later = churn.learnable(rows, by=until, nearest=0, farthest=NEAR)
    later = later[rows.day[later] >= cut]
    if not len(later) or rows.lapsed[later].all() or not rows.lapsed[later].any():
        return None
    model = _learn(rows, book, by=cut, grace=grace, seed=seed, is_twin=True)
    return proof.Twin(cut, model, seen, proof.typical(rows.take(later)))


def _lapse_count(rows: Rows, *, by: np.datetime64) -> float:
    done = rows.take(churn.learnable(rows, by=by, nearest=0, farthest=NEAR))
    return float((weights(done) * done.lapsed).sum())


def _manifest(rows: Rows, as_of: np.datetime64, cut: tuple[np.datetime64, ...], seed: int) -> dict[str, Any]:
    done = rows.take(churn.learnable(rows, by=as_of, nearest=0, farthest=NEAR))
    lapsed = _lapse_count(rows, by=as_of)
    return {
        "snapshots_from": str(done.day.min()), "snapshots_to": str(done.day.max()),
        "labels_final_by": str(as_of), "cuts": [str(day) for day in cut],
        "members": len(np.unique(done.member)), "decisions": int(done.decision.max()) + 1,
        "lapses": round(lapsed), "rows": len(done), "seed": seed,
        "prior": prior.stated(prior.own_weight(lapsed)),
    }  # fmt: skip
