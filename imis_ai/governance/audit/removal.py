"""Takes details away, by erasure or after their period; an entry says which, else it would be tampering."""

from collections.abc import Iterable
from datetime import datetime

from django.db import transaction

from imis_ai.accounts.models import User
from imis_ai.governance.audit.append import record
from imis_ai.governance.audit.verify import REMOVED
from imis_ai.governance.models import AuditDetail


@transaction.atomic
def remove_details(*, seqs: Iterable[int], why: str, now: datetime, by: User | None = None) -> int:
    """Delete nonce and detail of these entries. What an earlier removal says is kept."""
    own = AuditDetail.objects.filter(entry__action=REMOVED).values_list("pk", flat=True)
    doomed = sorted(set(seqs).difference(own))
    if not doomed:
        return 0
    AuditDetail.objects.filter(pk__in=doomed).delete()
    record(action=REMOVED, by=by, now=now, detail={"removed": spans(doomed), "why": why})
    return len(doomed)


def spans(numbers: list[int]) -> list[list[int]]:
    """Sorted numbers as first and last of each run: 1, 2, 3, 7 -> [[1, 3], [7, 7]]."""
    runs: list[list[int]] = []
    for number in numbers:
        if runs and number == runs[-1][1] + 1:
            runs[-1][1] = number
        else:
            runs.append([number, number])
    return runs
