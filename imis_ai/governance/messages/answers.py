"""Members who wait for a person: who asked, who replied, who cannot be reached. Reads only."""

from dataclasses import dataclass

from django.db.models import QuerySet

from imis_ai.accounts.models import User
from imis_ai.governance.models import StaffItem
from imis_ai.mirror import access, contact


@dataclass(frozen=True)
class Waiting:
    """One item with the member's name as the viewer may see it; empty for somebody unknown."""

    item: StaffItem
    name: str


def count(*, viewer: User) -> int:
    """How many items wait for this viewer."""
    return waiting_rows(viewer).count()


def waiting(*, viewer: User, start: int, stop: int) -> list[Waiting]:
    """One page of them, oldest first."""
    page = list(waiting_rows(viewer).order_by("opened_at", "pk")[start:stop])
    names = contact.visible(viewer, {item.imis_id for item in page if item.imis_id})
    return [Waiting(item, names.get(item.imis_id, "")) for item in page]


def one(*, viewer: User, pk: int) -> StaffItem | None:
    """The item, if it is for this viewer."""
    return waiting_rows(viewer, is_open=False).filter(pk=pk).first()


def waiting_rows(viewer: User, *, is_open: bool = True) -> QuerySet[StaffItem]:
    """Items for this viewer: a chapter manager's own members only."""
    rows = StaffItem.objects.filter(done_at=None) if is_open else StaffItem.objects.all()
    if viewer.role == User.Role.CHAPTER:
        return rows.filter(imis_id__in=access.numbers(viewer))
    return rows
