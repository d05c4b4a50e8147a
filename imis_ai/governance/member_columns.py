"""What governance adds to the list of members: the last contact, and what is open."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import CharField, Count, Max, OuterRef, QuerySet, Subquery, Value

from imis_ai.accounts.models import User
from imis_ai.governance import proposals
from imis_ai.governance.models import ContactEntry, StaffItem
from imis_ai.governance.proposals.states import OPEN


@dataclass
class Cell:
    """`open`: suggestions about the member and items that wait for a person."""

    last_contact: datetime | None = None
    open: int = 0


def cells(viewer: User, members: Sequence[Any]) -> dict[int, Cell]:
    """By the member's key. One query."""
    numbers = [member.imis_id for member in members]
    sent = ContactEntry.objects.filter(imis_id__in=numbers, sent_at__isnull=False)
    items = StaffItem.objects.filter(imis_id__in=numbers, done_at=None)
    asked = proposals.visible(viewer=viewer).filter(imis_id__in=numbers, state__in=OPEN)
    parts = [
        _by_member(sent, "sent", Max("sent_at")),
        _by_member(items, "item", Max("opened_at")),
        _by_member(asked, "proposal", Max("created_at")),
    ]
    found: dict[str, Cell] = defaultdict(Cell)
    for imis_id, what, number, at in parts[0].union(*parts[1:], all=True):
        if what == "sent":
            found[imis_id].last_contact = at
        else:
            found[imis_id].open += number
    return {member.pk: found[member.imis_id] for member in members if member.imis_id in found}


def by_last_contact(members: QuerySet) -> QuerySet:
    """Annotates `order`."""
    newest = ContactEntry.objects.filter(imis_id=OuterRef("imis_id"), sent_at__isnull=False)
    return members.annotate(order=Subquery(newest.order_by("-sent_at").values("sent_at")[:1]))


def line(cell: Cell | None) -> list[object]:
    """As an export has it."""
    return [cell.last_contact, cell.open] if cell else [None, 0]


def _by_member(rows: QuerySet, what: str, at: Max) -> QuerySet:
    kind = Value(what, CharField())
    grouped = (
        rows.order_by().values("imis_id").annotate(its_kind=kind, its_n=Count("pk", distinct=True), its_at=at)
    )
    return grouped.values_list("imis_id", "its_kind", "its_n", "its_at")
