"""One member read again right before something is said to them; not a sync: no cursor moves."""

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from imis_ai.imis.resources import RESOURCES
from imis_ai.mirror import signals
from imis_ai.mirror.actions.cursor import Cursor
from imis_ai.mirror.actions.save import save

if TYPE_CHECKING:
    from imis_ai.imis.client import Client

MONEY_AND_CASES = ("invoices", "payments", "activities")
LOOKED_BACK = timedelta(days=1)
OVERLAP = timedelta(minutes=15)


def freshen(*, client: "Client", imis_id: str, now: datetime) -> None:
    """The member's record with what they agreed to. Raises a child of ImisError."""
    found = client.one(RESOURCES["members"], imis_id) or signals.gone("members", imis_id)
    save(records=found, feed="members", now=now)


def freshen_changes(*, client: "Client", now: datetime) -> None:
    """Money that came in and cases that were opened since the last sync, of all members."""
    for name in MONEY_AND_CASES:
        resource = RESOURCES[name]
        high = Cursor.load(resource).high if resource.strategy == "updated" else None
        since = (high - OVERLAP) if high else now - LOOKED_BACK
        for page in client.pages(resource, since):
            save(records=page.records, feed=name, now=now)
