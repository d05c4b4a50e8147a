"""The nightly look at the models in use: shifts of their features, their scores' outcomes, their effect."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any

from django.db import transaction

from imis_ai.features import queries as features
from imis_ai.registry import cards
from imis_ai.registry.actions import findings, versions
from imis_ai.registry.calc import reading, shift
from imis_ai.registry.models import ModelCheck, TrainedModel

MONTHS = 12  # of snapshots before its training that say what a model is used to
LEAST_OUTCOMES, LEAST_HAPPENED = 200, 20  # below, the stored scores say too little and the evaluation speaks
State = TrainedModel.State


def check(*, name: str, today: date, now: datetime) -> list[ModelCheck]:
    """Look at the live version of a model, at a candidate that may follow it and at the one to go back to.

    In order, per version: shifts against the months it learnt from, outcomes, effect; then what a person
    should look at, from the live version. Twice a day is once.
    """
    card = cards.find(name)
    rows = list(TrainedModel.objects.filter(name=name).defer("artefact").order_by("-trained_at", "-pk"))
    live = next((row for row in rows if row.state == State.LIVE), None)
    if live is None:
        return []
    made = [_checked(card, live, None, today)]
    made += [_checked(card, model, live, today) for model in _others(rows, live)]
    with transaction.atomic():
        kept = [_keep(found) for found in made]
        findings.settle(card=card, live=live, check=kept[0], now=now)
    return kept


def effect_of(*, model: TrainedModel, live: TrainedModel, today: date) -> dict[str, Any] | None:
    """Who would change band, as stored; None where the domain cannot say."""
    found = cards.find(model.name).effect(model, live, today)
    if found is None:
        return None
    moves = [[old, new, n] for (old, new), n in sorted(found.moves.items())]
    return {"as_of": str(found.as_of), "members": found.members, "changed": found.changed, "moves": moves}


def _others(rows: Sequence[TrainedModel], live: TrainedModel) -> list[TrainedModel]:
    """The newest candidate that is no worse, and the version that was live before."""
    chosen = []
    for model in rows:
        if model.state == State.CANDIDATE and model.trained_at > live.trained_at:
            try:
                versions.refuse_worse(model=model, live=live)
            except versions.NotBetter:
                continue
            chosen.append(model)
            break
    retired = [row for row in rows if row.state == State.RETIRED and row.retired_at]
    return chosen + sorted(retired, key=lambda row: row.retired_at)[-1:]


def _checked(card: cards.Card, model: TrainedModel, live: TrainedModel | None, today: date) -> ModelCheck:
    return ModelCheck(
        model=model,
        on=today,
        shifts=_shifts(card, model, today),
        rate=shift.rate_moved(card.rates(today)) if live is None else None,
        reading=_reading(card, model, today) if live is None else {},
        effect=effect_of(model=model, live=live, today=today) if live else None,
    )


def _shifts(card: cards.Card, model: TrainedModel, today: date) -> list[dict[str, Any]]:
    days = _usual_days(features.stored_days(), model.as_of)
    seen = card.seen([*days, today], model.features)
    newest = seen.get(today)
    if newest is None or not days:
        return []
    months = [seen[day].values for day in days if day in seen and len(seen[day].values)]
    return shift.shifts(names=newest.names, months=months, now=newest.values)


def _usual_days(stored: Sequence[date], until: date) -> list[date]:
    """One stored day per month of the year before the training, the earliest of each."""
    since = until - timedelta(days=31 * MONTHS)
    by_month: dict[tuple[int, int], date] = {}
    for day in sorted(stored):
        if since <= day <= until:
            by_month.setdefault((day.year, day.month), day)
    return list(by_month.values())[-MONTHS:]


def _reading(card: cards.Card, model: TrainedModel, today: date) -> dict[str, Any]:
    """From the version's own stored scores once enough of them have an outcome, else from all versions'."""
    for version in (model.version, None):
        found = card.outcomes(version, today)
        if found is not None and len(found) >= LEAST_OUTCOMES and found.happened.sum() >= LEAST_HAPPENED:
            labels = card.groups(found.member.tolist(), today)
            read = reading.read(found, source=reading.SCORES, line=card.line, labels=labels)
            return read | {"version": version or ""}
    return {}


def _keep(found: ModelCheck) -> ModelCheck:
    kept, _ = ModelCheck.objects.update_or_create(
        model=found.model,
        on=found.on,
        defaults={
            "shifts": found.shifts, "rate": found.rate, "reading": found.reading, "effect": found.effect,
        },
    )  # fmt: skip
    return kept
