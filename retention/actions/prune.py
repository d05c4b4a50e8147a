"""Old scores, old calls and crossings that are over."""

from datetime import datetime

from retention.models import Call, Crossing, ScoreRun


def prune(*, before: datetime) -> int:
    """Remove scoring runs from before then, never the current one; returns how many."""
    doomed = ScoreRun.objects.filter(created_at__lt=before, is_current=False)
    number = doomed.count()
    doomed.delete()
    return number


def prune_calls(*, before: datetime) -> int:
    """Remove calls made ready before then, and crossings that ended before then; returns how many."""
    calls, _ = Call.objects.filter(facts_at__lt=before).delete()
    crossings, _ = Crossing.objects.filter(left_at__lt=before).delete()
    return calls + crossings
