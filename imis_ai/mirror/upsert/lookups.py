"""Keys to primary keys, remembered between the batches of one run; members also by their aliases."""

import hashlib
import hmac
import uuid
from collections.abc import Collection, Iterable, Sequence

from django.conf import settings
from django.db import connection, models

from imis_ai.mirror.models import Chapter, ErasedKey, Member, MemberAlias, Tier
from imis_ai.mirror.upsert import encode

MOST_REMEMBERED = 1_000_000
_blake, _to_int = hashlib.blake2b, int.from_bytes


class Lookups:
    """One per run. Valid while the lease's epoch stays: merges and erasures raise it, `start` forgets."""

    def __init__(self) -> None:
        self.epoch = -1
        self.dirty: set[int] = set()
        self._forget()

    def _forget(self) -> None:
        self._ids: dict[type[models.Model], dict[str, int]] = {}
        self._codes: dict[type[models.Model], set[str]] = {}
        self._aliases: dict[str, str] | None = None
        self._erased: set[bytes] | None = None

    def start(self, epoch: int) -> None:
        """Begin a batch in the transaction that holds the lease's row."""
        if epoch != self.epoch:
            self._forget()
            self.epoch = epoch

    def ids(self, model: type[models.Model], keys: Iterable[str]) -> dict[str, int]:
        """Known primary keys; may hold more than was asked for. Unknown keys are simply missing."""
        known = self._ids.setdefault(model, {})
        missing = [key for key in set(keys).difference(known) if key and key.isprintable()]
        if missing:
            if len(known) > MOST_REMEMBERED:
                known.clear()
            known |= self._member_ids(missing) if model is Member else _ids_by_key(model, missing)
        return known

    def _member_ids(self, keys: Sequence[str]) -> dict[str, int]:
        aliases = self.aliases()
        retained = (
            {key: self.retained(key) for key in keys} if aliases else dict(zip(keys, keys, strict=True))
        )
        found = _ids_by_key(Member, list(set(retained.values())))
        return {key: found[target] for key, target in retained.items() if target in found}

    def aliases(self) -> dict[str, str]:
        """Discarded imis_id -> the one it was merged into."""
        if self._aliases is None:
            self._aliases = dict(MemberAlias.objects.values_list("imis_id", "retained_imis_id"))
        return self._aliases

    def retained(self, imis_id: str) -> str:
        return self.aliases().get(imis_id, imis_id)

    def is_erased(self, imis_id: str) -> bool:
        """Whether this person was erased here: their data must not come back."""
        if self._erased is None:
            self._erased = {bytes(digest) for digest in ErasedKey.objects.values_list("digest", flat=True)}
        return bool(self._erased) and erasure_digest(imis_id) in self._erased

    def add_codes(self, model: type[Chapter] | type[Tier], codes: Collection[str]) -> None:
        """Create chapters or tiers that are named somewhere before their own feed told of them."""
        known = self._codes.get(model)
        if known is None:
            known = self._codes[model] = set(model.objects.values_list("code", flat=True))
        if new := set(codes) - known - {""}:
            model.objects.bulk_create([model(code=code, name=code) for code in new], ignore_conflicts=True)
            known |= new


def code(value: str) -> str:
    """A chapter or tier code as it is stored."""
    return encode.clean(value, 60)


def erasure_digest(imis_id: str) -> bytes:
    """What is kept of an erased person: enough to refuse them, not enough to name them."""
    return hmac.digest(settings.ERASURE_KEY.encode(), imis_id.encode(errors="replace"), "sha256")


def pseudonym(imis_id: str, salt: uuid.UUID) -> uuid.UUID:
    """The only identity that features and models see; without the salt nobody can compute it again."""
    message = f"{imis_id}|{salt}".encode(errors="replace")
    return uuid.UUID(bytes=hmac.digest(settings.PSEUDONYM_KEY.encode(), message, "sha256")[:16], version=5)


def row_hash(encoded: bytes) -> int:
    return _to_int(_blake(encoded, digest_size=8).digest(), "big", signed=True) or 1


def _ids_by_key(model: type[models.Model], keys: Sequence[str]) -> dict[str, int]:
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT key, id FROM {model._meta.db_table} WHERE key = ANY(%s)",  # noqa: S608, SLF001  our own name
            [list(keys)],
        )
        return dict(cursor.fetchall())
