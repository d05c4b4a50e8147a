"""How fast the audit log is checked: `audit` against reading the same rows and hashing their text once."""

import hashlib
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

from django.conf import settings
from django.db import connection

from imis_ai.bench import Bench
from imis_ai.governance import audit
from imis_ai.governance.audit import chain, seals
from imis_ai.governance.audit.append import key, sign_head

NOW = datetime(2026, 1, 1, tzinfo=UTC)
SEALED_EVERY = 50_000
ENTRIES = ", ".join((*chain.FIELDS, "mac"))


@contextmanager
def log(*, seed: int, rows: int) -> Iterator[int]:
    """A log of `rows` entries with their details, sealed every 50,000; copied in, appending is slower."""
    before = settings.AUDIT_CHECKPOINT_DIR
    with tempfile.TemporaryDirectory() as folder, connection.cursor() as cursor:
        settings.AUDIT_CHECKPOINT_DIR = Path(folder)
        made = [_entry(number, seed) for number in range(1, SEALED_EVERY + 1)]
        prev = chain.GENESIS
        for first in range(0, rows, SEALED_EVERY):
            part = made[: min(SEALED_EVERY, rows - first)]
            prev = _append(cursor, first, part, prev)
            _set_head(cursor, first + len(part), prev)
            seals.seal(now=NOW + timedelta(days=first // SEALED_EVERY))
        cursor.execute("ANALYZE governance_auditentry, governance_auditdetail")
        yield rows
    settings.AUDIT_CHECKPOINT_DIR = before


def hash_once(rows: int) -> None:
    """The reference: every row as text through SHA-256, without links, signatures and seals."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT e::text || d::text FROM governance_auditentry e"
            " JOIN governance_auditdetail d ON d.entry_id = e.seq ORDER BY e.seq"
        )
        while part := cursor.fetchmany(5000):
            for (text,) in part:
                hashlib.sha256(text.encode()).hexdigest()


def verify(rows: int) -> None:
    verdict = audit.verify()
    if not verdict.is_whole or verdict.entries != rows:
        raise AssertionError(verdict.sentence)


def _entry(number: int, seed: int) -> tuple[dict, str, str, str]:
    nonce, imis_id = f"{seed + number:032x}", str(100_000 + number)
    detail = chain.canonical(
        {"before": {"tier": "A"}, "after": {"tier": "B"}, "reason": f"reason {number % 5}"}
    )
    fields = {
        "at": NOW + timedelta(seconds=number),
        "actor_id": number % 50,
        "actor": "Priya Nair",
        "role": "membership",
        "action": "proposal.approved",
        "object_type": "proposal",
        "object_id": str(number),
        "subject": "5f0c7e4e-0c3f-5d0a-9d0e-6f6f0d7c2b11",
        "versions": {"model": "2026.11.2"},
        "commitment": chain.commitment(nonce=nonce, imis_id=imis_id, detail=detail),
    }
    return fields, nonce, imis_id, detail


def _append(cursor: object, first: int, part: list, prev: str) -> str:
    secret, links = key(), []
    with cursor.copy(f"COPY governance_auditentry ({ENTRIES}) FROM STDIN") as target:
        for number, (fields, *_) in enumerate(part, first + 1):
            row = fields | {"seq": number, "prev": prev}
            prev = chain.link(row)
            links.append(prev)
            row["versions"] = chain.canonical(row["versions"])
            values = [row[name] for name in chain.FIELDS]
            target.write_row([*values, chain.sign(key=secret, what="entry", link=prev)])
    with cursor.copy("COPY governance_auditdetail (entry_id, nonce, imis_id, detail) FROM STDIN") as target:
        for number, (_, *aside) in enumerate(part, first + 1):
            target.write_row([number, *aside])
    return prev


def _set_head(cursor: object, seq: int, head: str) -> None:
    cursor.execute("DELETE FROM governance_audithead")
    cursor.execute(
        "INSERT INTO governance_audithead (id, seq, head, mac) VALUES (1, %s, %s, %s)",
        [seq, head, sign_head(seq, head)],
    )


BENCHES = {
    "audit": Bench(
        prepare=log, rows=1_000_000, reference=hash_once, ours=verify,
        reference_is="reading the same rows and hashing their text once", goal=12.0,
    )
}  # fmt: skip
