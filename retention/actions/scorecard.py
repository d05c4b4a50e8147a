"""Keeping what was promised beside what came."""

from datetime import date, datetime

from django.db import transaction

from retention.models import Study
from retention.queries import scorecard


@transaction.atomic
def keep_score(*, as_of: date, now: datetime) -> int:
    """Returns how many ranges slipped."""
    body = scorecard.study(as_of=as_of)
    if not body:
        return 0
    Study.objects.update_or_create(name=scorecard.STUDY, as_of=as_of, defaults={"made_at": now, "body": body})
    return len(body["slips"])
