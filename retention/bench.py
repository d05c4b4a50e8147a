"""How fast the churn model learns and scores: against its own fits, its predictions and raw COPY."""

import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import numpy as np
from django.conf import settings
from django.db import connection

from imis_ai.bench import Bench
from imis_ai.features import bench as features
from imis_ai.features import labels
from imis_ai.features import queries as feature_queries
from imis_ai.features.actions import build
from imis_ai.jobs.progress import Progress
from imis_ai.mirror import queries as mirror
from imis_ai.registry import queries as registry
from retention.actions import score_members, store, train_churn
from retention.calc import boost, churn, factors, smooth
from retention.calc.rows import Rows
from retention.models import ScoreRun
from retention.queries import learning, predictions

AS_OF = date(2026, 1, 1)
NOW = datetime(2026, 1, 1, 6, tzinfo=UTC)
LEARNERS = 3000  # members that the model of the scoring bench learns from
ACTIVITIES = 20  # per member
MONTHS = 24


@dataclass(frozen=True)
class Learning:
    """Rows ready to learn from, and the fits that learning from them makes."""

    learn: Callable[[], churn.Model]
    fits: list[Callable[[], object]]


@contextmanager
def snapshots(*, seed: int, rows: int) -> Iterator[Learning]:
    """`rows` members as of each of 24 months, with what became of them."""
    _fill(rows, seed)
    terms, day = learning.book(), np.datetime64(AS_OF, "D")
    days = learning.training_days(terms=terms, as_of=AS_OF)[-MONTHS:]
    past = learning.past_rows(terms=terms, days=days)
    seen = past.take(np.flatnonzero(past.day < day))
    known = labels.known(terms, on=day)

    def learn() -> churn.Model:
        return churn.learn(seen, by=day, book=known, grace=settings.GRACE_DAYS, seed=seed)

    yield Learning(learn, _fits_of(learn))


def _fits_of(learn: Callable[[], object]) -> list[Callable[[], object]]:
    """The estimators' fits that `learn` makes, with the arrays they are given."""
    made: list[Callable[[], object]] = []

    def noted(fit: Callable) -> Callable:
        def note(*args: Any, **kwargs: Any) -> object:
            made.append(lambda: fit(*args, **kwargs))
            return fit(*args, **kwargs)

        return note

    plain = boost.fit, smooth.fit
    boost.fit, smooth.fit = (noted(fit) for fit in plain)
    try:
        learn()
    finally:
        boost.fit, smooth.fit = plain
    return made


def own_fits(prepared: Learning) -> None:
    for fit in prepared.fits:
        fit()


def learn(prepared: Learning) -> None:
    prepared.learn()


@dataclass(frozen=True)
class Scoring:
    """The model, the rows it predicts for, their features, and the scores as COPY text."""

    model: churn.Model
    rows: Rows
    values: Any
    lines: list[str]


@contextmanager
def members(*, seed: int, rows: int) -> Iterator[Scoring]:
    """`rows` members with today's features stored, and a model that learned from 3,000 others."""
    _fill(LEARNERS, seed)
    train_churn(as_of=AS_OF, by="bench", now=NOW, progress=Progress())
    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE mirror_member, mirror_event, mirror_tier, features_snapshot CASCADE")
    _fill(rows, seed)
    build(as_of=AS_OF, now=NOW)
    live = registry.live(predictions.NAME)
    said = predictions.predict(as_of=AS_OF, model=live)
    ids = mirror.member_ids_by_pseudonym()
    values = feature_queries.frame(as_of=AS_OF).reindex(index=said.rows.member)
    model = churn.unpack(registry.load(live))
    yield Scoring(model, said.rows, values, list(store.lines(said=said, ids=ids, run=1)))


def predict_and_copy(prepared: Scoring) -> None:
    churn.predict(prepared.model, prepared.rows)
    _no_runs()
    ScoreRun.objects.create(pk=1, as_of=AS_OF, model_name="churn", model_version="1", created_at=NOW)
    store.copy(lines=prepared.lines)


def score_all(_prepared: Scoring) -> None:
    """Frame, prediction, range, factors, COPY, publication."""
    _no_runs()
    score_members(as_of=AS_OF, today=AS_OF, now=NOW, progress=Progress())


def predict(prepared: Scoring) -> None:
    churn.predict(prepared.model, prepared.rows)


def explain(prepared: Scoring) -> None:
    told = churn.contributions(prepared.model, prepared.rows)
    factors.explain(told, prepared.model.renewal.grid.names, prepared.values, money=str)


def _no_runs() -> None:
    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE retention_scorerun CASCADE")


def _fill(members: int, seed: int) -> None:
    with tempfile.TemporaryDirectory(dir=settings.VAR_DIR) as name:
        features.generate(Path(name), members=members, activities=members * ACTIVITIES, seed=seed)
        features.load(Path(name))
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")


BENCHES = {
    "train": Bench(
        prepare=snapshots, rows=100_000, reference=own_fits, ours=learn, goal=1.3,
        reference_is="the estimators' own fits on the arrays that learning gives them",
    ),
    "score": Bench(
        prepare=members, rows=1_000_000, reference=predict_and_copy, ours=score_all, goal=2,
        reference_is="the model's prediction and COPY of the finished rows into the same table",
    ),
    "score-factors": Bench(
        prepare=members, rows=1_000_000, reference=predict, ours=explain, goal=1,
        reference_is="the model's prediction",
    ),
}  # fmt: skip
