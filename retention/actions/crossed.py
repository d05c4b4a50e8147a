"""Crossing the high line: one rule with three effects in iMIS, suggested once per crossing."""

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.utils.timezone import localdate

from imis_ai.accounts.models import User
from imis_ai.governance import proposals
from imis_ai.governance.messages import control
from imis_ai.mirror import habits, timeline
from retention.calc import points
from retention.calc.bands import of_100
from retention.models import Crossing, RiskScore
from retention.queries import crossings

if TYPE_CHECKING:
    from imis_ai.governance.models import Proposal

KIND = "retention.crossed"
DUE, CALLBACK = timedelta(days=3), timedelta(days=7)
HISTORY = 60


@transaction.atomic
def propose_crossed(*, now: datetime, by: User | None = None) -> "Proposal | None":
    """Suggest for everybody who crossed since the last time: a task for the advisor with the reasons, a place
    in the smart group, a call back. For those who left it: the end of their place. None without any.

    A crossing is asked about once, whatever is decided. Members who are left alone to compare wait.
    """
    came, left = list(crossings.to_ask()), list(crossings.to_withdraw())
    held = control.held(imis_ids=[each.member.imis_id for each in came], area="retention", now=now)
    came = [each for each in came if each.member.imis_id not in held]
    if not came and not left:
        return None
    Crossing.objects.filter(pk__in=[each.pk for each in came]).update(asked_at=now)
    Crossing.objects.filter(pk__in=[each.pk for each in left]).update(withdrawn_at=now)
    back = {each.member_id for each in came}
    left = [each for each in left if each.member_id not in back]
    rows = _rows(came, now)
    draft = proposals.Draft(
        kind=KIND,
        title=f"{len(came):,} members crossed the high line, {len(left):,} left it",
        payload={"enter": rows, "leave": [each.member.imis_id for each in left], "on": str(localdate(now))},
        members=len(rows) + len(left),
        made_from={"crossings": [each.pk for each in came]},
        checks=(
            proposals.Check("once", "Each crossing is asked about once."),
            proposals.Check("control group", f"{len(held):,} members are left alone to compare."),
        ),
        due_at=now + timedelta(days=1),
    )
    return proposals.propose(draft=draft, by=by, now=now)


def _rows(came: list[Crossing], now: datetime) -> list[dict[str, Any]]:
    ids = [each.member_id for each in came]
    scores = RiskScore.objects.filter(run__is_current=True, member__in=ids)
    factors = dict(scores.values_list("member_id", "factors"))
    owners = habits.owners([each.member.imis_id for each in came])
    today = localdate(now)
    return [
        {
            "imis_id": each.member.imis_id,
            "score": of_100(each.risk),
            "factors": _why(factors.get(each.member_id, [])),
            "last_contacts": _contacts(each.member_id),
            "assignee": owners.get(each.member.imis_id, ""),
            "due_on": str(today + DUE),
            "call_on": str(today + CALLBACK),
        }
        for each in came
    ]


def _why(factors: list[dict[str, Any]]) -> str:
    return ". ".join(f["sentence"] for f in factors if f.get("direction") != "lowers")[:400]


def _contacts(member_id: int) -> str:
    said = points.contacts(timeline.latest(member_id=member_id, limit=HISTORY))
    return "; ".join(f"{each['on']}: {each['text']}" for each in said)[:400]
