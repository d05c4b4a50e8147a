"""What members send back: replies, bounces, wishes to stop. Read from .eml, matched by our reference."""

import email
import re
from dataclasses import dataclass
from datetime import datetime
from email.message import EmailMessage, Message
from email.policy import default
from email.utils import parseaddr, parsedate_to_datetime
from hashlib import sha256

from django.db import transaction

from imis_ai.governance.messages import ledger, stop
from imis_ai.governance.models import Channel, ContactEntry, ContactEvent, OptOut, StaffItem
from imis_ai.imis import records
from imis_ai.imis.text import clean_line, clean_text
from imis_ai.mirror import actions, contact

FEED = "replies"
LARGEST = 25 * 1024 * 1024
LONGEST_READ = 32 * 1024
_REFERENCE = re.compile(r"IAI-[0-9A-Z]{13}")
_STOP_ALONE = re.compile(
    r"\W*(?:please |pls )?(?:stop|stopall|unsubscribe|cancel|end|quit|remove|opt ?out)\W*"
)
_STOP_WORDS = re.compile(
    r"\b(?:unsubscribe(?: me)?|opt(?:ing)?[ -]?(?:me )?out|take me off|remove me|"
    r"stop (?:sending|e-?mailing|texting|writing|contacting|these)|"
    r"(?:do not|don't|no longer) (?:wish to |want to )?(?:receive|contact|e-?mail|text|write|get)|"
    r"no more (?:e-?mails|messages|texts|mail))\b"
)
_BLANKS = re.compile(r"\n\s*\n")
PARSED = 1500
SHORT = 400  # characters; in a long letter such words may speak of something else


@dataclass(frozen=True)
class Incoming:
    """One message as it was read. `status` is that of a delivery report, such as 5.1.1."""

    key: str
    reference: str
    sender: str
    at: datetime
    subject: str
    text: str
    is_automatic: bool
    status: str = ""


@dataclass
class Imported:
    """Counts of one run."""

    read: int = 0
    replies: int = 0
    automatic: int = 0
    bounces: int = 0
    stops: int = 0
    unmatched: int = 0
    repeated: int = 0


class Unreadable(Exception):
    """It is not a message; the text says why."""


def read(data: bytes, *, now: datetime) -> Incoming:
    """Parse one .eml. Raises Unreadable."""
    if len(data) > LARGEST:
        raise Unreadable(f"It is larger than {LARGEST // 1024 // 1024} MB.")
    message = email.message_from_bytes(data, policy=default)
    if not isinstance(message, EmailMessage) or not message.keys():
        raise Unreadable("It is not an e-mail.")
    report = _report(message)
    whole = "\n".join(part for part in (_headers(message), report) if part)
    found = _REFERENCE.search(whole)
    own_id = _header(message, "Message-ID") or sha256(data).hexdigest()
    return Incoming(
        key=sha256(own_id.encode()).hexdigest()[:40],
        reference=found[0] if found else "",
        sender=parseaddr(_header(message, "From"))[1],
        at=_when(message, now),
        subject=clean_line(_header(message, "Subject")),
        text=_own_words(message),
        is_automatic=_is_automatic(message),
        status=_status(report) if report else "",
    )


def take(*, incoming: Incoming, now: datetime, count: Imported) -> None:
    """Store what came in, once: words in the mirror, the ledger, wishes to stop, an item for staff."""
    count.read += 1
    entry = ContactEntry.objects.filter(reference=incoming.reference).first() if incoming.reference else None
    if entry is None:
        _unmatched(incoming, now, count)
    elif incoming.status:
        _bounce(entry, incoming, now, count)
    else:
        _reply(entry, incoming, now, count)


def wants_to_stop(text: str) -> bool:
    """Whether a member says in so many words that messages should end."""
    flat = " ".join(text.casefold().replace("\u2019", "'").split())
    return bool(_STOP_ALONE.fullmatch(flat) or (len(flat) <= SHORT and _STOP_WORDS.search(flat)))


@transaction.atomic
def _reply(entry: ContactEntry, incoming: Incoming, now: datetime, count: Imported) -> None:
    kind = ContactEvent.Kind.AUTO_REPLY if incoming.is_automatic else ContactEvent.Kind.REPLY
    if not ledger.came_back(entry=entry, kind=kind, key=incoming.key, at=incoming.at, now=now):
        count.repeated += 1
        return
    if incoming.is_automatic:
        count.automatic += 1
        return
    count.replies += 1
    if _is_from(entry, incoming.sender):
        _keep(entry.imis_id, incoming, now)
    if wants_to_stop(incoming.text) or wants_to_stop(incoming.subject):
        count.stops += 1
        stop.stop(entry=entry, choice=stop.CHANNEL, now=now, source="reply")
    else:
        _for_staff(entry.imis_id, entry, incoming, now)


@transaction.atomic
def _bounce(entry: ContactEntry, incoming: Incoming, now: datetime, count: Imported) -> None:
    is_hard = incoming.status.startswith("5")
    kind = ContactEvent.Kind.BOUNCE if is_hard else ContactEvent.Kind.SOFT_BOUNCE
    if not ledger.came_back(entry=entry, kind=kind, key=incoming.key, at=incoming.at, now=now):
        count.repeated += 1
        return
    count.bounces += 1
    if not is_hard:
        return
    text = f"The mail server answered {incoming.status}."
    ledger.unusable(entry=entry, source="bounce", text=text, now=now)


@transaction.atomic
def _unmatched(incoming: Incoming, now: datetime, count: Imported) -> None:
    """Not an answer to a message of ours; a wish to stop counts all the same, for whoever has the address."""
    count.unmatched += 1
    if incoming.status or incoming.is_automatic:
        return
    members = contact.by_email(incoming.sender)
    if members and wants_to_stop(incoming.text):
        count.stops += 1
        for imis_id in members:
            ledger.opt_out(
                imis_id=imis_id, kind=OptOut.Kind.CHANNEL, channel=Channel.EMAIL, source="reply", now=now
            )
        return
    if len(members) == 1:
        _keep(members[0], incoming, now)
    _for_staff(members[0] if len(members) == 1 else "", None, incoming, now)


def _is_from(entry: ContactEntry, sender: str) -> bool:
    """Whether the words are the member's own: anybody can write to our address and quote a reference."""
    person = contact.people([entry.imis_id]).get(entry.imis_id)
    return person is not None and person.email.casefold() == sender.casefold() != ""


def _keep(imis_id: str, incoming: Incoming, now: datetime) -> None:
    """As a text of the member, like any other that is read from iMIS."""
    text = records.Text(
        key=f"reply:{incoming.key}",
        member=imis_id,
        source="email",
        at=incoming.at,
        subject=incoming.subject,
        body=incoming.text or incoming.subject,
        reference=incoming.reference,
    )
    actions.save(records=[text], feed=FEED, now=now)


def _for_staff(imis_id: str, entry: ContactEntry | None, incoming: Incoming, now: datetime) -> None:
    ledger.call_a_person(
        imis_id=imis_id,
        why=StaffItem.Why.REPLIED,
        key=incoming.key,
        now=now,
        entry=entry,
        text=incoming.text[:4000],
    )


def _headers(message: EmailMessage) -> str:
    names = ("In-Reply-To", "References", "X-Failed-Recipients", "To", "Subject")
    return "\n".join(_header(message, name) for name in names)


def _header(message: Message, name: str) -> str:
    """As text; a header that cannot be read counts as empty."""
    try:
        return str(message.get(name, ""))
    except (ValueError, IndexError, TypeError, AttributeError, RecursionError):
        return ""


def _report(message: EmailMessage) -> str:
    """A delivery report with the headers of what it is about; empty for an ordinary message."""
    is_report = message.get_content_type() == "multipart/report" or "X-Failed-Recipients" in message
    if not is_report:
        return ""
    kinds = ("message/delivery-status", "message/rfc822", "text/rfc822-headers", "text/plain")
    parts = [part for part in message.walk() if part.get_content_type() in kinds]
    return "\n".join(part.as_string()[:LONGEST_READ] for part in parts)


def _status(report: str) -> str:
    """5.x.x for good, 4.x.x for now. A report about a delivery that went well has none."""
    if re.search(r"(?mi)^Action:\s*(?:delivered|relayed|expanded)", report):
        return "2.0.0"
    found = re.search(r"(?mi)^Status:\s*([245]\.\d{1,3}\.\d{1,3})", report)
    return found[1] if found else "5.0.0"


def _is_automatic(message: EmailMessage) -> bool:
    auto = _header(message, "Auto-Submitted").casefold()
    return (
        auto.startswith("auto-")
        or "X-Autoreply" in message
        or _header(message, "X-Auto-Response-Suppress").casefold() == "all"
        or _header(message, "Precedence").casefold() in ("auto_reply", "bulk", "list")
    )


def _when(message: EmailMessage, now: datetime) -> datetime:
    """What the sender says, unless that lies ahead of us or has no zone."""
    try:
        at = parsedate_to_datetime(_header(message, "Date"))
    except (ValueError, TypeError, IndexError):
        return now
    return at if at.tzinfo and at <= now else now


def _own_words(message: EmailMessage) -> str:
    """The plain text without what is quoted and without the signature."""
    part = message.get_body(preferencelist=("plain", "html"))
    if part is None:
        return ""
    try:
        text = part.get_content()
    except (LookupError, ValueError, KeyError):
        text = (part.get_payload(decode=True) or b"").decode("utf-8", "replace")
    if part.get_content_type() == "text/html":
        text = re.sub(r"(?s)<(?:style|script|blockquote).*?</(?:style|script|blockquote)>|<[^>]+>", " ", text)
    return _unquoted(clean_text(str(text)[:LONGEST_READ]))


def _unquoted(text: str) -> str:
    """Without the quoted message. The parser's patterns are not linear, so it sees a short text only."""
    from mailparser_reply import EmailReplyParser  # noqa: PLC0415  slow import

    lines = [line.strip() for line in _BLANKS.sub("\n\n", text).split("\n")]
    quoted = next((number for number, line in enumerate(lines) if line.startswith(">")), len(lines))
    own = "\n".join(lines[:quoted]).strip()
    start = own[:PARSED]
    reply = EmailReplyParser(languages=["en", "de", "fr", "es"]).parse_reply(text=start) or ""
    is_cut = len(reply.strip()) < len(start.strip())
    return (reply if is_cut else own).strip()
