"""Judging one case, and taking some for oneself."""

from datetime import datetime

from django.db import transaction
from django.utils.timezone import localtime

from imis_ai.accounts.models import User
from imis_ai.governance import audit, corrections
from imis_ai.governance.corrections import Shown, Statement
from imis_ai.governance.models import Correction, ReviewItem
from imis_ai.governance.refusals import Blocked, Changed, NotAllowed, WhyNot
from imis_ai.governance.reviewing import guard, read
from imis_ai.governance.reviewing.queues import UNSURE, Queue

TAKEN = 10
State = ReviewItem.State


@transaction.atomic
def say(
    *, queue: Queue, item: ReviewItem, says: str, opened_at: datetime | None, by: User, now: datetime
) -> ReviewItem:
    """Keep the judgement; where it is not the model's, it stands as a correction of the member's card.

    In order: the item, the correction, the audit log, the guard over how people judge. Raises NotAllowed,
    Changed when a colleague was faster, Blocked for what is no answer.
    """
    if not by.may(queue.right):
        raise NotAllowed(WhyNot("Your role may not judge this.", rule=queue.right))
    if says not in dict(queue.answers):
        raise Blocked(WhyNot("This answer is not one of the choices.", rule="review queue"))
    done = ReviewItem.objects.filter(pk=item.pk, state=State.OPEN).update(
        state=State.SAID, says=says, said_by=by, said_at=now, ended_at=now, opened_at=opened_at, owner=by
    )
    if not done:
        raise Changed(
            WhyNot("Somebody judged this already.", rule="review queue", next_step="Go on with the next.")
        )
    item.refresh_from_db()
    if not item.known_answer and says not in (UNSURE, item.model_says):
        _correct(queue, item, by, now)
    audit.record(
        action="review.said",
        by=by,
        now=now,
        about=("review", str(item.pk)),
        imis_id=item.imis_id,
        versions={"model": f"{item.model} {item.version}"} if item.model else {},
        detail={"area": item.area, "queue": queue.name, "before": item.model_says, "after": says},
    )
    guard.look(area=queue.area, now=now)
    return item


def take(*, queue: Queue, by: User, now: datetime) -> int:
    """Put one's name on the hardest that nobody has; returns how many."""
    if not by.may(queue.right):
        raise NotAllowed(WhyNot("Your role may not judge this.", rule=queue.right))
    free = read.visible(queue=queue, viewer=by).filter(state=State.OPEN, owner=None)
    numbers = list(free.values_list("pk", flat=True)[:TAKEN])
    return ReviewItem.objects.filter(pk__in=numbers, owner=None, state=State.OPEN).update(owner=by)


def _correct(queue: Queue, item: ReviewItem, by: User, now: datetime) -> Correction:
    topic = corrections.topic_for(card=queue.card)
    day = localtime(now).date()
    return corrections.say(
        topic=topic,
        imis_id=item.imis_id,
        statement=Statement(queue.means[item.says], queue.reason, source=Correction.Source.QUEUE),
        shown=Shown(item.shown, {}, item.model, item.version, item.as_of or day),
        by=by,
        now=now,
    )
