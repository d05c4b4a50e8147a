"""What is open in a queue, for whom, and how far people and model agree."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import BooleanField, Case, Exists, OuterRef, Q, QuerySet, Value, When

from imis_ai.accounts.models import User
from imis_ai.governance.models import ReviewItem
from imis_ai.governance.reviewing.queues import UNSURE, Queue
from imis_ai.governance.rollout.blind import wilson
from imis_ai.mirror import access

RECENT = timedelta(days=90)
State = ReviewItem.State


@dataclass(frozen=True)
class Agreement:
    """Answers like the model's among those judged, and right ones among the known. Ranges are 80 % ranges."""

    same: int
    judged: int
    unsure: int
    right: int
    known: int

    @property
    def low_high(self) -> tuple[float, float] | None:
        return wilson(self.same, self.judged) if self.judged else None


def visible(*, queue: Queue, viewer: User) -> QuerySet[ReviewItem]:
    """Of members whom the viewer may see: nobody else's are judged, or counted as waiting."""
    return _seen(ReviewItem.objects.filter(queue=queue.name), viewer)


def opened(*, queues: Collection[str], viewer: User) -> QuerySet[ReviewItem]:
    """What is open in these queues."""
    return _seen(ReviewItem.objects.filter(queue__in=queues, state=State.OPEN), viewer)


def _seen(found: QuerySet[ReviewItem], viewer: User) -> QuerySet[ReviewItem]:
    return found.filter(imis_id__in=access.numbers(viewer)) if viewer.role == User.Role.CHAPTER else found


def waiting(*, queue: Queue, viewer: User) -> QuerySet[ReviewItem]:
    """Mine first, then nobody's, then those a colleague took; the hardest first."""
    is_mine = Case(When(owner=viewer, then=Value(0)), When(owner=None, then=Value(1)), default=Value(2))
    found = visible(queue=queue, viewer=viewer).filter(state=State.OPEN).select_related("owner")
    return found.annotate(turn=is_mine).order_by("turn", "-hardness", "pk")


def agreement(*, queue: str, now: datetime, by: User | None = None) -> Agreement:
    """Of the last 90 days, of one person or all."""
    rows = ReviewItem.objects.filter(queue=queue, state=State.SAID, said_at__gt=now - RECENT)
    if by is not None:
        rows = rows.filter(said_by=by)
    found = list(rows.values_list("model_says", "says", "known_answer"))
    told = [each for each in found if each[1] != UNSURE]
    real = [(model, says) for model, says, known in told if not known]
    known = [(answer, says) for _, says, answer in told if answer]
    return Agreement(
        same=sum(model == says for model, says in real),
        judged=len(real),
        unsure=len(found) - len(told),
        right=sum(answer == says for answer, says in known),
        known=len(known),
    )


def waits(*, area: str, imis_id: str) -> bool:
    """Whether a person is to judge this member first: nothing acts on the score meanwhile."""
    rows = ReviewItem.objects.filter(area=area, imis_id=imis_id, state=State.OPEN, known_answer="")
    return rows.exists()


def those(*, number: str, area: str) -> Q:
    """The condition that the row's member waits; `number` is the path to the member's number."""
    own = ReviewItem.objects.filter(area=area, imis_id=OuterRef(number), state=State.OPEN, known_answer="")
    return Q(Exists(own))


def is_open(*, number: str, area: str) -> Case:
    """The same to annotate rows with."""
    waits_now = When(those(number=number, area=area), then=Value(True))
    return Case(waits_now, default=Value(False), output_field=BooleanField())
