"""How far an approved proposal has come, from its outbox messages: nothing of it is stored twice."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count

from imis_ai.governance.models import OutboxMessage, Proposal

Out = OutboxMessage.State


@dataclass(frozen=True)
class Progress:
    """Numbers of messages by what staff call it."""

    waiting: int = 0
    sending: int = 0
    confirmed: int = 0
    refused: int = 0
    undone: int = 0

    @property
    def total(self) -> int:
        return self.waiting + self.sending + self.confirmed + self.refused + self.undone

    @property
    def word(self) -> str:
        """One state word for the whole."""
        for word in ("refused", "sending", "waiting", "confirmed", "undone"):
            if getattr(self, word):
                return {"refused": "refused by iMIS", "sending": "sent"}.get(word, word)
        return "confirmed"


def of(*, proposal: Proposal, now: datetime) -> Progress | None:
    """None while nothing was approved."""
    if proposal.state not in (Proposal.State.APPROVED, Proposal.State.UNDONE):
        return None
    counted = dict(
        OutboxMessage.objects.filter(proposal=proposal)
        .values_list("state")
        .annotate(n=Count("pk"))
        .order_by()
    )
    return Progress(
        waiting=counted.get(Out.QUEUED, 0),
        sending=counted.get(Out.SENDING, 0) + counted.get(Out.UNKNOWN, 0),
        confirmed=counted.get(Out.DONE, 0),
        refused=counted.get(Out.PARKED, 0) + counted.get(Out.DEAD, 0),
        undone=counted.get(Out.CANCELLED, 0),
    )
