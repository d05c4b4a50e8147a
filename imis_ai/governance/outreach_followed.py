"""What became of drafts: who approved, whether and when it left, and what the member did then. Reads only."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from imis_ai.governance.experiments import labels
from imis_ai.governance.experiments.labels import Label
from imis_ai.governance.messages.contact import OUT
from imis_ai.governance.models import WHO, ContactEntry, Decision, Proposal


@dataclass(frozen=True)
class Followed:
    """Empty and None where it did not come so far."""

    approver: str = ""
    approved_at: datetime | None = None
    sent_at: datetime | None = None
    label: Label | None = None


def of(*, found: Collection[Proposal], area: str, now: datetime) -> dict[int, Followed]:
    """By proposal. Ten queries, however many."""
    ids = [each.pk for each in found]
    approved = Decision.objects.filter(proposal__in=ids, what=Decision.What.APPROVE).select_related(*WHO)
    by = {each.proposal_id: (each.who(), each.at) for each in approved.order_by("pk")}
    sent = ContactEntry.objects.filter(proposal__in=ids, state__in=OUT, sent_at__isnull=False)
    entries = {each.proposal_id: each for each in sent.order_by("pk")}
    first = min((each.sent_at for each in entries.values() if each.sent_at), default=None)
    after = {each.contact: each for each in labels.rows(since=first, now=now, area=area)} if first else {}
    return {
        pk: Followed(
            *by.get(pk, ("", None)),
            entries[pk].sent_at if pk in entries else None,
            after.get(entries[pk].pk) if pk in entries else None,
        )
        for pk in ids
    }
