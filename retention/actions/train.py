"""Training the churn model: learn, prove on later time, register, and promote what earned it."""

from datetime import date, datetime

import numpy as np
from django.conf import settings

from imis_ai.features import definitions
from imis_ai.jobs.progress import Progress
from imis_ai.registry import actions as registry
from imis_ai.registry.models import TrainedModel
from retention.calc import churn, training
from retention.queries import learning

NAME = "churn"
SEED = 20_261
READ = "Read past months"


def train_churn(*, as_of: date, by: str, now: datetime, progress: Progress) -> TrainedModel:
    """Learn from labels final by `as_of`, register the candidate and promote it if it earned that.

    In order: snapshots, training with its twins, a registry entry, the promotion. A candidate that does no
    better than the live model stays a candidate and says so in its notes. Raises training.TooLittle.
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
    )
    model = registry.register(
        name=NAME,
        model=churn.pack(trained.model),
        features=list(trained.model.renewal.grid.names),
        manifest=trained.manifest | {"shipped": trained.chosen} | _versions(),
        proof=registry.Proof(trained.evaluation, trained.baselines, trained.calibration, trained.notes),
        as_of=as_of,
        by=by,
        now=now,
    )
    return _promote(model, by, now)


def _promote(model: TrainedModel, by: str, now: datetime) -> TrainedModel:
    try:
        return registry.promote(model=model, by=by, now=now)
    except registry.NotBetter as reason:
        return registry.note(model=model, text=str(reason))


def _versions() -> dict[str, str]:
    import sklearn

    return {"features_version": definitions.version(), "sklearn": sklearn.__version__}
