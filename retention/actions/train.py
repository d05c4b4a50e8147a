"""Training the churn model: learn, prove on later time, register, and suggest what earned it."""

from datetime import date, datetime
from typing import Any

import numpy as np
from django.conf import settings

from imis_ai.features import definitions
from imis_ai.governance.refusals import Blocked
from imis_ai.jobs.progress import Progress
from imis_ai.mirror.groups import groups_of
from imis_ai.registry import actions as registry
from imis_ai.registry import queries
from imis_ai.registry.calc import reading
from imis_ai.registry.models import TrainedModel
from retention.calc import churn, cuts, training
from retention.queries import corrected, learning, policy

NAME = "churn"
SEED = 20_261
READ = "Read past months"


def train_churn(
    *, as_of: date, by: str, now: datetime, progress: Progress, started_by: str = ""
) -> TrainedModel:
    """Learn from labels final by `as_of`, register the candidate and suggest it if it earned that.

    In order: snapshots, training with its twins, a registry entry; then the first model goes live, a later
    one is put before two people when it is no worse, and otherwise says in its notes why it is not.
    `started_by` says what set it off. Raises training.TooLittle.
    """
    terms = learning.book()
    days = learning.training_days(terms=terms, as_of=as_of)
    progress.stage(READ, len(days))
    rows = learning.past_rows(terms=terms, days=days)
    progress.advance(len(days))
    progress.checkpoint()
    trained = training.train(
        rows,
        terms,
        as_of=np.datetime64(as_of, "D"),
        grace=settings.GRACE_DAYS,
        seed=SEED,
        step=progress.stage,
        said=corrected.taught(until=as_of),
    )
    model = registry.register(
        name=NAME,
        model=churn.pack(trained.model),
        features=list(trained.model.renewal.grid.names),
        manifest=trained.manifest | {"shipped": trained.chosen, "started_by": started_by} | _versions(),
        proof=_proof(trained, as_of),
        as_of=as_of,
        by=by,
        now=now,
    )
    return _suggest(model, by, now)


def _proof(trained: training.Trained, as_of: date) -> registry.Proof:
    return registry.Proof(
        evaluation=trained.evaluation,
        baselines=trained.baselines,
        calibration=trained.calibration,
        reading=_reading(trained, as_of),
        notes=trained.notes,
    )


def _suggest(model: TrainedModel, by: str, now: datetime) -> TrainedModel:
    try:
        queries.live(NAME)
    except queries.NoModel:
        return registry.promote(model=model, by=by, now=now)
    try:
        registry.propose(model=model, by=None, now=now)
    except Blocked as reason:
        return registry.note(model=model, text=reason.why.sentence)
    return model


def _reading(trained: training.Trained, as_of: date) -> dict[str, Any]:
    """Of the evaluation: what it said on later time beside what happened, by group of members."""
    if trained.told is None:
        return {}
    line, _ = policy.current().bands.share_bounds("md")
    labels = groups_of(pseudonyms=trained.told.member.tolist(), today=as_of)
    read = reading.read(trained.told, source=reading.EVALUATION, line=line, labels=labels)
    return read | {"by_score": cuts.counted(trained.told).as_json()}


def _versions() -> dict[str, str]:
    import sklearn

    return {"features_version": definitions.version(), "sklearn": sklearn.__version__}
