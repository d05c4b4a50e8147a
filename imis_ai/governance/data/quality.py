"""Looking at rows with a problem, and leaving them as they are with a reason."""

from datetime import datetime

from django.db import transaction

from imis_ai.accounts.models import User
from imis_ai.governance import audit
from imis_ai.governance.refusals import Blocked, WhyNot
from imis_ai.mirror import actions
from imis_ai.mirror.quality import Problem


def looked(*, problem: Problem, number: int, by: User, now: datetime) -> None:
    """Opening the rows behind a count leaves an entry."""
    audit.record(
        action="data.problem_opened", by=by, now=now, about=("problem", problem.slug), detail={"rows": number}
    )


@transaction.atomic
def leave(*, problem: Problem, keys: list[str], reason: str, by: User, now: datetime) -> int:
    """These rows are right as they are. Raises Blocked without rows or a reason."""
    if not keys:
        raise Blocked(WhyNot("Nothing is chosen.", rule="rows", next_step="Choose at least one row."))
    if not reason.strip():
        raise Blocked(
            WhyNot("This needs a reason.", rule="reasons", next_step="Say why they are right as they are.")
        )
    number = actions.leave(
        problem=problem.slug, keys=keys, reason=reason.strip()[:300], by=str(by)[:150], now=now
    )
    detail = {"rows": number, "reason": reason.strip()[:300]}
    audit.record(action="data.problem_left", by=by, now=now, about=("problem", problem.slug), detail=detail)
    return number


@transaction.atomic
def count_again(*, problem: Problem, key: str, by: User, now: datetime) -> bool:
    """The row counts again; False when it did already."""
    if not actions.count_again(problem=problem.slug, key=key):
        return False
    audit.record(action="data.problem_counted", by=by, now=now, about=("problem", problem.slug))
    return True
