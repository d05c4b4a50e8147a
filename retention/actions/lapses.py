"""Finding why members left, and what a person says instead."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

import numpy as np
from django.conf import settings
from django.db import transaction

from imis_ai.accounts.models import User
from imis_ai.governance import audit
from imis_ai.governance.refusals import Blocked, WhyNot
from imis_ai.ui import words
from retention.calc import reasons
from retention.models import LapseReason, Study
from retention.queries import leavers
from retention.queries.leavers import Endings

FACTS = 3
FOUND = ("is_resigned", "reason", "confidence", "evidence", "dues", "found_at")
STUDY = "reasons"


@transaction.atomic
def find_lapses(*, as_of: date, now: datetime) -> int:
    """Weigh the signs, name each lapse's main reason, keep what people chose; returns how many lapses."""
    ended = leavers.endings(as_of=as_of)
    if not len(ended):
        return 0
    seen = reasons.signs(ended.trail)
    weights = reasons.learn(seen, ended.lapsed, ended.trail.resigned)
    rows = _rows(ended, seen, weights, now)
    LapseReason.objects.bulk_create(
        rows,
        update_conflicts=True,
        unique_fields=["member", "lapsed_on"],
        update_fields=FOUND,
        batch_size=2000,
    )
    _drop_corrected(rows, ended)
    body = {"weights": weights.told(), "lapsed": weights.lapsed, "stayed": weights.stayed}
    Study.objects.update_or_create(name=STUDY, as_of=as_of, defaults={"made_at": now, "body": body})
    detail = {"lapses": len(rows), "as_of": as_of}
    audit.record(action="lapses.explained", by=None, now=now, about=("study", STUDY), detail=detail)
    return len(rows)


def _rows(ended: Endings, seen: np.ndarray, weights: reasons.Weights, now: datetime) -> list[LapseReason]:
    found = reasons.find(ended.trail, seen, weights)
    made = []
    for k in np.flatnonzero(ended.lapsed).tolist():
        price = float(ended.trail.price[k])
        made.append(
            LapseReason(
                member_id=ended.member[k],
                lapsed_on=ended.on[k],
                is_resigned=bool(ended.trail.resigned[k]),
                reason=found.reason[k],
                confidence=round(float(found.confidence[k]), 4),
                evidence=_evidence(ended, k, seen[k].tolist(), found.shares[k].tolist()),
                dues=None if np.isnan(price) else f"{price:.2f}",
                found_at=now,
            )
        )
    return made


def _evidence(ended: Endings, k: int, seen: Sequence[float], shares: Sequence[float]) -> list[dict[str, Any]]:
    found = reasons.facts(ended.trail, k, seen, shares, lambda amount: words.money(amount, settings.CURRENCY))
    return [
        {"reason": fact.reason, "text": fact.text, "on": leavers.day_of(fact.day).isoformat()}
        for fact in found[:FACTS]
    ]


def _drop_corrected(rows: Sequence[LapseReason], ended: Endings) -> None:
    """Lapses that corrected data no longer show go, unless a person spoke of them."""
    known = {(row.member_id, row.lapsed_on) for row in rows}
    first = min(ended.on)
    kept = LapseReason.objects.filter(lapsed_on__gte=first, chosen="").values_list(
        "pk", "member_id", "lapsed_on"
    )
    gone = [pk for pk, member, day in kept if (member, day) not in known]
    LapseReason.objects.filter(pk__in=gone).delete()


@transaction.atomic
def choose_reason(*, lapse: LapseReason, reason: str, note: str, by: User, now: datetime) -> LapseReason:
    """Keep a person's word on one lapse; an empty reason takes it back. Raises Blocked for an unknown one."""
    if reason and reason not in reasons.REASONS:
        raise Blocked(
            WhyNot(
                "This reason is not in the list.", rule="lapse reasons", next_step="Choose one of the list."
            )
        )
    before = lapse.main
    lapse.chosen, lapse.note = reason, note.strip()[:300]
    lapse.chosen_by, lapse.chosen_at = (str(by)[:150], now) if reason else ("", None)
    lapse.save(update_fields=["chosen", "note", "chosen_by", "chosen_at"])
    audit.record(
        action="lapse.reason chosen",
        by=by,
        now=now,
        about=("lapse", str(lapse.pk)),
        imis_id=lapse.member.imis_id,
        detail={"before": before, "after": lapse.main, "found": lapse.reason, "reason": lapse.note},
    )
    return lapse
