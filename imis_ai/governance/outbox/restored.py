"""After a backup was restored: what it shows as not sent may have been sent since it was made."""

from datetime import datetime

from django.db import transaction

from imis_ai.governance import audit
from imis_ai.governance.models import OutboxMessage
from imis_ai.governance.outbox.states import State, move


@transaction.atomic
def mark_restored(*, now: datetime) -> int:
    """Nothing waiting is sent before it was looked for in iMIS. Returns how many are looked for."""
    rows = OutboxMessage.objects.all()
    text = "A backup was restored; this may have been sent already, so it is looked for first."
    found = sum(
        move(rows, old, State.UNKNOWN, settle_until=now, problem_text=text)
        for old in (State.QUEUED, State.SENDING)
    )
    audit.record(action="outbox.restored", by=None, now=now, detail={"count": found})
    return found
