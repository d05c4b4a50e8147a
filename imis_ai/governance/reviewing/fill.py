"""The night's work on a queue: who is sure by now leaves, the hardest come in, known cases are mixed in."""

import random
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction

from imis_ai.governance.models import Correction, ReviewItem
from imis_ai.governance.reviewing.queues import QUEUES, Case, Queue

KNOWN_EVERY = 6  # one known case to so many open ones
ASKED_AGAIN = timedelta(days=60)  # a member judged is left alone for so long
KEPT_FOR = timedelta(days=1)  # what somebody took and did not judge is free again
State = ReviewItem.State


@dataclass
class Filled:
    """Counts of one night."""

    entered: int = 0
    left: int = 0
    known: int = 0


def fill_all(*, now: datetime) -> Filled:
    count = Filled()
    for queue in QUEUES.values():
        fill(queue=queue, now=now, count=count)
    return count


@transaction.atomic
def fill(*, queue: Queue, now: datetime, count: Filled | None = None) -> Filled:
    """Up to `queue.most` open cases. Running it twice changes nothing."""
    count = count or Filled()
    cases = _askable(queue, queue.unsure(now), now)
    still = {case.imis_id for case in cases}
    opened = ReviewItem.objects.filter(queue=queue.name, state=State.OPEN)
    real = opened.filter(known_answer="")
    count.left += real.exclude(imis_id__in=still).update(state=State.GONE, ended_at=now)
    opened.filter(owner__isnull=False, entered_at__lt=now - KEPT_FOR).update(owner=None)
    waiting = set(real.values_list("imis_id", flat=True))
    fresh = [case for case in cases if case.imis_id not in waiting][: queue.most - len(waiting)]
    count.entered += len(_enter(queue, fresh, now))
    count.known += len(_enter(queue, _known(queue, now), now))
    return count


def _askable(queue: Queue, cases: Iterable[Case], now: datetime) -> list[Case]:
    """Without members of whom staff said something already, on the card or in the queue."""
    said = Correction.objects.filter(card=queue.card, state=Correction.State.STANDING)
    judged = ReviewItem.objects.filter(queue=queue.name, said_at__gt=now - ASKED_AGAIN, known_answer="")
    done = set(said.values_list("imis_id", flat=True)) | set(judged.values_list("imis_id", flat=True))
    return [case for case in cases if case.imis_id not in done]


def _known(queue: Queue, now: datetime) -> list[Case]:
    """As many as are missing, as hard as any of the open ones, so that nobody sees which they are."""
    opened = ReviewItem.objects.filter(queue=queue.name, state=State.OPEN)
    hard = list(opened.filter(known_answer="").values_list("hardness", flat=True))
    missing = -(-len(hard) // KNOWN_EVERY) - opened.exclude(known_answer="").count()
    if missing <= 0:
        return []
    asked = set(ReviewItem.objects.filter(queue=queue.name).values_list("imis_id", flat=True))
    found = [case for case in queue.known(missing * 3, now) if case.imis_id not in asked]
    chance = random.Random(now.timestamp())  # noqa: S311  an order, not a secret
    return [_as_hard(case, chance.choice(hard)) for case in found[:missing]]


def _as_hard(case: Case, hardness: float) -> Case:
    return Case(**(case.__dict__ | {"hardness": hardness}))


def _enter(queue: Queue, cases: list[Case], now: datetime) -> list[ReviewItem]:
    rows = [ReviewItem(queue=queue.name, area=queue.area, entered_at=now, **case.__dict__) for case in cases]
    taken = set(
        ReviewItem.objects.filter(queue=queue.name, imis_id__in=[row.imis_id for row in rows]).values_list(
            "imis_id", "as_of"
        )
    )
    return ReviewItem.objects.bulk_create(row for row in rows if (row.imis_id, row.as_of) not in taken)
