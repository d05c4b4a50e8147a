"""How well people judge: known cases, agreement, and how fast they say yes. Figures only, of an area."""

import itertools
from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import median

from imis_ai.governance.models import Decision, ReviewItem

RECENT = timedelta(days=30)
ONE_SITTING = timedelta(minutes=5)
FEWEST_KNOWN, LEAST_RIGHT = 10, 0.7
FEWEST_JUDGED, LEAST_SAME = 20, 0.5
FEWEST_YES, LEAST_SECONDS = 30, 3.0  # so many in a row without one no, half of them sooner than this
UNSURE = "unsure"


@dataclass(frozen=True)
class Quality:
    """Of the last 30 days. `stamped`: approvals of people who never say no and hardly look."""

    known: int
    right: int
    judged: int
    same: int
    stamped: int

    @property
    def slips(self) -> str:
        """What is wrong, in a sentence; empty while it is well or too early to tell."""
        if self.known >= FEWEST_KNOWN and self.right < LEAST_RIGHT * self.known:
            return f"People were right about {self.right} of {self.known} known cases."
        if self.judged >= FEWEST_JUDGED and self.same < LEAST_SAME * self.judged:
            return f"People and the model agree on {self.same} of {self.judged} cases."
        if self.stamped >= FEWEST_YES:
            return (
                f"{self.stamped} suggestions in a row were approved by people who took less than "
                f"{LEAST_SECONDS:.0f} seconds for most of them and turned none down."
            )
        return ""


def measured(*, area: str, now: datetime, since: datetime | None = None) -> Quality:
    """`since`: what was before a step down is settled by it. Two queries."""
    start = max(now - RECENT, since) if since else now - RECENT
    rows = ReviewItem.objects.filter(area=area, state=ReviewItem.State.SAID, said_at__gt=start)
    told = [each for each in rows.values_list("model_says", "says", "known_answer") if each[1] != UNSURE]
    known = [each for each in told if each[2]]
    real = [each for each in told if not each[2]]
    return Quality(
        known=len(known),
        right=sum(says == answer for _, says, answer in known),
        judged=len(real),
        same=sum(model == says for model, says, _ in real),
        stamped=_stamped(area, start),
    )


def _stamped(area: str, start: datetime) -> int:
    """The most approvals of one person who turned nothing down and was that fast; not several at once."""
    made = Decision.objects.filter(
        proposal__area=area, at__gt=start, by__isnull=False, what__in=_JUDGED
    ).order_by("at", "pk")
    by_person: dict[int, list[tuple[str, datetime]]] = defaultdict(list)
    for person, what, at in made.values_list("by", "what", "at")[:20_000]:
        by_person[person].append((what, at))
    return max((_hasty(rows) for rows in by_person.values()), default=0)


_JUDGED = (Decision.What.APPROVE, Decision.What.REJECT, Decision.What.LATER, Decision.What.EDIT)


def _hasty(rows: list[tuple[str, datetime]]) -> int:
    if any(what != Decision.What.APPROVE for what, _ in rows):
        return 0
    gaps = [(after - before).total_seconds() for (_, before), (_, after) in itertools.pairwise(rows)]
    within = [gap for gap in gaps if 0 < gap <= ONE_SITTING.total_seconds()]
    return len(within) + 1 if within and median(within) < LEAST_SECONDS else 0
