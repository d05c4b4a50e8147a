"""Models as bytes: skops with a fixed list of allowed types, sealed with SHA-256 and a keyed signature.

pickle and joblib run code on loading, so they are not used. The signature covers name, version and digest:
a file that was changed, made with another key, or put under another name or version is refused unread.
"""

import hashlib
import hmac
from typing import Any

from django.conf import settings

ALLOWED_TYPES = frozenset(
    {
        "sklearn.ensemble._hist_gradient_boosting.predictor.TreePredictor",
        "sklearn.calibration._CalibratedClassifier",
        "sklearn.tree._tree.Tree",
    }
)
LARGEST = 64 * 1024 * 1024  # bytes


class Refused(Exception):
    """The artefact may not be loaded; the text says why."""


def pack(model: Any) -> bytes:
    """The model as skops bytes. Raises Refused when it holds a type that could not be loaded again."""
    import skops.io

    data: bytes = skops.io.dumps(model)
    _check_types(data)
    return data


def unpack(data: bytes, *, name: str, version: str, digest: str, signature: str) -> Any:
    """The model in `data`. Raises Refused unless the seal is ours and every type is on the list."""
    import skops.io

    if len(data) > LARGEST:
        raise Refused(f"The file of {name} {version} is larger than {LARGEST // 2**20} MB. Train it again.")
    seal = sign(name=name, version=version, digest=hashlib.sha256(data).hexdigest())
    if not hmac.compare_digest(seal, signature) or hashlib.sha256(data).hexdigest() != digest:
        raise Refused(
            f"The file of {name} {version} does not carry our seal: it was changed. Train it again."
        )
    _check_types(data)
    return skops.io.loads(data, trusted=sorted(ALLOWED_TYPES))


def sign(*, name: str, version: str, digest: str) -> str:
    """Hexadecimal HMAC-SHA256 over name, version and digest with ARTEFACT_KEY."""
    message = "\n".join((name, version, digest)).encode()
    return hmac.new(settings.ARTEFACT_KEY.encode(), message, hashlib.sha256).hexdigest()


def _check_types(data: bytes) -> None:
    import skops.io

    if foreign := set(skops.io.get_untrusted_types(data=data)) - ALLOWED_TYPES:
        raise Refused(f"The model holds types that are not allowed: {', '.join(sorted(foreign))}.")
