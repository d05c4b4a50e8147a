"""Old scores."""

from datetime import datetime

from retention.models import ScoreRun


def prune(*, before: datetime) -> int:
    """Remove scoring runs from before then, never the current one; returns how many."""
    doomed = ScoreRun.objects.filter(created_at__lt=before, is_current=False)
    number = doomed.count()
    doomed.delete()
    return number
