"""A member's address for a channel, and what is kept of one that did not work. Pure."""

import hashlib
import re

from imis_ai.governance.models import Channel
from imis_ai.mirror.contact import Person

_EMAIL = re.compile(r"[^@\s<>,;:\"()\[\]]{1,64}@[A-Za-z0-9.-]{1,190}\.[A-Za-z]{2,24}")
_PHONE = re.compile(r"\+?\d{7,15}")


def of(person: Person, channel: str) -> str:
    """Empty where there is none that works."""
    if channel == Channel.EMAIL:
        address = person.email.strip()
        return address if _EMAIL.fullmatch(address) and address.isascii() else ""
    if channel == Channel.SMS:
        number = re.sub(r"[\s()./\-]", "", person.phone)
        return number if _PHONE.fullmatch(number) else ""
    return person.imis_id


def digest(address: str) -> str:
    """Enough to know the address again, not enough to read it."""
    return hashlib.sha256(address.strip().casefold().encode()).hexdigest()
