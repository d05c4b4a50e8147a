"""What starts a candidate: the calendar, a changed programme, a shift, enough new outcomes, a person."""

from datetime import date, datetime, timedelta

from django.conf import settings

from imis_ai.accounts.models import User
from imis_ai.jobs import actions as jobs
from imis_ai.jobs.models import JobRun
from imis_ai.mirror import queries as mirror
from imis_ai.registry import cards
from imis_ai.registry.models import Finding, TrainedModel
from imis_ai.ui import words

REST = timedelta(days=7)  # between two candidates that nobody asked for
FIRST = "No model is live yet"


def retrain(*, name: str, why: str, by: User, now: datetime) -> JobRun:
    """A person asks for a candidate; the job of the model's domain makes it."""
    card = cards.find(name)
    asked = why.strip()[:200] or "Asked for on the page"
    return jobs.request(name=card.train, args={"started_by": f"{by}: {asked}"}, by=by, now=now)


def reason(*, name: str, today: date, now: datetime) -> str:
    """Why a candidate is due, in a sentence; empty when none is. The newest version counts, live or not."""
    card = cards.find(name)
    newest = TrainedModel.objects.filter(name=name).defer("artefact").order_by("-trained_at", "-pk").first()
    if newest is None or not TrainedModel.objects.filter(name=name, state="live").exists():
        return FIRST
    if (today - newest.as_of).days >= settings.MODEL_RENEWED_AFTER_DAYS:
        return f"The newest version knows nothing of the last {(today - newest.as_of).days} days"
    if now - newest.trained_at < REST:
        return ""
    return _changed(newest) or _moved(newest) or _learnt(card, newest, today)


def _changed(newest: TrainedModel) -> str:
    found = mirror.changes_entered(after=newest.trained_at).filter(retrains=True).first()
    return f"The programme changed: {found.what}"[:200] if found else ""


def _moved(newest: TrainedModel) -> str:
    kinds = (Finding.Kind.SHIFT, Finding.Kind.RATE)
    found = Finding.objects.filter(
        name=newest.name, kind__in=kinds, gone_at=None, accepted_at=None, found_at__gt=newest.trained_at
    ).first()
    return found.sentence[:200] if found else ""


def _learnt(card: cards.Card, newest: TrainedModel, today: date) -> str:
    knew = newest.manifest.get("decisions", 0)
    new = card.labels(newest.as_of, today)
    if new < max(settings.MODEL_LABELS_SHARE * knew, 1):
        return ""
    return f"{words.plural(new, 'outcome')} became certain since, {words.count(knew)} were known before"
