"""The signed link of every message: stop, or reach a person. Whoever holds it speaks for that member."""

from datetime import datetime

from django.conf import settings
from django.core import signing
from django.db import transaction

from imis_ai.governance.messages import ledger
from imis_ai.governance.models import Channel, ContactEntry, ContactEvent, OptOut, StaffItem

SALT = "imis_ai.messages.stop"
THIS_KIND, CHANNEL, EVERYTHING = "kind", "channel", "all"
SOURCE = "stop page"


class BadLink(Exception):
    """The link is not one of ours, or its message is not known any more."""


def token(reference: str) -> str:
    """No expiry: a member may want to stop years later. Only the reference of one message stands in it."""
    return signing.Signer(salt=SALT, sep=".").sign(reference)


def link(reference: str) -> str:
    return f"{settings.SITE_URL}/stop/{token(reference)}/"


def entry_of(token: str) -> ContactEntry:
    """The message that the link came with. Raises BadLink."""
    try:
        reference = signing.Signer(salt=SALT, sep=".").unsign(token)
    except signing.BadSignature:
        raise BadLink("This link is not complete. Use the link in the message, or reply to it.") from None
    found = ContactEntry.objects.filter(reference=reference).first()
    if found is None:
        raise BadLink("The message behind this link is not known here any more.")
    return found


def choices(entry: ContactEntry) -> list[tuple[str, str]]:
    """What can be stopped, in words for the member."""
    nouns = {Channel.EMAIL: "e-mails", Channel.SMS: "text messages"}
    found = [(THIS_KIND, "Messages with news, invitations and offers")]
    if noun := nouns.get(Channel(entry.channel)):
        found.append((CHANNEL, f"All {noun} from this system"))
    return [*found, (EVERYTHING, "Every message from this system, by any channel")]


@transaction.atomic
def stop(*, entry: ContactEntry, choice: str, now: datetime, source: str = SOURCE) -> OptOut:
    """From now on nothing of it leaves; what is approved already is stopped. Twice changes nothing."""
    if choice == THIS_KIND:
        kind, channel = OptOut.Kind.NO_MARKETING, ""
    elif choice == CHANNEL and entry.channel != Channel.PORTAL:
        kind, channel = OptOut.Kind.CHANNEL, entry.channel
    else:
        kind, channel = OptOut.Kind.CHANNEL, ""
    made = ledger.opt_out(imis_id=entry.imis_id, kind=kind, channel=channel, source=source, now=now)
    ledger.came_back(entry=entry, kind=ContactEvent.Kind.STOP, key=f"{kind}:{channel}", at=now, now=now)
    return made


@transaction.atomic
def ask_for_a_person(*, entry: ContactEntry, text: str, now: datetime) -> StaffItem:
    """Puts the member before staff; asking again adds what was written."""
    key = entry.reference or str(entry.pk)
    item = ledger.call_a_person(
        imis_id=entry.imis_id, why=StaffItem.Why.ASKED, key=key, now=now, entry=entry, text=text
    )
    if item.done_at or (text and text not in item.text):
        item = ledger.ask_again(item=item, text=text, now=now)
    ledger.came_back(entry=entry, kind=ContactEvent.Kind.ASKED, key=key, at=now, now=now)
    return item
