"""The chance to come back of everybody who left in the last two years, and who came back."""

from datetime import date, datetime

import numpy as np
from django.db import transaction

from retention.calc import returning as calc
from retention.models import LapseReason, Study
from retention.queries import returning

STUDY = "returns"
SEED = 7


@transaction.atomic
def estimate_returns(*, as_of: date, now: datetime) -> int:
    """Learn from who came back, keep a chance beside each open lapse; returns how many have one."""
    _note_returns()
    today = np.datetime64(as_of, "D")
    learned = calc.learn(returning.past(as_of=as_of), today=today, seed=SEED)
    Study.objects.update_or_create(
        name=STUDY, as_of=as_of, defaults={"made_at": now, "body": learned.figures}
    )
    numbers, rows = returning.open_lapses(as_of=as_of)
    LapseReason.objects.exclude(chance=None).update(chance=None, chance_low=None, chance_high=None)
    if not numbers:
        return 0
    found = zip(numbers, *(part.tolist() for part in learned.chance(rows)), strict=True)
    made = [
        LapseReason(pk=pk, chance=round(p, 4), chance_low=round(low, 4), chance_high=round(high, 4))
        for pk, p, low, high in found
    ]
    LapseReason.objects.bulk_update(made, ["chance", "chance_low", "chance_high"], batch_size=2000)
    return len(made)


def _note_returns() -> None:
    """Who came back is asked back no more; a return that data no longer show is taken back."""
    back = returning.returns()
    changed = []
    for lapse in LapseReason.objects.select_related("member").only(
        "lapsed_on", "returned_on", "member__pseudonym"
    ):
        day = back.get((str(lapse.member.pseudonym), lapse.lapsed_on))
        if day != lapse.returned_on:
            lapse.returned_on = day
            changed.append(lapse)
    LapseReason.objects.bulk_update(changed, ["returned_on"], batch_size=2000)
