"""Changes of the programme that staff enter, and take out again."""

from datetime import date, datetime
from typing import NamedTuple

from imis_ai.mirror.models import EnteredChange


class Entry(NamedTuple):
    """What a person says of one change; `retrains`: the models learn anew because of it."""

    on: date
    kind: str
    what: str
    whom: str = ""
    source: str = ""
    retrains: bool = False


def enter_change(*, entry: Entry, by: str, now: datetime) -> EnteredChange:
    """Keep the change."""
    return EnteredChange.objects.create(**entry._asdict(), entered_by=by, entered_at=now)


def remove_change(*, change_id: int, reason: str, by: str, now: datetime) -> bool:
    """Take it out of trends and triggers, with the reason; False when it is out already."""
    found = EnteredChange.objects.filter(pk=change_id, removed_at=None)
    return bool(found.update(removed_at=now, removed_by=by[:150], removed_because=reason[:300]))
