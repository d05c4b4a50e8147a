"""Ways to falsify the audit log as somebody who may write to the database but has no key."""

import random
import secrets

from django.db import connection

from imis_ai.governance.audit import chain
from imis_ai.governance.models import AuditDetail, AuditEntry, AuditHead

FORGED = b"a key that is not the right one"
COLUMNS = (*chain.FIELDS, "mac")
FLIPPED = "overlay({0} placing (CASE WHEN left({0}, 1) = '0' THEN '1' ELSE '0' END) from 1 for 1)"
OTHERWISE = {
    "at": "at + interval '1 microsecond'",
    "actor_id": "coalesce(actor_id, 0) + 1",
    "versions": """'{"model": "other"}'""",
}
AWAY = 1_000_000  # a number nobody has


def open_the_tables() -> None:
    """What the owner of the tables can do."""
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("ALTER TABLE governance_auditentry DISABLE TRIGGER ALL")
        cursor.execute("ALTER TABLE governance_auditdetail DISABLE TRIGGER ALL")
        cursor.execute("ALTER TABLE governance_auditentry DROP CONSTRAINT audit_never_forks")


def edit(chance: random.Random, last: int) -> int:
    seq = chance.randint(1, last)
    column = chance.choice([name for name in COLUMNS if name != "seq"])
    changed = OTHERWISE.get(column, FLIPPED.format(column))
    _sql(f"UPDATE governance_auditentry SET {column} = {changed}", seq)
    return seq


def edit_detail(chance: random.Random, last: int) -> int:
    seq = chance.choice(sorted(AuditDetail.objects.filter(pk__lte=last).values_list("pk", flat=True)))
    column = chance.choice(["detail", "imis_id", "nonce"])
    _sql(f"UPDATE governance_auditdetail SET {column} = {FLIPPED.format(column)}", seq, "entry_id")
    return seq


def delete(chance: random.Random, last: int) -> int:
    seq = chance.randint(1, last - 1)
    AuditDetail.objects.filter(pk=seq).delete()
    _sql("DELETE FROM governance_auditentry", seq)
    return seq + 1


def delete_detail(chance: random.Random, last: int) -> int:
    seq = chance.choice(sorted(AuditDetail.objects.filter(pk__lte=last).values_list("pk", flat=True)))
    _sql("DELETE FROM governance_auditdetail", seq, "entry_id")
    return seq


def truncate(chance: random.Random, last: int) -> int:
    """Cut off the end; half the time move the head back as well."""
    seq = chance.randint(2, last)
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM governance_auditdetail WHERE entry_id >= %s", [seq])
        cursor.execute("DELETE FROM governance_auditentry WHERE seq >= %s", [seq])
    if chance.random() < 0.5:
        _forge_head()
    return seq


def reorder(chance: random.Random, last: int) -> int:
    """Two entries change places, with their details."""
    one, other = sorted(chance.sample(range(1, last + 1), 2))
    for table, number in (("entry", "seq"), ("detail", "entry_id")):
        for old, new in ((one, AWAY), (other, one), (AWAY, other)):
            if table == "entry" or AuditDetail.objects.filter(pk=old).exists():
                _sql(f"UPDATE governance_audit{table} SET {number} = {new}", old, number)
    return one


def rewrite(chance: random.Random, last: int) -> int:
    """Change one entry and make everything after it fit again, with another key."""
    seq = chance.randint(1, last)
    rows = list(AuditEntry.objects.filter(seq__gte=seq).order_by("seq"))
    rows[0].actor = "somebody else"
    _relink(rows)
    return seq


def insert(chance: random.Random, last: int) -> int:
    """An act that never was, at the end."""
    entry = AuditEntry.objects.get(seq=last)
    nonce = secrets.token_hex(16)
    entry.prev, entry.seq = chain.link(_fields(entry)), last + 1
    entry.commitment = chain.commitment(nonce=nonce, imis_id="", detail="{}")
    entry.mac = chain.sign(key=FORGED, what="entry", link=chain.link(_fields(entry)))
    entry.save(force_insert=True)
    AuditDetail.objects.create(entry=entry, nonce=nonce, detail="{}")
    if chance.random() < 0.5:
        _forge_head()
    return last + 1


WAYS = [edit, edit_detail, delete, delete_detail, truncate, reorder, rewrite, insert]


def _fields(entry: AuditEntry) -> dict:
    return {name: getattr(entry, name) for name in chain.FIELDS}


def _relink(rows: list[AuditEntry]) -> None:
    for entry, following in zip(rows, [*rows[1:], None], strict=True):
        link = chain.link(_fields(entry))
        entry.mac = chain.sign(key=FORGED, what="entry", link=link)
        if following:
            following.prev = link
    AuditEntry.objects.bulk_update(rows, ["actor", "prev", "mac"])
    _forge_head()


def _forge_head() -> None:
    last = AuditEntry.objects.order_by("-seq").first()
    link = chain.link(_fields(last))
    forged = chain.sign(key=FORGED, what="head", seq=last.seq, head=link)
    AuditHead.objects.update(seq=last.seq, head=link, mac=forged)


def _sql(statement: str, seq: int, column: str = "seq") -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"{statement} WHERE {column} = %s", [seq])
        assert cursor.rowcount == 1
