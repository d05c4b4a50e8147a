"""How a token is made and recognised: a prefix that secret scanners find, a public part, 256 random bits."""

import hashlib
import re
import secrets
from typing import NamedTuple

PREFIX = "imisai"
SHAPE = re.compile(rf"{PREFIX}_([0-9a-f]{{12}})_[\w-]{{43}}", re.ASCII)


class Token(NamedTuple):
    public: str
    text: str  # shown once
    digest: str  # kept


def new() -> Token:
    public = secrets.token_hex(6)
    text = f"{PREFIX}_{public}_{secrets.token_urlsafe(32)}"
    return Token(public, text, digest_of(text))


def public_of(text: str) -> str:
    """The part that names the client; empty for what is no token of ours."""
    found = SHAPE.fullmatch(text)
    return found[1] if found else ""


def digest_of(text: str) -> str:
    """A plain hash is enough: nobody guesses 256 random bits."""
    return hashlib.sha256(text.encode()).hexdigest()
