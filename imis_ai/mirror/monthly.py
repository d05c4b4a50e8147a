"""What members did, added up by month: counts of kinds of activity and of events attended. Reads only."""

from collections.abc import Sequence
from datetime import date

from django.db.models import Count
from django.db.models.functions import TruncMonth

from imis_ai.mirror.models import Activity, Registration


def activities(kinds: Sequence[str], *, since: date, until: date) -> dict[str, dict[date, int]]:
    """Per kind: how many in each month, from the first of `since` to the last before `until`."""
    found: dict[str, dict[date, int]] = {kind: {} for kind in kinds}
    rows = Activity.objects.filter(kind__in=kinds, at__date__gte=since, at__date__lt=until)
    counted = rows.annotate(month=TruncMonth("at")).values("kind", "month").annotate(n=Count("pk")).order_by()
    for row in counted:
        found[row["kind"]][row["month"].date()] = row["n"]
    return found


def attended(*, since: date, until: date) -> dict[date, int]:
    """Registrations that came to the event, by the month of the event."""
    rows = Registration.objects.filter(
        attended=True, event__starts_at__date__gte=since, event__starts_at__date__lt=until
    )
    counted = rows.annotate(month=TruncMonth("event__starts_at")).values("month").annotate(n=Count("pk"))
    return {row["month"].date(): row["n"] for row in counted.order_by()}
