"""Whether anything may be read from this iMIS at all: not before a person has signed for it (the demo aside).

Who signs and what stands on the sheet is governance's; it registers here how to ask.
"""

from collections.abc import Callable
from urllib.parse import urlsplit

from django.conf import settings

from imis_ai.imis.errors import NotConfigured

LOCAL = ("localhost", "127.0.0.1", "::1")
_sources: list[Callable[[str], bool]] = []


class NotSigned(NotConfigured):
    """Nobody has answered for reading this iMIS yet."""


def signed_from(source: Callable[[str], bool]) -> None:
    """`source(address)` says whether the checklist for this address is signed."""
    _sources[:] = [source]


def address_of(url: str) -> str:
    """What a signature is for: the scheme and the host, whatever the path."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}".lower() if parts.netloc else ""


def is_exempt() -> bool:
    """The demo, and a sandbox on this machine: a system marked as a test system under a local address.

    A test system elsewhere often holds a copy of real members, so it is signed for like any other.
    """
    host = urlsplit(settings.IMIS_URL).hostname or ""
    return settings.DEMO or (settings.IMIS_IS_TEST_SYSTEM and host in LOCAL)


def is_given() -> bool:
    address = address_of(settings.IMIS_URL)
    return is_exempt() or any(source(address) for source in _sources)


def refuse_unsigned() -> None:
    """Raises NotSigned."""
    if not is_given():
        raise NotSigned(
            f"Nothing is read from {address_of(settings.IMIS_URL)} before the privacy checklist is signed. "
            "An administrator signs it under Connection, First run (/welcome/)."
        )
