"""The weekly comparison of all ids: deletions show in no list of changes, so absence is the only sign."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from django.db import transaction

from imis_ai.imis import records
from imis_ai.imis.resources import RESOURCES
from imis_ai.mirror.actions import holds, lease, merges
from imis_ai.mirror.actions.save import mark_dirty, save
from imis_ai.mirror.models import Feed, Member
from imis_ai.mirror.upsert.lookups import Lookups

if TYPE_CHECKING:
    from imis_ai.imis.client import Client

FEED = "member_ids"
INTERVAL = timedelta(days=7)
MOST_ASKED = 50  # single requests; beyond it the list of ids is trusted


@dataclass(frozen=True)
class Swept:
    """Ids that iMIS named, members tombstoned, members that were missing here and are stored now."""

    ids: int
    gone: int
    found: int


def is_due(*, now: datetime) -> bool:
    """Whether the last comparison is a week old."""
    last = Feed.objects.filter(name=FEED).values_list("last_success_at", flat=True).first()
    return last is None or now - last >= INTERVAL


def sweep(
    *, client: "Client", now: datetime, known: Lookups | None = None, fence: int | None = None
) -> Swept:
    """Ask for every id; tombstone members that are gone, fetch those that are missing here.

    Raises ImisError, and Held when too many are gone at once.
    """
    theirs = {key for page in client.ids() for key in page}
    alive = set(Member.objects.filter(gone_at=None).values_list("imis_id", flat=True))
    # iMIS keeps contacts that it marks as deleted; a cleared hash means that we only noticed an absence
    marked = set(Member.objects.exclude(gone_at=None).exclude(row_hash=0).values_list("imis_id", flat=True))
    gone = alive - theirs
    holds.check_gone(name=FEED, gone=len(gone), total=len(alive), what="members")
    gone = _confirmed(client, gone)
    with transaction.atomic():
        lease.lock(fence=fence)
        touched = set(Member.objects.filter(imis_id__in=gone).values_list("pk", flat=True))
        merges.tombstone(keys=sorted(gone), now=now)
        mark_dirty(members=touched, now=now)
    known = known or Lookups()
    missing = [
        key
        for key in sorted(theirs - alive - marked)
        if known.retained(key) == key and not known.is_erased(key)
    ]
    found = _fetch(client, missing, now, known, fence)
    Feed.objects.filter(name=FEED).update(cursor={})
    return Swept(len(theirs), len(gone), found)


def _confirmed(client: "Client", gone: set[str]) -> set[str]:
    """The list may come from iMIS' cache: where they are few, each is asked for by itself."""
    if len(gone) > MOST_ASKED:
        return gone
    return {key for key in gone if not _is_alive(client, key)}


def _is_alive(client: "Client", key: str) -> bool:
    return any(
        record.key == key and not getattr(record, "is_deleted", True)
        for record in client.one(RESOURCES["members"], key)
    )


def _fetch(client: "Client", missing: list[str], now: datetime, known: Lookups, fence: int | None) -> int:
    """Read missing members one by one; where they are many, let the next run read all members again."""
    if len(missing) > MOST_ASKED:
        Feed.objects.filter(name="members").update(cursor={})
        return 0
    found = [record for key in missing for record in client.one(RESOURCES["members"], key)]
    save(records=found, feed="members", now=now, fence=fence, known=known)
    return sum(isinstance(record, records.Member) for record in found)
