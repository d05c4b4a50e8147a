"""The quarterly access review: somebody else looks at each person's rights, and the report is kept."""

from dataclasses import dataclass
from datetime import datetime

from django.db import IntegrityError, transaction
from django.utils import timezone

from imis_ai.accounts.models import AccessReview, AccessReviewLine, User
from imis_ai.governance import audit
from imis_ai.governance.people import changes, held, listing, words
from imis_ai.governance.refusals import Blocked, Changed, NotAllowed, WhyNot
from imis_ai.mirror import access

Verdict = AccessReviewLine.Verdict


def quarter(now: datetime) -> str:
    """ "2026-Q4" of the association's calendar."""
    day = timezone.localtime(now).date()
    return f"{day.year}-Q{(day.month + 2) // 3}"


def current(*, now: datetime) -> AccessReview | None:
    return AccessReview.objects.filter(quarter=quarter(now)).first()


def is_due(*, now: datetime) -> bool:
    """Whether this quarter's review is not finished."""
    found = current(now=now)
    return found is None or found.finished_at is None


@transaction.atomic
def start(*, by: User, now: datetime) -> AccessReview:
    """This quarter's review with a line for everybody who has access today. Raises NotAllowed, Changed."""
    if not by.may("people.change"):
        raise NotAllowed(changes.STRANGER)
    try:
        with transaction.atomic():
            review = AccessReview.objects.create(quarter=quarter(now), started_at=now, started_by=by)
    except IntegrityError:
        raise Changed(
            WhyNot(
                "This quarter's review has begun already.", rule="access review", next_step="Go on with it."
            )
        ) from None
    AccessReviewLine.objects.bulk_create(
        AccessReviewLine(review=review, person=person, held=_held(person, now))
        for person in User.objects.filter(is_active=True).order_by("first_name", "last_name", "username")
    )
    audit.record(action="review.started", by=by, now=now, about=("review", review.quarter))
    return review


@transaction.atomic
def judge(*, line: AccessReviewLine, verdict: str, note: str, by: User, now: datetime) -> None:
    """One person's line: still needed, or to be changed. The last one closes the review.

    Raises NotAllowed for one's own line, Blocked without a note when something is to be changed.
    """
    changes.refuse_stranger(line.person, by)
    if verdict not in Verdict.values:
        raise Blocked(WhyNot("Choose keep or change.", rule="access review"))
    if verdict == Verdict.CHANGE and not note.strip():
        raise Blocked(
            WhyNot("Say what is to be changed.", rule="access review", next_step="Write it into the note.")
        )
    open_line = AccessReviewLine.objects.filter(pk=line.pk, review__finished_at=None)
    if not open_line.update(verdict=verdict, note=note.strip()[:200], by=by, at=now):
        raise Changed(WhyNot("This review is finished.", rule="access review", next_step="See its report."))
    left = AccessReviewLine.objects.filter(review=line.review, verdict="", person__is_active=True)
    if not left.exists():
        AccessReview.objects.filter(pk=line.review_id, finished_at=None).update(finished_at=now)
    audit.record(
        action="review.judged",
        by=by,
        now=now,
        about=("person", line.person.username),
        detail={"after": verdict, "reason": note.strip(), "reference": line.review.quarter},
    )


@dataclass(frozen=True)
class Report:
    """One review in figures and lines."""

    review: AccessReview
    lines: list[AccessReviewLine]
    kept: int
    to_change: int
    left: int


def report(*, review: AccessReview) -> Report:
    rows = list(review.lines.select_related("person", "by"))
    kept = sum(row.verdict == Verdict.KEEP for row in rows)
    to_change = sum(row.verdict == Verdict.CHANGE for row in rows)
    left = sum(not row.verdict and row.person.is_active for row in rows)
    return Report(review, rows, kept, to_change, left)


def _held(person: User, now: datetime) -> dict:
    """As it stood: a later change of rights does not change the report."""
    what = held.now_of(person)
    return what.as_json() | {
        "words": words.held(what, access.chapter_names()),
        "name": str(person),
        "last_seen": person.last_seen_at.date().isoformat() if person.last_seen_at else "",
        "last_seen_words": f"{person.last_seen_at:%-d %b %Y}" if person.last_seen_at else "",
        "is_dormant": listing.is_dormant(person, now),
    }
