"""Another try for rejects, by a person who mended what was wrong."""

from collections.abc import Collection
from datetime import datetime

from django.db import transaction

from imis_ai.mirror.actions import rejects
from imis_ai.mirror.actions.save import save
from imis_ai.mirror.models import Reject


@transaction.atomic
def retry(*, reject_ids: Collection[int], now: datetime) -> int:
    """Try these rejects again; returns how many are stored now. The rest stays with a fresh reason."""
    chosen = Reject.objects.filter(pk__in=reject_ids).exclude(payload__type="")
    tried = chosen.count()
    ready = rejects.take_chosen(chosen=chosen)
    saved = [save(records=found, feed=feed, now=now) for feed, found in ready.items()]
    return tried - sum(one.rejected for one in saved)
