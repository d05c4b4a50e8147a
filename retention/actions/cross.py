"""Who came over a line and who left it: written once per crossing, from the scores on show."""

from collections.abc import Collection
from datetime import datetime

from django.db import transaction

from imis_ai.governance import audit
from retention.models import Crossing, RiskScore, ScoreRun
from retention.queries import crossings
from retention.queries import policy as policies


@transaction.atomic
def cross(
    *, run: ScoreRun, now: datetime, members: Collection[int] | None = None
) -> dict[str, tuple[int, int]]:
    """Bring the crossings up to the scores of `run`, for these members or all; how many came and left.

    A member over the line counts once, until the risk is under it by the policy's margin.
    """
    policy, moved = policies.current(), {}
    for band in ("hi", "md"):
        start, _ = run.bands.share_bounds(band)
        moved[band] = _move(run, band, start, start - policy.hysteresis, policy.version, members, now)
    if any(came or left for came, left in moved.values()):
        detail = {"after": {band: {"came": came, "left": left} for band, (came, left) in moved.items()}}
        audit.record(
            action="retention.crossed", by=None, now=now, about=("score run", str(run.pk)), detail=detail
        )
    return moved


def _move(
    run: ScoreRun,
    band: str,
    start: float,
    end: float,
    version: int,
    members: Collection[int] | None,
    now: datetime,
) -> tuple[int, int]:
    scores = RiskScore.objects.filter(run=run, risk_90__gte=end)
    lasting = crossings.standing(band)
    if members is not None:
        scores, lasting = scores.filter(member__in=members), lasting.filter(member__in=members)
    risk = dict(scores.values_list("member_id", "risk_90"))
    inside = set(lasting.values_list("member_id", flat=True))
    left = inside - set(risk)
    came = [member for member, share in risk.items() if share >= start and member not in inside]
    if left:
        crossings.standing(band).filter(member__in=left).update(left_at=now)
    rows = [
        Crossing(member_id=member, band=band, risk=risk[member], policy=version, entered_at=now)
        for member in came
    ]
    Crossing.objects.bulk_create(rows, batch_size=2000, ignore_conflicts=True)
    return len(came), len(left)
