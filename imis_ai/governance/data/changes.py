"""The register of changes of the programme: entered and taken out by named people."""

from datetime import datetime

from django.db import transaction

from imis_ai.accounts.models import User
from imis_ai.governance import audit
from imis_ai.governance.refusals import Blocked, WhyNot
from imis_ai.mirror import actions


@transaction.atomic
def enter(*, entry: actions.Entry, by: User, now: datetime) -> int:
    """Keep a change that staff tell of; returns its number."""
    made = actions.enter_change(entry=entry, by=str(by)[:150], now=now)
    audit.record(
        action="change.entered",
        by=by,
        now=now,
        about=("change", str(made.pk)),
        detail={"after": entry.what, "on": entry.on, "kind": entry.kind, "retrains": entry.retrains},
    )
    return made.pk


@transaction.atomic
def remove(*, change_id: int, reason: str, by: User, now: datetime) -> bool:
    """Take it out, with the reason. Raises Blocked without one; False when it is out already."""
    if not reason.strip():
        raise Blocked(WhyNot("This needs a reason.", rule="reasons", next_step="Say why it is taken out."))
    if not actions.remove_change(change_id=change_id, reason=reason.strip(), by=str(by), now=now):
        return False
    detail = {"reason": reason.strip()[:300]}
    audit.record(action="change.removed", by=by, now=now, about=("change", str(change_id)), detail=detail)
    return True
