"""Signed checkpoints of the chain, each in the database and as a file in a second place."""

import json
import os
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path

from django.conf import settings
from django.db import transaction
from django.utils.timezone import localtime

from imis_ai.governance.audit import chain
from imis_ai.governance.audit.append import key, lock
from imis_ai.governance.models import AuditEntry, AuditHead, AuditSeal


@dataclass(frozen=True)
class Seal:
    """Up to entry `seq` there were `count` entries, and the last one's SHA-256 was `head`."""

    seq: int
    at: str
    head: str
    count: int
    mac: str

    @property
    def is_signed(self) -> bool:
        return self.mac == _sign(self.seq, self.at, self.head, self.count)

    @property
    def on(self) -> str:
        """For people: day and minute, in the association's time."""
        return f"{localtime(datetime.fromisoformat(self.at)):%-d %b %Y, %H:%M}"

    @property
    def file(self) -> str:
        return f"{self.at[:10]}-{self.seq:012}.json"


class NotWritten(Exception):
    """The second place could not be written to; the text says where and what to do."""


@transaction.atomic
def seal(*, now: datetime) -> Seal | None:
    """Seal the chain as it ends now. None when nothing was added since the last seal. Raises NotWritten."""
    lock()
    head = AuditHead.objects.filter(pk=1).first()
    if head is None or AuditSeal.objects.filter(seq=head.seq).exists():
        return None
    at, count = chain.instant(now), AuditEntry.objects.filter(seq__lte=head.seq).count()
    made = Seal(head.seq, at, head.head, count, _sign(head.seq, at, head.head, count))
    AuditSeal(seq=made.seq, at=now, head=made.head, count=made.count, mac=made.mac).save(force_insert=True)
    _write(made)
    return made


def stored() -> list[Seal]:
    """Those in the database, oldest first."""
    rows = AuditSeal.objects.order_by("seq").values_list("seq", "at", "head", "count", "mac")
    return [Seal(seq, chain.instant(at), head, count, mac) for seq, at, head, count, mac in rows]


def files() -> Iterator[tuple[str, Seal | None]]:
    """Those in the second place by name; None where a file cannot be read as a seal."""
    for path in sorted(settings.AUDIT_CHECKPOINT_DIR.glob("*.json")):
        try:
            yield path.name, Seal(**json.loads(path.read_text()))
        except (OSError, ValueError, TypeError):
            yield path.name, None


def _sign(seq: int, at: str, head: str, count: int) -> str:
    return chain.sign(key=key(), what="seal", seq=seq, at=at, head=head, count=count)


def _write(made: Seal) -> None:
    """Whole or not at all; an existing file is never replaced."""
    folder: Path = settings.AUDIT_CHECKPOINT_DIR
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        half = folder / f".{made.file}.{os.getpid()}"
        half.write_text(chain.canonical(asdict(made)))
        os.link(half, folder / made.file)
        half.unlink()
    except OSError as problem:
        raise NotWritten(
            f"The seal of the audit log could not be written to {folder} ({type(problem).__name__}). "
            "Make room there or set AUDIT_CHECKPOINT_DIR, then run the nightly job again."
        ) from None
