"""What happened since an entry, for those who tell others. Numbers and kinds only: no detail, no member.

Entries get their number under a lock that is held until they are committed, so none appears later below
one that was seen: whoever remembers the last number misses nothing.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from imis_ai.governance.models import AuditEntry


@dataclass(frozen=True)
class Happened:
    seq: int
    at: datetime
    action: str
    object_type: str
    object_id: str


def happened(*, after: int, actions: Collection[str], limit: int) -> list[Happened]:
    """The next entries of these actions, in order."""
    found = AuditEntry.objects.filter(seq__gt=after, action__in=list(actions)).order_by("seq")
    names = ("seq", "at", "action", "object_type", "object_id")
    return [Happened(*row) for row in found.values_list(*names)[:limit]]


def newest() -> int:
    """The number of the last entry; 0 in an empty log."""
    return AuditEntry.objects.order_by("-seq").values_list("seq", flat=True).first() or 0
