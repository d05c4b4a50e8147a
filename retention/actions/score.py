"""Scoring: what the model says about every active member, stored whole and shown at once."""

from datetime import date, datetime, timedelta
from typing import Any

import numpy as np
from django.db import transaction

from imis_ai.features import queries as features
from imis_ai.features.actions import build, publish
from imis_ai.governance import audit
from imis_ai.jobs.progress import Progress
from imis_ai.mirror import actions as mirror
from imis_ai.mirror import queries as members
from imis_ai.registry import queries as registry
from retention.actions import policy, store
from retention.actions.cross import cross
from retention.calc import stored
from retention.models import ScoreInputs, ScoreRun
from retention.queries import policy as policies
from retention.queries import predictions, totals, worth
from retention.queries.predictions import HORIZONS, Predicted

PREDICT, STORE = "Score members", "Store scores"
PUBLISHED = "retention.risk"
HIGH_VALUE_SHARE = 0.9
FEW = 200  # changed members that are scored from their own rows alone


def score_members(
    *, as_of: date, today: date, now: datetime, progress: Progress, backfill: bool = False
) -> ScoreRun:
    """Score everybody active at `as_of`; the run becomes the one that pages show unless it is a backfill.

    In order: a changed policy, predictions, one staged run with its scores and inputs, the switch in one
    UPDATE, who crossed a line, the published value `retention.risk`, the audit log, the end of the dirty
    marks. Earlier runs of the same day by the same version are replaced; those of another version stay.
    Raises registry.NoModel, artefact.Refused.
    """
    progress.stage(PREDICT)
    if not backfill:
        policy.take_effect(now=now)
    if as_of == today:
        _refresh_features(as_of, now)
    model, is_younger = predictions.model_for(as_of, today=today)
    said = predictions.predict(as_of=as_of, model=model)
    progress.advance(len(said.rows))
    progress.checkpoint()
    progress.stage(STORE, len(said.rows))
    ids = members.member_ids_by_pseudonym()
    with transaction.atomic():
        run = _stage(said, ids, as_of=as_of, now=now, is_backfill=backfill or is_younger)
        if not backfill:
            _show(run)
            cross(run=run, now=now)
            _publish(said, as_of=as_of, now=now)
        replaced = ScoreRun.objects.filter(
            as_of=as_of, is_current=False, model_version=run.model_version
        ).exclude(pk=run.pk)
        if run.is_backfill:
            replaced = replaced.filter(is_backfill=True)  # what staff were shown that day stays
        replaced.delete()
        if not backfill:
            _log(run, now)
    if not backfill:
        mirror.clear_dirty(members=_stored_ids(said, ids), before=now)
    progress.advance(len(said.rows))
    return run


def rescore(*, today: date, now: datetime, limit: int = 5000) -> int:
    """Score again the members whose data changed since the run on show; returns how many.

    What happened today counts at once. Their rows in that run are replaced; everybody else's stay as they
    are. The latest changes come first and by themselves: an event does not wait for the rest of a long
    reading. Raises registry.NoModel.
    """
    run = ScoreRun.objects.filter(is_current=True, as_of=today).first()
    dirty = members.dirty_members(now)[:limit] if run else []
    return sum(_score_again(run, part, now) for part in (dirty[:FEW], dirty[FEW:]) if part)


def _score_again(run: ScoreRun, dirty: list[int], now: datetime) -> int:
    model = registry.version(run.model_name, run.model_version)
    ids = members.member_ids_by_pseudonym(dirty)
    said = predictions.predict(
        as_of=run.as_of,
        model=model,
        pseudonyms=[str(pseudonym) for pseudonym in ids],
        seen_until=run.as_of + timedelta(days=1),
    )
    with transaction.atomic():
        if not ScoreRun.objects.select_for_update().filter(pk=run.pk).exists():
            return 0  # a whole scoring was faster
        run.riskscore_set.filter(member__in=dirty).delete()
        store.copy(lines=store.lines(said=said, ids=ids, run=run.pk))
        _keep_inputs(said, run, now)
        _count(run)
        cross(run=run, now=now, members=dirty)
    mirror.clear_dirty(members=dirty, before=now)
    return len(said.rows)


def _log(run: ScoreRun, now: datetime) -> None:
    """One entry for the whole run: who is in it stands in its rows."""
    audit.record(
        action="retention.scored",
        by=None,
        now=now,
        about=("score run", str(run.pk)),
        versions={"model": f"{run.model_name} {run.model_version}"},
        detail={"after": {"scored": run.scored, "not scored": run.abstained}, "as_of": str(run.as_of)},
    )


def _stage(
    said: Predicted, ids: dict[Any, int], *, as_of: date, now: datetime, is_backfill: bool
) -> ScoreRun:
    lines = policies.lines(policies.live(), policies.counts())
    run = ScoreRun.objects.create(
        medium_from=lines.medium_from,
        high_from=lines.high_from,
        worth={} if is_backfill else worth.measured(),
        as_of=as_of,
        model_name=said.model.name,
        model_version=said.model.version,
        created_at=now,
        is_backfill=is_backfill,
    )
    store.copy(lines=store.lines(said=said, ids=ids, run=run.pk))
    if not is_backfill:
        _keep_inputs(said, run, now)
    _count(run)
    run.high_value = _high(said)
    run.save(update_fields=["high_value"])
    return run


def _keep_inputs(said: Predicted, run: ScoreRun, now: datetime) -> None:
    ScoreInputs.objects.create(run=run, made_at=now, rows=stored.pack(said.rows))


def _high(said: Predicted) -> float | None:
    """Where the tenth of the scored with the highest value begins; rescoring single members leaves it."""
    scored = np.array([not reason for reason in said.abstained], bool)
    known = said.value[scored & ~np.isnan(said.value)]
    return round(float(np.quantile(known, HIGH_VALUE_SHARE)), 2) if len(known) else None


def _count(run: ScoreRun) -> None:
    run.totals, run.abstained = totals.by_chapter(run=run)
    run.scored = sum(sums["scored"] for sums in run.totals.values())
    run.save(update_fields=["scored", "abstained", "totals"])


def _refresh_features(as_of: date, now: datetime) -> None:
    """Build the day's snapshot again when members have changed since it was built."""
    built_at = features.built_at(as_of)
    newest = members.newest_change()
    if built_at is not None and newest is not None and newest > built_at:
        build(as_of=as_of, now=now)


def _show(run: ScoreRun) -> None:
    ScoreRun.objects.filter(is_current=True).update(is_current=False)
    ScoreRun.objects.filter(pk=run.pk).update(is_current=True)
    run.is_current = True


def _publish(said: Predicted, *, as_of: date, now: datetime) -> None:
    risk = said.chances.risk[max(HORIZONS)]
    values = {
        member: float(share)
        for member, share, reason in zip(said.rows.member.tolist(), risk, said.abstained, strict=True)
        if not reason
    }
    publish(as_of=as_of, name=PUBLISHED, version=said.model.version, values=values, now=now)


def _stored_ids(said: Predicted, ids: dict[Any, int]) -> list[int]:
    by_text = {str(pseudonym): pk for pseudonym, pk in ids.items()}
    return [by_text[member] for member in said.rows.member.tolist() if member in by_text]
