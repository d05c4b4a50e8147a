"""Trained models with proof for tests, made through the registry itself so that their seals hold."""

import datetime as dt

import factory
from factory.django import DjangoModelFactory

from imis_ai.registry import actions
from imis_ai.registry.models import Finding, ModelCheck, TrainedModel

NOW = dt.datetime(2026, 6, 1, 6, 0, tzinfo=dt.UTC)
ARTEFACT = {"kind": "planted"}
READING = {
    "source": "evaluation", "from": "2025-09-01", "to": "2026-02-01", "members": 900, "happened": 180,
    "line": 0.295,
    "tens": [
        {"low": 0, "high": 10, "members": 400, "said": 0.05, "happened": 20},
        {"low": 20, "high": 30, "members": 312, "said": 0.25, "happened": 81},
        {"low": 90, "high": 100, "members": 4, "said": 0.93, "happened": 4},
    ],
    "groups": [],
    "months": [{"month": "2025-09", "members": 500, "groups": 10, "inside": 8}],
}  # fmt: skip


def trained(
    *, loss: float | None = 0.40, baseline: float = 0.45, now=NOW, name="churn", **fields
) -> TrainedModel:
    """A candidate; `loss` None was not measured."""
    lost = {"members": 900, "lapsed": 180}
    own = lost | {"log_loss": loss, "auc": 0.81, "auc_range": [0.79, 0.83], "lift_10": 3.0}
    rule = lost | {"log_loss": baseline, "auc": 0.74, "lift_10": 2.0}
    proof = {
        "evaluation": own | {"calibration_error": 0.02} if loss else {},
        "baselines": {"plain rule": rule},
        "reading": READING,
        "notes": ["Measured on 900 later decisions."],
    }
    given = {
        "model": ARTEFACT,
        "features": ["portal.days_since_login"],
        "manifest": {"members": 4000, "decisions": 9000, "seed": 1},
        "as_of": now.date(),
        "by": "nightly run",
    }
    proof |= {key: fields.pop(key) for key in list(fields) if key in proof}
    return actions.register(name=name, now=now, proof=actions.Proof(**proof), **given | fields)


def live(**fields) -> TrainedModel:
    """The live version, by nobody's decision as the first one is."""
    now = fields.get("now", NOW)
    return actions.promote(model=trained(**fields), by="nightly run", now=now)


def checked(model: TrainedModel, on: dt.date, **fields) -> ModelCheck:
    return ModelCheck.objects.create(model=model, on=on, **fields)


SHIFT = {
    "feature": "portal.days_since_login", "shift": 0.41, "usual": 0.02, "limit": 0.1, "moved": True,
    "before": 21.0, "now": 64.0,
}  # fmt: skip


def models_page() -> Finding:
    """A live churn model 2026.6.1 that was checked, with a finding under a known number."""
    model = live()
    checked(model, NOW.date(), shifts=[SHIFT])
    return Finding.objects.create(
        pk=1,
        name=model.name,
        version=model.version,
        kind=Finding.Kind.SHIFT,
        about=SHIFT["feature"],
        sentence="Days since the last visit moved: shift 0.41, usual up to 0.10.",
        found_at=NOW,
        seen_at=NOW,
    )


class TrainedModelFactory(DjangoModelFactory):
    """A live one, without an artefact that could be loaded."""

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
