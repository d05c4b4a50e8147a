"""Change notifications: hints that something changed. Stored at once, followed up by reading iMIS again."""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from imis_ai.imis.errors import BadAnswer, Denied
from imis_ai.imis.resources import RESOURCES
from imis_ai.jobs.actions import request
from imis_ai.mirror import signals
from imis_ai.mirror.actions import lease
from imis_ai.mirror.actions.cursor import Cursor
from imis_ai.mirror.actions.save import mark_dirty, save
from imis_ai.mirror.models import Notice
from imis_ai.mirror.upsert.lookups import Lookups

if TYPE_CHECKING:
    from imis_ai.imis.client import Client

JOB = "mirror.notices"
OVERLAP = timedelta(minutes=15)
AT_ONCE = 1000


def receive(*, events: Sequence[signals.Signal], now: datetime) -> int:
    """Note what iMIS tells; an event that was told before is not noted again. Returns how many are new."""
    made = Notice.objects.bulk_create(
        [
            Notice(event_id=event.id, event_type=event.type, subject=event.subject, received_at=now)
            for event in events
        ],
        ignore_conflicts=True,
    )
    if made:
        request(name=JOB, by=None, now=now)
    return len(made)


def follow_up(
    *, client: "Client", now: datetime, known: Lookups | None = None, fence: int | None = None
) -> int:
    """Read again what the waiting notices speak of, each record once; returns how many notices are handled.

    Their order does not matter: what is stored is iMIS' present state, and an older one never replaces it.
    """
    waiting = list(Notice.objects.filter(handled_at=None).order_by("pk")[:AT_ONCE])
    if not waiting:
        return 0
    known = known or Lookups()
    wanted = signals.wanted((notice.event_type, notice.subject) for notice in waiting)
    for name, keys in wanted.items():
        records = _by_key(client, name, keys) if keys else _changes(client, name, now)
        saved = save(records=records, feed=name, now=now, fence=fence, known=known)
        mark_dirty(members=saved.members, now=now)  # again, where the run had marked and a scoring cleared it
    Notice.objects.filter(pk__in=[notice.pk for notice in waiting]).update(handled_at=now)
    return len(waiting)


def follow_up_alone(*, client: "Client", now: datetime) -> int:
    """The same when no sync runs; holds the lease meanwhile. Raises Busy when one does."""
    done = 0
    with lease.held() as fence:
        known = Lookups()
        while handled := follow_up(client=client, now=now, known=known, fence=fence):
            done += handled
    return done


def _by_key(client: "Client", name: str, keys: Collection[str]) -> list:
    records = []
    for key in sorted(keys):
        try:
            found = client.one(RESOURCES[name], key)
        except (Denied, BadAnswer):
            continue  # the next full reading says why
        records += found or signals.gone(name, key)
    return records


def _changes(client: "Client", name: str, now: datetime) -> list:
    """What a feed without single rows holds since our cursor, which only a sync may move."""
    since = (Cursor.load(RESOURCES[name]).high or now) - OVERLAP
    try:
        return [record for page in client.pages(RESOURCES[name], since) for record in page.records]
    except (Denied, BadAnswer):
        return []
