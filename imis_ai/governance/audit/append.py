"""The only way into the audit chain."""

import hmac
import secrets
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import connection, transaction

from imis_ai.accounts.models import User
from imis_ai.governance.audit import chain
from imis_ai.governance.models import AuditDetail, AuditEntry, AuditHead
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
    seq, prev = _take_turn()
    fields = {
        "seq": seq,
        "at": now,
        "actor_id": by.pk if by else None,
        "actor": chain.clean(by or MACHINE)[:150],
        "role": by.role if by else "",
        "action": chain.clean(action)[:80],
        "object_type": chain.clean(object_type)[:60],
        "object_id": chain.clean(object_id)[:200],
        "subject": pseudonym_of(imis_id=imis_id) if imis_id else "",
        "versions": {chain.clean(name): chain.clean(value) for name, value in (versions or {}).items()},
        "commitment": chain.commitment(nonce=nonce, imis_id=imis_id, detail=text),
        "prev": prev,
    }
    link = chain.link(fields)
    entry = AuditEntry(**fields, mac=chain.sign(key=key(), what="entry", link=link))
    entry.save(force_insert=True)
    AuditDetail(entry=entry, nonce=nonce, imis_id=imis_id, detail=text).save(force_insert=True)
    _move_head(seq, link)
    return entry


def key() -> bytes:
    return settings.AUDIT_KEY.encode()


def lock() -> None:
    """Nobody appends or seals until the transaction ends."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])


def sign_head(seq: int, head: str) -> str:
    return chain.sign(key=key(), what="head", seq=seq, head=head)


def _take_turn() -> tuple[int, str]:
    """Hold the lock until the transaction ends; number of the next entry and the link before it.

    A head that was tampered with must not stop the association's work: the log goes on after a gap, which
    `verify` names for ever.
    """
    lock()
    head = AuditHead.objects.filter(pk=1).first()
    if head is None and not AuditEntry.objects.exists():
        return 1, chain.GENESIS
    if head and hmac.compare_digest(head.mac, sign_head(head.seq, head.head)):
        return head.seq + 1, head.head
    last = AuditEntry.objects.order_by("-seq").values_list("seq", flat=True).first() or 0
    return last + 2, secrets.token_hex(32)


def _move_head(seq: int, link: str) -> None:
    AuditHead.objects.bulk_create(
        [AuditHead(pk=1, seq=seq, head=link, mac=sign_head(seq, link))],
        update_conflicts=True,
        update_fields=["seq", "head", "mac"],
        unique_fields=["id"],
    )
