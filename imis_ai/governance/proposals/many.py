"""More decisions at once than a request should take: asked for as they were seen, done by a job, told."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import transaction

from imis_ai.accounts.models import User
from imis_ai.governance.kinds import HOLD, Friction
from imis_ai.governance.models import Decision, Proposal, SeveralDecided
from imis_ai.governance.proposals import bulk, decide
from imis_ai.governance.proposals.bulk import NO_REASON, Batch
from imis_ai.governance.refusals import Blocked, Refused, WhyNot
from imis_ai.jobs import actions as jobs
from imis_ai.jobs.models import JobRun
from imis_ai.jobs.progress import Progress

AS_JOB = 100  # items; beyond, a job decides
JOB = "governance.several"
KEPT_EVERY = 25
What = Decision.What
WHATS = {"approve": What.APPROVE, "reject": What.REJECT, "later": What.LATER}


@transaction.atomic
def ask(
    *,
    chosen: Batch,
    seen: Mapping[int, str],
    do: str,
    by: User,
    now: datetime,
    note: str = "",
    reason: str = "",
    until: datetime | None = None,
    is_shown: bool = False,
) -> SeveralDecided:
    """Keep what is to be decided and queue the job. Raises Blocked as deciding at once would."""
    if do == "approve" and chosen.is_large and not is_shown:
        raise Blocked(WhyNot("So many are approved after a look at the totals.", rule="several at once"))
    if do == "reject" and reason not in dict(chosen.kind.reasons):
        raise Blocked(NO_REASON)
    asked = SeveralDecided.objects.create(
        by=by,
        at=now,
        do=do,
        kind=chosen.kind.name,
        chosen={str(item.pk): seen[item.pk] for item in chosen.items},
        asked={"note": note, "reason": reason, "until": until.isoformat() if until else ""},
    )
    jobs.request(name=JOB, args={"several": asked.pk}, by=by, now=now)
    return asked


def carry_out(*, asked: SeveralDecided, now: datetime, progress: Progress) -> SeveralDecided:
    """Each as if alone, in a transaction of its own. What an earlier run of the job did is not done again.

    The rights are those of now: whoever lost them meanwhile decides nothing.
    """
    over = {number for number, _ in asked.left} | _done_before(asked)
    asked.done = sorted(_done_before(asked))
    rows = [int(number) for number in asked.chosen if int(number) not in over]
    progress.stage("Suggestions", len(rows))
    for place, number in enumerate(rows, 1):
        progress.checkpoint()
        try:
            _one(asked, number, now)
        except Refused as refusal:
            asked.left.append([number, str(refusal.why)])
        else:
            asked.done.append(number)
        progress.advance()
        if place % KEPT_EVERY == 0:
            asked.save(update_fields=["done", "left"])
    asked.finished_at = now
    asked.save(update_fields=["done", "left", "finished_at"])
    return asked


def run_of(asked: SeveralDecided) -> JobRun | None:
    """The job that carries it out."""
    return JobRun.objects.filter(name=JOB, args={"several": asked.pk}).order_by("-pk").first()


def _one(asked: SeveralDecided, number: int, now: datetime) -> None:
    proposal = Proposal.objects.filter(pk=number).first()
    if proposal is None:
        raise Blocked(WhyNot("It is not there any more.", rule="several at once"))
    common: dict[str, Any] = {"proposal": proposal, "by": asked.by, "now": now}
    note = asked.asked["note"]
    if asked.do == "approve":
        if why := bulk.standing_against(item=proposal, by=asked.by, now=now):
            raise Blocked(why)
        hold = HOLD[Friction.BULK]
        decide.approve(as_seen=asked.chosen[str(number)], note=note, least_hold=hold, **common)
    elif asked.do == "reject":
        decide.reject(reason=asked.asked["reason"], note=note, **common)
    else:
        decide.later(until=datetime.fromisoformat(asked.asked["until"]), **common)


def _done_before(asked: SeveralDecided) -> set[int]:
    """Decided by an earlier run of the same job, whether or not it came to keep its list."""
    numbers = [int(number) for number in asked.chosen]
    made = Decision.objects.filter(by=asked.by, what=WHATS[asked.do], at__gte=asked.at, proposal__in=numbers)
    return set(made.values_list("proposal", flat=True))
