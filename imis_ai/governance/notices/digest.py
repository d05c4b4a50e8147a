"""The daily e-mail: how many things wait and where, once a day per person, and nothing about anybody.

As with all that leaves: claimed, sent, settled. A row is kept before the mail is handed over. What the server
refused certainly did not leave and is tried again; where its answer was lost, or the job was killed, nobody
knows, so it is not sent again: the person is told by the bell, and administrators how many.
"""

import logging
import smtplib
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.core.mail import EmailMessage, get_connection
from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.timezone import localtime

from imis_ai.accounts.models import User
from imis_ai.governance import audit
from imis_ai.governance.models import Digest, Notification, Proposal
from imis_ai.governance.outbox import listing
from imis_ai.governance.proposals import inbox
from imis_ai.governance.proposals.states import OPEN
from imis_ai.mirror import queries as mirror
from imis_ai.ui import words

EVERY = 30.0  # seconds between two looks of one dispatcher
SETTLE = timedelta(minutes=15)  # longer than any handing over takes
MOST_LOST = 3  # answers lost one after the other; then the server is not asked again in this run
NOT_TAKEN = (
    smtplib.SMTPRecipientsRefused,
    smtplib.SMTPSenderRefused,
    smtplib.SMTPDataError,
    smtplib.SMTPConnectError,
    smtplib.SMTPHeloError,
    smtplib.SMTPAuthenticationError,
)
_looked = {"at": -EVERY}

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Line:
    """One thing that waits: how many, in words, and where."""

    name: str
    number: int
    text: str
    address: str


@dataclass
class Sent:
    """Counts of one run. `unclear`: today's of which nobody knows whether they arrived, whoever sent them."""

    sent: int = 0
    empty: int = 0
    failed: int = 0
    unclear: int = 0


def is_due(now: datetime) -> bool:
    """Whether somebody's hour has come today; the dispatcher asks each second, and looks twice a minute."""
    if time.monotonic() - _looked["at"] < EVERY:
        return False
    _looked["at"] = time.monotonic()
    return to_send(now).exists()


def to_send(now: datetime) -> QuerySet[User]:
    """Whose chosen hour of the association's day has come, and who has no digest of that day yet."""
    local = localtime(now)
    done = Digest.objects.filter(on=local.date()).values("person")
    people = User.objects.filter(is_active=True, digest_hour__lte=local.hour).exclude(email="")
    return people.exclude(pk__in=done).order_by("pk")


def send_due(*, now: datetime, checkpoint: Callable[[], None] = lambda: None) -> Sent:
    """One mail after the other over one connection. Raises what opening the connection raises.

    A connection whose answer was lost is not used again.
    """
    settle(now=now)
    count, lost = Sent(unclear=_unclear(now)), 0
    people = list(to_send(now))
    while people and lost < MOST_LOST:
        with get_connection() as connection:
            while people:
                checkpoint()
                if not _send(people.pop(0), connection, now, count):
                    lost += 1
                    break
                lost = 0
    return count


def settle(*, now: datetime) -> int:
    """What was handed over by a run that ended before it knew: unknown from now on; returns how many."""
    stuck = Digest.objects.filter(state=Digest.State.SENDING, claimed_at__lt=now - SETTLE)
    return sum(_unknown(each, now) for each in stuck.select_related("person"))


def lines(*, person: User, now: datetime) -> list[Line]:
    """What waits for this person, as numbers."""
    return [line for line in _lines(person, now) if line.number]


def _lines(person: User, now: datetime) -> Iterator[Line]:
    approvals = reverse("approvals")
    if person.may("approvals.read"):
        waiting = inbox.waiting_for(viewer=person, now=now)
        due = waiting.filter(due_at__lte=inbox.end_of_day(now)).count()
        mine = Proposal.objects.filter(assigned_to=person, state__in=OPEN).count()
        yield Line("due", due, "suggestions due today", f"{approvals}?due=today")
        yield Line("approvals", waiting.count(), "suggestions wait for your yes", approvals)
        yield Line("assigned", mine, "asked of you by name", approvals)
    if person.may("outbox.act"):
        refused = listing.refused().count()
        yield Line(
            "refused", refused, "entries refused by iMIS or stopped", f"{reverse('outbox')}?tab=refused"
        )
    if person.may("data.run"):
        late = mirror.freshness(now).level in ("late", "failed")
        yield Line("feeds", int(late), "warning about the age of the data", reverse("data"))
    unread = Notification.objects.filter(person=person, read_at=None).count()
    yield Line("unread", unread, "notifications not read yet", reverse("notifications"))


def _send(person: User, connection: Any, now: datetime, count: Sent) -> bool:
    """False where the answer was lost: the connection may be dead, and the mail may have left."""
    found = lines(person=person, now=now)
    claimed = _claim(person, found, now)
    if claimed is None:  # another run has it
        return True
    if not found:
        count.empty += 1
        return True
    try:
        connection.send_messages([_message(person, found, claimed, now)])
    except NOT_TAKEN as refusal:  # certainly not sent: the next run tries again
        claimed.delete()
        count.failed += 1
        log.warning("digest of person %s not taken (%s)", person.pk, type(refusal).__name__)
        return True
    except OSError as problem:  # what smtplib raises too where the line broke
        count.unclear += _unknown(claimed, now)
        log.warning("digest of person %s: answer lost (%s)", person.pk, type(problem).__name__)
        return False
    with transaction.atomic():
        Digest.objects.filter(pk=claimed.pk).update(state=Digest.State.SENT, sent_at=now)
        audit.record(
            action="digest.sent",
            by=None,
            now=now,
            about=("person", person.username),
            detail={"on": claimed.on.isoformat(), "counts": claimed.counts},
        )
    count.sent += 1
    return True


@transaction.atomic
def _unknown(claimed: Digest, now: datetime) -> bool:
    """Not sent again, and told: see `sources.unclear_mail`."""
    state = Digest.State
    if not Digest.objects.filter(pk=claimed.pk, state=state.SENDING).update(state=state.UNKNOWN):
        return False
    audit.record(
        action="digest.unknown",
        by=None,
        now=now,
        about=("person", claimed.person.username),
        detail={"on": claimed.on.isoformat(), "counts": claimed.counts},
    )
    return True


def _claim(person: User, found: list[Line], now: datetime) -> Digest | None:
    state = Digest.State.SENDING if found else Digest.State.EMPTY
    try:
        with transaction.atomic():
            return Digest.objects.create(
                person=person,
                on=localtime(now).date(),
                state=state,
                counts={line.name: line.number for line in found},
                claimed_at=now,
            )
    except IntegrityError:
        return None


def _unclear(now: datetime) -> int:
    lost = (Digest.State.SENDING, Digest.State.UNKNOWN)
    return Digest.objects.filter(on=localtime(now).date(), state__in=lost).count()


def _message(person: User, found: list[Line], claimed: Digest, now: datetime) -> EmailMessage:
    """Counts and links. The same Message-ID for the same person and day, whoever sends it."""
    site = settings.SITE_URL.rstrip("/")
    context = {
        "association": settings.ASSOCIATION,
        "day": words.long_date(claimed.on, claimed.on),
        "lines": [(line, site + line.address) for line in found],
        "settings": site + reverse("account"),
    }
    host = settings.DEFAULT_FROM_EMAIL.rpartition("@")[2].strip("> ") or "localhost.invalid"
    return EmailMessage(
        f"{settings.ASSOCIATION}: what waits for you on {context['day']}",
        render_to_string("governance/notices/digest.txt", context),
        to=[person.email],
        headers={
            "Message-ID": f"<digest-{claimed.on.isoformat()}-{person.pk}@{host}>",
            "Auto-Submitted": "auto-generated",
        },
    )
