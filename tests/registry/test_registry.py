"""Models that can be trusted: sealed files, one live model, promotion earned on later time."""

import datetime as dt
import pickle

import numpy as np
import pytest

from imis_ai.registry import actions, artefact, queries
from imis_ai.registry.models import TrainedModel

NOW = dt.datetime(2026, 11, 21, 6, 0, tzinfo=dt.UTC)
MODEL = {"kind": "additive hazard", "table": np.linspace(-1, 1, 50), "level": 0.25}

pytestmark = pytest.mark.django_db


def register(*, loss=0.40, baseline=0.45, model=MODEL, now=NOW):
    return actions.register(
        name="churn",
        model=model,
        features=["portal.days_since_login"],
        manifest={"members": 4000, "seed": 1},
        proof=actions.Proof(
            evaluation={"log_loss": loss, "members": 900} if loss else {},
            baselines={"recency-frequency": {"log_loss": baseline, "members": 900}},
            notes=["Measured on 900 later decisions."],
        ),
        as_of=NOW.date(),
        by="nightly",
        now=now,
    )


@pytest.mark.row("GOV-20")
def test_a_model_comes_back_as_it_was_stored_under_its_own_version():
    first, second = register(), register()

    assert [first.version, second.version] == ["2026.11.1", "2026.11.2"]
    assert queries.load(first)["kind"] == "additive hazard"
    np.testing.assert_array_equal(queries.load(first)["table"], MODEL["table"])


def test_every_changed_byte_is_refused():
    stored = register()
    data = bytes(stored.artefact)
    rng = np.random.default_rng(7)

    for place in rng.integers(0, len(data), 60):
        changed = data[:place] + bytes([data[place] ^ 1 << int(rng.integers(8))]) + data[place + 1 :]
        with pytest.raises(artefact.Refused, match="does not carry our seal"):
            artefact.unpack(
                changed,
                name="churn",
                version=stored.version,
                digest=stored.digest,
                signature=stored.signature,
            )


def test_a_sealed_file_is_refused_under_another_version_name_or_key(settings):
    older, newer = register(), register(model={"level": 0.9})

    with pytest.raises(artefact.Refused, match="seal"):  # a downgrade: the older file in the newer row
        artefact.unpack(
            bytes(older.artefact),
            name="churn",
            version=newer.version,
            digest=older.digest,
            signature=older.signature,
        )
    with pytest.raises(artefact.Refused, match="seal"):
        artefact.unpack(
            bytes(older.artefact),
            name="lateness",
            version=older.version,
            digest=older.digest,
            signature=older.signature,
        )
    settings.ARTEFACT_KEY = "x" * 48
    with pytest.raises(artefact.Refused, match="seal"):
        artefact.unpack(
            bytes(older.artefact),
            name="churn",
            version=older.version,
            digest=older.digest,
            signature=older.signature,
        )


def test_code_in_a_file_never_runs(tmp_path):
    class Payload:
        def __reduce__(self):
            return (tmp_path.joinpath("ran").touch, ())

    data = pickle.dumps(Payload())
    seal = artefact.sign(name="churn", version="1", digest="0" * 64)

    with pytest.raises(artefact.Refused):
        artefact.unpack(data, name="churn", version="1", digest="0" * 64, signature=seal)
    with pytest.raises(artefact.Refused, match="not allowed"):
        artefact.pack(np.random.default_rng)

    assert not tmp_path.joinpath("ran").exists()


@pytest.mark.row("GOV-27")
def test_only_a_candidate_that_does_better_on_later_time_goes_live():
    first = actions.promote(model=register(loss=0.40), by="priya", now=NOW)

    with pytest.raises(actions.NotBetter, match=r"2026.11.2 takes 2.2% off .* took 11.1%"):
        actions.promote(model=register(loss=0.44), by="priya", now=NOW)
    with pytest.raises(actions.NotBetter, match="not measured on later time"):
        actions.promote(model=register(loss=None), by="priya", now=NOW)
    assert queries.live("churn").version == first.version

    better = actions.promote(model=register(loss=0.38), by="priya", now=NOW)

    assert queries.live("churn").version == better.version
    states = {m.version: m.state for m in queries.versions("churn")}
    assert states == {
        "2026.11.1": "retired",
        "2026.11.2": "candidate",
        "2026.11.3": "candidate",
        "2026.11.4": "live",
    }


def test_one_step_back_restores_the_model_that_was_live():
    first = actions.promote(model=register(loss=0.40), by="priya", now=NOW)
    actions.promote(model=register(loss=0.38), by="priya", now=NOW + dt.timedelta(days=1))

    back = actions.roll_back(name="churn", by="marta", now=NOW + dt.timedelta(days=2))

    assert back.version == first.version
    assert queries.live("churn").promoted_by == "marta"
    assert TrainedModel.objects.filter(state="live").count() == 1


def test_without_a_live_model_the_sentence_says_what_to_run():
    with pytest.raises(queries.NoModel, match=r"Run `manage.py train churn` first"):
        queries.live("churn")
