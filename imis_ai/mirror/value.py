"""How much a member paid, against all others. A domain that knows a better value publishes its own."""

from bisect import bisect_right
from datetime import date, datetime, timedelta

from django.db.models import F, Q, Sum
from django.utils.timezone import localdate

from imis_ai.mirror import kept
from imis_ai.mirror.kept import Keep
from imis_ai.mirror.models import Member, Payment

YEARS = 3


def rank(*, imis_id: str, now: datetime) -> float | None:
    """Percent of all members who paid more in the last three years: 0 for the first. None for nobody known.

    Equal sums share the better rank, so nobody falls out of the top by a coin toss. What all others paid is
    added up once for as long as nothing is read from iMIS.
    """
    today = localdate(now)
    own = Sum("payment__amount", filter=_recent("payment__", today))
    found = Member.objects.filter(imis_id=imis_id, gone_at=None).annotate(paid=own).values_list("paid")
    row = found.first()
    if row is None:
        return None
    sums, members = Keep(None, kept.current())(f"paid until {today}", lambda: _all(today))
    ahead = len(sums) - bisect_right(sums, float(row[0] or 0))
    return 100 * ahead / members


def _all(today: date) -> tuple[list[float], int]:
    """What each member who paid something paid, the least first; and how many members there are."""
    paid = Payment.objects.filter(_recent("", today), member__gone_at=None)
    sums = paid.values("member").annotate(sum=Sum("amount")).order_by(F("sum")).values_list("sum", flat=True)
    return [float(value) for value in sums], Member.objects.filter(gone_at=None).count()


def _recent(path: str, today: date) -> Q:
    since = today - timedelta(days=YEARS * 365)
    return Q(**{f"{path}received_on__gt": since, f"{path}received_on__lte": today})
