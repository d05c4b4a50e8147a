"""What follows in retention when another version of its model goes live."""

from datetime import datetime, timedelta

from django.db import transaction
from django.utils.timezone import localtime

from imis_ai.features.actions import publish
from imis_ai.jobs import actions as jobs
from imis_ai.registry.models import TrainedModel
from retention.actions.score import HORIZONS, PUBLISHED
from retention.models import RiskScore, ScoreRun

RECENT = timedelta(days=1)


@transaction.atomic
def went_live(*, model: TrainedModel, now: datetime) -> None:
    """Show the version's own scores of yesterday or today at once where they are kept; then score anew.

    Scores of other versions stay with their version.
    """
    today = localtime(now).date()
    kept = ScoreRun.objects.filter(
        model_name=model.name,
        model_version=model.version,
        is_backfill=False,
        as_of__gte=today - RECENT,
    )
    run = kept.order_by("-as_of", "-created_at").first()
    if run is not None:
        ScoreRun.objects.filter(is_current=True).update(is_current=False)
        ScoreRun.objects.filter(pk=run.pk).update(is_current=True)
        _publish(run, now)
    if run is None or run.as_of < today:
        jobs.request(name="retention.score", args={}, by=None, now=now)


def _publish(run: ScoreRun, now: datetime) -> None:
    scored = RiskScore.objects.filter(run=run, abstained="")
    pairs = scored.values_list("member__pseudonym", f"risk_{max(HORIZONS)}")
    values = {str(pseudonym): share for pseudonym, share in pairs}
    publish(as_of=run.as_of, name=PUBLISHED, version=run.model_version, values=values, now=now)
