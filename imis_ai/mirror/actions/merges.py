"""Members that are gone: deleted, merged into another one, or erased for good."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from django.db import connection, transaction

from imis_ai.imis.records import Deletion
from imis_ai.mirror.actions import lease
from imis_ai.mirror.models import (
    Consent,
    ErasedKey,
    Member,
    MemberAlias,
    Notice,
    Payment,
    QualityIgnored,
    Reject,
)
from imis_ai.mirror.upsert.lookups import Lookups, erasure_digest
from imis_ai.mirror.upsert.tables import MEMBER_TABLES
from imis_ai.mirror.upsert.write import Refusal


@dataclass
class Gone:
    """What deletions did: how many changed something, whose data changed, merged ids, what was refused."""

    changed: int = 0
    members: set[int] = field(default_factory=set)
    merged: list[str] = field(default_factory=list)
    refused: list[Refusal] = field(default_factory=list)


def carry_out(*, deletions: Sequence[Deletion], now: datetime, known: Lookups) -> Gone:
    """Apply deletions under the lease's lock. iMIS tells of each again and again; only the first counts."""
    gone = Gone()
    for deletion in deletions:
        if deletion.erased:
            gone.changed += _erase(deletion.key, now, known)
        elif deletion.retained and deletion.retained != deletion.key:
            members = _merge(deletion.key, deletion.retained, now, known)
            if members is None:
                gone.refused.append(_unknown(deletion))
            elif members:
                gone.changed += 1
                gone.members |= members
                gone.merged.append(deletion.key)
        else:
            gone.changed += tombstone(keys=[deletion.key], now=now)
    return gone


def _unknown(deletion: Deletion) -> Refusal:
    return Refusal(
        deletion,
        f"Member {deletion.key} was merged into {deletion.retained}, who is not in the mirror yet.",
        waits_for=f"member:{deletion.retained}",
    )


def tombstone(*, keys: Sequence[str], now: datetime) -> int:
    """Mark members as gone, and their scores as out of date.

    Their hash is cleared, so that a later sight of them brings them back.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "WITH gone AS (UPDATE mirror_member SET gone_at = %s, row_hash = 0"
            " WHERE imis_id = ANY(%s) AND gone_at IS NULL RETURNING id)"
            " INSERT INTO mirror_dirtymember (member_id, since) SELECT id, %s FROM gone"
            " ON CONFLICT (member_id) DO UPDATE SET since = excluded.since",
            [now, list(keys), now],
        )
        return cursor.rowcount


def _merge(discarded: str, retained: str, now: datetime, known: Lookups) -> set[int] | None:
    """Move everything of `discarded` to `retained` and leave an alias; gives the changed members or None."""
    retained = known.retained(retained)
    ids = dict(Member.objects.filter(imis_id__in=[discarded, retained]).values_list("imis_id", "id"))
    if retained == discarded or retained not in ids:
        return None
    if known.aliases().get(discarded) == retained and not (discarded in ids and _has_rows(ids[discarded])):
        return set()
    MemberAlias.objects.update_or_create(
        imis_id=discarded, defaults={"retained_imis_id": retained, "merged_at": now}
    )
    MemberAlias.objects.filter(retained_imis_id=discarded).update(retained_imis_id=retained)
    if discarded in ids:
        _move(ids[discarded], ids[retained])
        tombstone(keys=[discarded], now=now)
    _new_epoch(known)
    return {ids[retained]}


def _has_rows(member: int) -> bool:
    return any(table.model.objects.filter(member=member).exists() for table in MEMBER_TABLES)


def _move(discarded: int, retained: int) -> None:
    Consent.objects.filter(member=discarded).delete()  # the retained member's own answers stand
    with connection.cursor() as cursor:
        for table in MEMBER_TABLES:
            extra = ", version = DEFAULT" if table.name == "mirror_activity" else ""
            cursor.execute(
                f"UPDATE {table.name} SET member_id = %s{extra} WHERE member_id = %s",  # noqa: S608  our own names
                [retained, discarded],
            )


def _new_epoch(known: Lookups) -> None:
    lease.raise_epoch()
    known.start(known.epoch + 1)


def erase(*, imis_id: str, now: datetime) -> bool:
    """Remove a person from the mirror for good: rows, texts, rejects, pseudonym; the next sync skips them.

    Returns whether there was such a member. Audit and money records elsewhere keep a bare id and an amount.
    """
    with transaction.atomic():
        known = Lookups()
        known.start(lease.lock(fence=None))
        return _erase(imis_id, now, known)


def _erase(imis_id: str, now: datetime, known: Lookups) -> bool:
    aliases = list(MemberAlias.objects.filter(retained_imis_id=imis_id).values_list("imis_id", flat=True))
    keys = [imis_id, *aliases]
    if known.is_erased(imis_id) and not Member.objects.filter(imis_id__in=keys).exists():
        return False  # iMIS tells of every erasure again and again
    ErasedKey.objects.bulk_create(
        [ErasedKey(digest=erasure_digest(key), erased_at=now) for key in keys], ignore_conflicts=True
    )
    members = Member.objects.filter(imis_id__in=keys)
    had = members.exists()
    Payment.objects.filter(member__in=members).update(payer_name="")
    members.delete()
    MemberAlias.objects.filter(imis_id__in=keys).delete()
    QualityIgnored.objects.filter(key__in=keys).delete()
    Reject.objects.filter(waits_for__in=[f"member:{key}" for key in keys]).delete()
    Reject.objects.filter(payload__record__member__in=keys).delete()
    Reject.objects.filter(key__in=keys).delete()
    Notice.objects.filter(subject__in=keys).delete()
    _new_epoch(known)
    return had
