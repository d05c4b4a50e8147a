"""Rows of the mirror that are older than the period they are kept for."""

from datetime import datetime

from django.db import transaction

from imis_ai.mirror.actions import lease
from imis_ai.mirror.models import Member, Payment, Text


@transaction.atomic
def purge_gone(*, before: datetime, now: datetime) -> int:
    """Members that iMIS has not had since before then, with all their rows; payments stay without a name."""
    gone = Member.objects.filter(gone_at__lt=before)
    count = gone.count()
    if count:
        lease.lock(fence=None)
        Payment.objects.filter(member__in=gone).update(payer_name="")
        gone.delete()
        lease.raise_epoch()
    return count


@transaction.atomic
def purge_texts(*, before: datetime) -> int:
    """A full reading of iMIS brings old texts back until the next night."""
    return Text.objects.filter(at__lt=before).delete()[0]
