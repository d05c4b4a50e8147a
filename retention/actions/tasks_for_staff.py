"""A task for a member of staff, put into iMIS with its context: suggested by a rule, decided by a person."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.utils.timezone import localdate

from imis_ai.accounts.models import User
from imis_ai.governance import proposals

KIND = "retention.task"
DUE = timedelta(days=7)


@dataclass(frozen=True)
class Task:
    """`factors`: why, in a sentence. `words`: what to say."""

    imis_id: str
    chapter: str
    title: str
    assignee: str
    factors: str
    words: str = ""
    made_from: dict[str, Any] = field(default_factory=dict)


@transaction.atomic
def propose_and_approve(*, task: Task, by: User, now: datetime) -> Any:
    """One click: the task that was suggested is decided. It leaves after its hold. Raises refusals."""
    due_on = localdate(now) + DUE
    payload = {
        "imis_id": task.imis_id,
        "title": task.title[:100],
        "assignee": task.assignee[:60],
        "due_on": due_on.isoformat(),
        "factors": task.factors[:400],
        "draft": task.words[:2000],
    }
    draft = proposals.Draft(
        kind=KIND,
        title=f"Task in iMIS: {task.title}"[:200],
        payload=payload,
        members=1,
        imis_id=task.imis_id,
        chapter=task.chapter,
        made_from=task.made_from,
    )
    proposal = proposals.propose(draft=draft, by=None, now=now)
    return proposals.approve(proposal=proposal, as_seen=proposals.seen(proposal=proposal), by=by, now=now)
