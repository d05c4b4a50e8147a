"""Models for tests, without an artefact that could be loaded."""

import datetime as dt

import factory
from factory.django import DjangoModelFactory

from imis_ai.registry.models import TrainedModel

NOW = dt.datetime(2026, 6, 1, 3, tzinfo=dt.UTC)


class TrainedModelFactory(DjangoModelFactory):
    """A live one."""

    class Meta:
        model = TrainedModel

    name = factory.Sequence(lambda n: f"model{n}")
    version = "2026.6.1"
    state = TrainedModel.State.LIVE
    as_of = dt.date(2026, 5, 31)
    trained_at = NOW
    trained_by = "imis_ai"
    promoted_at = NOW
    promoted_by = "imis_ai"
    artefact = b"nothing"
    digest = "0" * 64
    signature = "0" * 64
    features = factory.LazyFunction(lambda: ["portal.days_since_login"])
    evaluation = factory.LazyFunction(lambda: {"log_loss": 0.31, "members": 900})
