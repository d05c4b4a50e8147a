"""What staff said and judged of a member: exported, erased, and removed when it is old."""

from collections.abc import Iterator
from datetime import datetime

from imis_ai.governance.corrections import write
from imis_ai.governance.corrections.topics import topic_for
from imis_ai.governance.models import Correction, ReviewItem
from imis_ai.governance.privacy.holders import Section, Subject, register_holder
from imis_ai.governance.privacy.periods import YEAR, register_period


def register() -> None:
    register_holder("corrections", export=_sections, erase=_erase, step=5)
    register_period(
        "governance.corrections",
        what="Corrections by staff that are over",
        days=3 * YEAR,
        then="removed",
        purge=lambda before, now: remove(before=before),
    )
    register_period(
        "governance.reviews",
        what="Cases that people judged in a review queue",
        days=3 * YEAR,
        then="removed",
        purge=lambda before, now: ReviewItem.objects.filter(ended_at__lt=before).delete()[0],
    )


def remove(*, before: datetime) -> int:
    """Those that ended before then; returns how many."""
    return Correction.objects.filter(ended_at__lt=before).delete()[0]


def _sections(subject: Subject) -> Iterator[Section]:
    rows = Correction.objects.filter(imis_id__in=subject.keys).order_by("pk")
    yield Section("What staff said against a score or an entry", "Written here.", [_row(row) for row in rows])
    judged = ReviewItem.objects.filter(imis_id__in=subject.keys).order_by("pk")
    yield Section("What staff judged in a review queue", "Written here.", [_judged(row) for row in judged])


def _judged(row: ReviewItem) -> dict:
    return {"about": row.queue, "the model said": row.shown, "staff said": row.says, "at": row.said_at}


def _row(row: Correction) -> dict:
    topic = topic_for(card=row.card)
    return {
        "about": topic.label,
        "it said": row.shown,
        "staff say": topic.words(row.says),
        "reason": topic.reason(row.reason),
        "in words": row.text,
        "at": row.at,
        "until": row.until,
        "state": row.get_state_display(),
    }


def _erase(subject: Subject, now: datetime) -> str:
    gone = write.forget(imis_ids=subject.keys)
    judged = ReviewItem.objects.filter(imis_id__in=subject.keys).delete()[0]
    return f"{gone} corrections and {judged} judgements removed."
