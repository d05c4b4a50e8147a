"""Signed pages for members that a message opens, besides the stop page: a domain registers its own."""

from django.conf import settings
from django.core import signing

from imis_ai.governance.models import ContactEntry

WORDS: dict[str, str] = {}


class BadLink(Exception):
    """The link is not one of ours, or its message is not known any more."""


def register(page: str, words: str) -> None:
    """`words` stand before the link in the message."""
    WORDS[page] = words


def line(*, page: str, reference: str) -> str:
    """What a message with such a page says below its text."""
    return f"{WORDS[page]}: {settings.SITE_URL}/{page}/{_signer(page).sign(reference)}/"


def proposal_of(*, page: str, token: str) -> int:
    """The decision that the message was sent by. Raises BadLink."""
    try:
        reference = _signer(page).unsign(token)
    except signing.BadSignature:
        raise BadLink("This link is not complete. Use the link in the message, or reply to it.") from None
    found = ContactEntry.objects.filter(reference=reference).values_list("proposal", flat=True).first()
    if found is None:
        raise BadLink("The message behind this link is not known here any more.")
    return found


def _signer(page: str) -> signing.Signer:
    return signing.Signer(salt=f"imis_ai.messages.{page}", sep=".")
