"""Writes to the registry: register, promote, roll back. A candidate must earn its place on later time."""

import hashlib
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from django.db import transaction

from imis_ai.governance import audit
from imis_ai.registry import artefact
from imis_ai.registry.models import Switch, TrainedModel

State = TrainedModel.State


class NotBetter(Exception):
    """The candidate did not earn promotion; the text holds the figures."""


@dataclass(frozen=True)
class Proof:
    """What a model shows for itself. `evaluation` and each of `baselines` hold `log_loss` and `members`,
    measured on the same decisions, later than the training.
    """

    evaluation: dict[str, Any]
    baselines: dict[str, Any] = field(default_factory=dict)
    calibration: list[dict[str, float]] = field(default_factory=list)
    reading: dict[str, Any] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)


@transaction.atomic
def register(
    *,
    name: str,
    model: Any,
    features: list[str],
    manifest: dict[str, Any],
    proof: Proof,
    as_of: date,
    by: str,
    now: datetime,
) -> TrainedModel:
    """Store a candidate under the next version of its name, and say so in the audit log.

    Raises artefact.Refused.
    """
    data = artefact.pack(model)
    digest = hashlib.sha256(data).hexdigest()
    version = _next_version(name, now)
    made = TrainedModel.objects.create(
        name=name,
        version=version,
        as_of=as_of,
        trained_at=now,
        trained_by=by,
        artefact=data,
        digest=digest,
        signature=artefact.sign(name=name, version=version, digest=digest),
        features=features,
        manifest=manifest,
        evaluation=proof.evaluation,
        baselines=proof.baselines,
        calibration=proof.calibration,
        reading=proof.reading,
        notes=proof.notes,
    )
    detail = {"learnt_until": as_of, "asked_by": by, "started_by": manifest.get("started_by", "")}
    _record("model.trained", made, now, detail)
    return made


@transaction.atomic
def promote(*, model: TrainedModel, by: str, now: datetime, proposal: int | None = None) -> TrainedModel:
    """Make a candidate live and retire the one before. Raises NotBetter; nothing changes then.

    The first model of a name goes live as it is: its training already chose between it and the baselines.
    Later ones must gain at least as much over their best baseline, on later time, as the live one did.
    `proposal` is the decision of two people behind it.
    """
    before = _live_now(model.name)
    if before is not None and before.pk != model.pk:
        refuse_worse(model=model, live=before)
    return _switch("model.promoted", model, before, by=by, now=now, proposal=proposal)


@transaction.atomic
def put_back(*, model: TrainedModel, by: str, now: datetime, proposal: int | None = None) -> TrainedModel:
    """Make a model live again that was live before. Raises NotBetter for one that never was."""
    if model.promoted_at is None:
        raise NotBetter(f"{model} was never live, so there is nothing to go back to. Promote it instead.")
    return _switch("model.rolled_back", model, _live_now(model.name), by=by, now=now, proposal=proposal)


def roll_back(*, name: str, by: str, now: datetime) -> TrainedModel:
    """Put the model that was live before back in place. Raises NotBetter when there is none."""
    earlier = (
        TrainedModel.objects.filter(name=name, state=State.RETIRED).order_by("-retired_at", "-pk").first()
    )
    if earlier is None:
        raise NotBetter(f"No earlier {name} model is kept, so there is nothing to go back to.")
    return put_back(model=earlier, by=by, now=now)


def note(*, model: TrainedModel, text: str) -> TrainedModel:
    """Add a sentence for staff to what is known of the model."""
    model.notes = [*model.notes, text]
    model.save(update_fields=["notes"])
    return model


def skill(*, model: TrainedModel) -> float | None:
    """Share of the best baseline's log loss that the model takes away; None when it was not measured."""
    own = model.evaluation.get("log_loss")
    plain = [b["log_loss"] for b in model.baselines.values() if b.get("log_loss")]
    if own is None or not plain:
        return None
    return 1 - own / min(plain)


def refuse_worse(*, model: TrainedModel, live: TrainedModel) -> None:
    """Raises NotBetter unless the model does at least as well on later time as the live one did."""
    if model.as_of < live.as_of:
        raise NotBetter(f"{model} knows less than {live}, which stays. It serves days of the past.")
    new, old = skill(model=model), skill(model=live)
    if new is None:
        raise NotBetter(
            f"{model} was not measured on later time, so {live} stays. Train with more finished terms."
        )
    if old is not None and new < old:
        raise NotBetter(
            f"{model} takes {new:.1%} off the best baseline's loss on later time, {live} took {old:.1%}. "
            f"{live} stays."
        )


def _live_now(name: str) -> TrainedModel | None:
    return TrainedModel.objects.select_for_update().filter(name=name, state=State.LIVE).first()


def _switch(
    action: str,
    model: TrainedModel,
    before: TrainedModel | None,
    *,
    by: str,
    now: datetime,
    proposal: int | None,
) -> TrainedModel:
    """Retire, go live, the row that says so, the audit log."""
    if before is not None and before.pk != model.pk:
        before.state, before.retired_at = State.RETIRED, now
        before.save(update_fields=["state", "retired_at"])
    model.state, model.promoted_at, model.promoted_by, model.retired_at = State.LIVE, now, by[:150], None
    model.save(update_fields=["state", "promoted_at", "promoted_by", "retired_at"])
    old = before.version if before is not None else ""
    Switch.objects.create(model=model, before=old, at=now, by=by, proposal=proposal, digest=model.digest)
    _record(action, model, now, {"before": old, "after": model.version, "by": by, "reference": proposal})
    return model


def _record(action: str, model: TrainedModel, now: datetime, detail: dict[str, Any]) -> None:
    audit.record(
        action=action,
        by=None,
        now=now,
        about=("model", str(model)),
        detail=detail | {"checksum": model.digest},
        versions={"model": str(model)},
    )


def _next_version(name: str, now: datetime) -> str:
    month = f"{now.year}.{now.month}."
    taken = TrainedModel.objects.filter(name=name, version__startswith=month).values_list(
        "version", flat=True
    )
    return month + str(max((int(version.removeprefix(month)) for version in taken), default=0) + 1)
