"""How a link is made: canonical bytes, commitment, keyed hash. Pure; `verifier.py` repeats it on its own."""

import hashlib
import hmac
import json
import math
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

GENESIS = "0" * 64
FIELDS = (
    "seq",
    "at",
    "actor_id",
    "actor",
    "role",
    "action",
    "object_type",
    "object_id",
    "subject",
    "versions",
    "commitment",
    "prev",
)


_encode = json.JSONEncoder(
    sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False
).encode  # made once: it is half of the cost of checking the log


def canonical(value: Any) -> str:
    """JSON with sorted keys and no spaces. The value has passed `plain`."""
    return _encode(value)


def plain(value: Any) -> Any:
    """The value in what JSON and the database can hold; an odd value must never stop the act it records."""
    if value is None or isinstance(value, bool | int):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, Mapping):
        return {clean(key): plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    if isinstance(value, set | frozenset):
        return sorted((plain(item) for item in value), key=str)
    return clean(value.isoformat() if hasattr(value, "isoformat") else value)


def clean(value: Any) -> str:
    """Text without NUL and lone surrogates, which PostgreSQL refuses."""
    return str(value).replace("\0", "").encode("utf-8", "replace").decode()


def commitment(*, nonce: str, imis_id: str, detail: str) -> str:
    """SHA-256 of the nonce and the canonical JSON of what stands aside; `detail` is canonical already."""
    aside = f'{{"detail":{detail},"imis_id":{canonical(imis_id)}}}'
    return hashlib.sha256(bytes.fromhex(nonce) + aside.encode()).hexdigest()


def link(fields: Mapping[str, Any]) -> str:
    """SHA-256 of every column, the link before included. Anyone can repeat it; `sign` needs the key."""
    named = {name: fields[name] for name in FIELDS} | {"at": instant(fields["at"])}
    return hashlib.sha256(canonical(named).encode()).hexdigest()


def sign(*, key: bytes, what: str, **fields: str | int) -> str:
    """A keyed hash, so that who rewrites entries, head or seals without the key is found."""
    return hmac.digest(key, canonical({"what": what, **fields}).encode(), "sha256").hex()


def instant(at: datetime | str) -> str:
    return at if isinstance(at, str) else at.astimezone(UTC).isoformat(timespec="microseconds")
