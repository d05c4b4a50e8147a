"""Which model is live, and the model itself."""

from datetime import date
from functools import lru_cache
from typing import Any

from django.db.models import QuerySet

from imis_ai.registry import artefact
from imis_ai.registry.models import TrainedModel


class NoModel(Exception):
    """No model of that name is live; the text says how to get one."""


def live(name: str) -> TrainedModel:
    """The live model of that name. Raises NoModel."""
    found = _light(name).filter(state=TrainedModel.State.LIVE).first()
    if found is None:
        raise NoModel(f"No {name} model is live yet. Run `manage.py train {name}` first.")
    return found


def live_models() -> list[TrainedModel]:
    """The live model of each name, without the artefact."""
    found = TrainedModel.objects.filter(state=TrainedModel.State.LIVE)
    return list(found.defer("artefact").order_by("name"))


def version(name: str, version: str) -> TrainedModel:
    """The model of that name and version. Raises NoModel."""
    found = _light(name).filter(version=version).first()
    if found is None:
        raise NoModel(f"The {name} model {version} is no longer kept. Score all members again.")
    return found


def known_by(name: str, day: date) -> TrainedModel | None:
    """The newest model that had seen no label final after `day`; None when there is none."""
    found = _light(name).filter(as_of__lte=day)
    return found.order_by("-as_of", "-trained_at", "-pk").first()


def load(model: TrainedModel) -> Any:
    """The trained object. Kept in memory per seal, so a worker reads it once. Raises artefact.Refused."""
    return _unpacked(model.pk, model.name, model.version, model.digest, model.signature)


@lru_cache(maxsize=8)
def _unpacked(pk: int, name: str, version: str, digest: str, signature: str) -> Any:
    data = bytes(TrainedModel.objects.values_list("artefact", flat=True).get(pk=pk))
    return artefact.unpack(data, name=name, version=version, digest=digest, signature=signature)


def versions(name: str) -> list[TrainedModel]:
    """All models of that name, newest first, without their artefacts."""
    return list(_light(name).order_by("-trained_at", "-pk"))


def _light(name: str) -> QuerySet[TrainedModel]:
    """Without the artefact, which `load` reads once."""
    return TrainedModel.objects.filter(name=name).defer("artefact")
