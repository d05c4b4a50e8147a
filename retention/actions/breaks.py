"""Looking for breaks in the monthly figures of the association."""

from datetime import date, datetime

from django.db import transaction

from retention.models import Study
from retention.queries import breaks


@transaction.atomic
def study_breaks(*, as_of: date, now: datetime) -> int:
    """Keep every figure with its breaks; returns how many breaks stand."""
    body = breaks.study(as_of=as_of)
    if not body:
        return 0
    Study.objects.update_or_create(name=breaks.STUDY, as_of=as_of, defaults={"made_at": now, "body": body})
    return sum(len(figure["found"]) for figure in body["figures"])
