"""Keeping what is to be told: each thing once per person, never what the person switched off."""

import time
from collections.abc import Collection
from datetime import datetime

from django.db import transaction

from imis_ai.accounts import notices
from imis_ai.accounts.models import User
from imis_ai.governance.models import Digest, Notification
from imis_ai.governance.notices import sources
from imis_ai.governance.notices.sources import Item

EVERY = 30.0  # seconds between two looks of one dispatcher
MOST_KEPT = 2000  # at once
_looked = {"at": -EVERY}


def is_due(now: datetime) -> bool:
    """Whether there is something untold; the dispatcher asks each second, and looks twice a minute."""
    if time.monotonic() - _looked["at"] < EVERY:
        return False
    _looked["at"] = time.monotonic()
    return bool(missing(now=now))


def missing(*, now: datetime) -> list[Item]:
    """What nobody told these people yet and they want to know."""
    found = list({(item.person_id, item.kind, item.key): item for item in sources.collect(now)}.items())
    if not found:
        return []
    people = {key[0] for key, _ in found}
    off = dict(User.objects.filter(pk__in=people, is_active=True).values_list("pk", "notices_off"))
    told = set(
        Notification.objects.filter(person__in=people, key__in={key[2] for key, _ in found}).values_list(
            "person", "kind", "key"
        )
    )
    return [
        item
        for key, item in found
        if key not in told
        and item.person_id in off
        and notices.wanted(off=off[item.person_id], kind=item.kind)
    ][:MOST_KEPT]


def tell(*, now: datetime) -> int:
    """Keep what is missing; running twice tells nothing twice. Returns how many are new."""
    rows = [
        Notification(
            person_id=item.person_id,
            kind=item.kind,
            key=item.key,
            text=item.text[:300],
            address=item.address,
            at=now,
        )
        for item in missing(now=now)
    ]
    Notification.objects.bulk_create(rows, ignore_conflicts=True, batch_size=500)
    return len(rows)


@transaction.atomic
def mark_read(*, person: User, numbers: Collection[int], now: datetime) -> int:
    """One's own only; returns how many were unread."""
    mine = Notification.objects.filter(person=person, pk__in=numbers, read_at=None)
    return mine.update(read_at=now)


def mark_all_read(*, person: User, now: datetime) -> int:
    return Notification.objects.filter(person=person, read_at=None).update(read_at=now)


def forget_before(*, moment: datetime) -> int:
    """What was told long ago, by bell or by mail; returns how many rows went."""
    told = Notification.objects.filter(at__lt=moment).delete()[0]
    return told + Digest.objects.filter(claimed_at__lt=moment).delete()[0]
