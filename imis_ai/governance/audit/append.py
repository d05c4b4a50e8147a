"""The only way into the audit chain."""

import secrets
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import connection, transaction

from imis_ai.accounts.models import User
from imis_ai.governance.audit import chain
from imis_ai.governance.models import AuditDetail, AuditEntry
from imis_ai.mirror.queries import pseudonym_of

LOCK = 0x1A0D17  # any number; one per database
MACHINE = "imis_ai"


@transaction.atomic(savepoint=False)
def record(
    *,
    action: str,
    by: User | None,
    now: datetime,
    about: tuple[str, str] = ("", ""),
    imis_id: str = "",
    detail: dict[str, Any] | None = None,
    versions: Mapping[str, str] | None = None,
) -> AuditEntry:
    """Append one entry in the caller's transaction; call it last, since appends wait for each other.

    `by` None is the machine. `about` is (type, id) of a row of ours; about a member, give `imis_id`. Personal
    data belong in `detail`, which an erasure removes: the entry itself is for ever. The log shows these keys
    of `detail` in columns: before, after, reason, reference, area; of `versions`: model, template, rule.
    No list of members: a batch gives its count and a hash of the list.
    """
    object_type, object_id = about
    if object_type == "member":  # a member's number stays out of the chain
        imis_id, object_id = imis_id or object_id, ""
    imis_id, nonce = chain.clean(imis_id)[:60], secrets.token_hex(16)
    text = chain.canonical(chain.plain(detail or {}))
    seq, prev = _lock_and_read_head()
    fields = {
        "seq": seq + 1,
        "at": now,
        "actor_id": by.pk if by else None,
        "actor": chain.clean(by or MACHINE)[:150],
        "role": by.role if by else "",
        "action": action,
        "object_type": chain.clean(object_type)[:60],
        "object_id": chain.clean(object_id)[:200],
        "subject": pseudonym_of(imis_id=imis_id) if imis_id else "",
        "versions": {chain.clean(name): chain.clean(value) for name, value in (versions or {}).items()},
        "commitment": chain.commitment(nonce=nonce, imis_id=imis_id, detail=text),
        "prev": prev,
    }
    entry = AuditEntry(**fields, mac=chain.mac(key=key(), fields=fields))
    entry.save(force_insert=True)
    AuditDetail(entry=entry, nonce=nonce, imis_id=imis_id, detail=text).save(force_insert=True)
    return entry


def key() -> bytes:
    return settings.AUDIT_KEY.encode()


def _lock_and_read_head() -> tuple[int, str]:
    """Take the turn until the transaction ends; then number and hash of the last entry."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])
    last = AuditEntry.objects.order_by("-seq").values_list("seq", "mac").first()
    return last or (0, chain.GENESIS)
