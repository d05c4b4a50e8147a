"""How much a member paid, against all others. A domain that knows a better value publishes its own."""

from datetime import datetime, timedelta

from django.db.models import Sum
from django.utils.timezone import localdate

from imis_ai.mirror.models import Member, Payment

YEARS = 3


def rank(*, imis_id: str, now: datetime) -> float | None:
    """Percent of all members who paid more in the last three years: 0 for the first. None for nobody known.

    Equal sums share the better rank, so nobody falls out of the top by a coin toss.
    """
    if not Member.objects.filter(imis_id=imis_id, gone_at=None).exists():
        return None
    today = localdate(now)
    since = today - timedelta(days=YEARS * 365)
    paid = Payment.objects.filter(received_on__gt=since, received_on__lte=today, member__gone_at=None)
    own = paid.filter(member__imis_id=imis_id).aggregate(sum=Sum("amount"))["sum"] or 0
    ahead = paid.values("member").annotate(sum=Sum("amount")).filter(sum__gt=own).count()
    return 100 * ahead / Member.objects.filter(gone_at=None).count()
