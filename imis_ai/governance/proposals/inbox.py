"""Which proposals a person sees, which wait for them, and the filters of the list."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet
from django.db.models.expressions import Combinable
from django.utils.timezone import localdate, localtime

from imis_ai.accounts.models import User
from imis_ai.governance import kinds
from imis_ai.governance.models import Decision, Delegation, Proposal
from imis_ai.governance.proposals.states import OPEN, State
from imis_ai.mirror import access

TABS = {"mine": "For me", "asked": "I asked", "done": "Done", "all": "All"}
SEES_ALL = "approvals.all"
DUE = {"overdue": "Overdue", "today": "Today", "week": "Within 7 days"}
MACHINE = "imis_ai"  # who asked, where no person did
SORTS: dict[str, str] = {"due": "due_at", "age": "-created_at", "effect": "members"}


@dataclass(frozen=True)
class Filters:
    """As in the address; empty means any."""

    tab: str = "mine"
    kind: str = ""
    area: str = ""
    due: str = ""
    asked_by: str = ""
    sort: str = ""

    @property
    def is_narrowed(self) -> bool:
        return self != Filters(tab=self.tab, sort=self.sort)


def tabs_of(viewer: User) -> dict[str, str]:
    return {name: label for name, label in TABS.items() if name != "all" or viewer.may(SEES_ALL)}


def visible(*, viewer: User) -> QuerySet[Proposal]:
    """Proposals of kinds the viewer may read; a chapter manager's own members and chapters only."""
    names = [kind.name for kind in kinds.KINDS.values() if viewer.may(kind.reads)]
    found = Proposal.objects.filter(kind__in=names)
    if viewer.role != User.Role.CHAPTER:
        return found
    chapters = access.chapters_for(viewer).values("code")
    return found.filter(Q(chapter__in=chapters) | Q(imis_id__in=access.numbers(viewer)))


def of_kind(*, kind: str) -> QuerySet[Proposal]:
    """All proposals of one kind, newest first, for the app that carries them out."""
    return Proposal.objects.filter(kind=kind).order_by("-pk")


def waiting_for(*, viewer: User, now: datetime) -> QuerySet[Proposal]:
    """What this person can decide now: the right kind, not their own work, not approved by them already,
    not passed on to somebody else for the time being.
    """
    return visible(viewer=viewer).filter(_waits(viewer, now))


def asked_by(*, viewer: User) -> QuerySet[Proposal]:
    return visible(viewer=viewer).filter(_asked(viewer))


def decided(*, viewer: User) -> QuerySet[Proposal]:
    return visible(viewer=viewer).exclude(state__in=OPEN)


def counts(*, viewer: User, now: datetime) -> dict[str, int]:
    """How many each tab holds, in one query."""
    inside = {
        "mine": _waits(viewer, now),
        "asked": _asked(viewer),
        "done": ~Q(state__in=OPEN),
        "all": Q(),
    }
    return visible(viewer=viewer).aggregate(
        **{name: Count("pk", filter=inside[name]) for name in tabs_of(viewer)}
    )


def listed(*, viewer: User, filters: Filters, now: datetime) -> QuerySet[Proposal]:
    """The list of one tab, most urgent or newest first unless sorted otherwise."""
    found = _of_tab(viewer, filters.tab, now).filter(_narrowed(filters, now))
    return found.select_related("proposed_by", "assigned_to").order_by(*_order(filters))


def present(*, viewer: User, filters: Filters, now: datetime) -> list[dict[str, Any]]:
    """Which kinds, areas and askers the tab holds, to choose from."""
    found = _of_tab(viewer, filters.tab, now).order_by()
    people = ("proposed_by__first_name", "proposed_by__last_name", "proposed_by__username")
    return list(found.values("kind", "area", "proposed_by", *people).distinct()[:200])


def after(*, proposal_id: int, viewer: User, filters: Filters, now: datetime) -> int | None:
    """The item below this one in the list, else the one above; for going on after a decision."""
    numbers = list(listed(viewer=viewer, filters=filters, now=now).values_list("pk", flat=True)[:500])
    if proposal_id not in numbers:
        return None
    at = numbers.index(proposal_id)
    rest = numbers[at + 1 : at + 2] or numbers[max(at - 1, 0) : at]
    return rest[0] if rest else None


def _of_tab(viewer: User, tab: str, now: datetime) -> QuerySet[Proposal]:
    if tab == "asked":
        return asked_by(viewer=viewer)
    if tab == "done":
        return decided(viewer=viewer)
    if tab == "all" and viewer.may(SEES_ALL):
        return visible(viewer=viewer)
    return waiting_for(viewer=viewer, now=now)


def _waits(viewer: User, now: datetime) -> Q:
    names = [kind.name for kind in kinds.KINDS.values() if viewer.may(kind.decides)]
    approved = Decision.objects.filter(
        Q(by=viewer) | Q(on_behalf_of=viewer),
        what=Decision.What.APPROVE,
        version=F("proposal__version"),
        proposal__state=State.HALF,
    )
    due = Q(state__in=(State.SUGGESTED, State.HALF)) | Q(state=State.LATER, later_until__lte=now)
    is_own = Q(proposed_by=viewer, proposed_by__isnull=False)
    return (
        due
        & Q(kind__in=names)
        & ~Q(pk__in=approved.values("proposal"))
        & ~is_own
        & ~Q(_passed_on(viewer, now))
        & (Q(expires_at=None) | Q(expires_at__gt=now))
    )


def _passed_on(viewer: User, now: datetime) -> Exists:
    today = localdate(now)
    own = Delegation.objects.filter(person=viewer, from_on__lte=today, to_on__gte=today, ended_at=None)
    about = Q(area="") | Q(area=OuterRef("area"))
    return Exists(own.filter(about, Q(kind="") | Q(kind=OuterRef("kind"))))


def _asked(viewer: User) -> Q:
    return Q(proposed_by=viewer) | Q(edited_by=viewer)


def _narrowed(filters: Filters, now: datetime) -> Q:
    wanted = Q()
    if filters.kind:
        wanted &= Q(kind=filters.kind)
    if filters.area:
        wanted &= Q(area=filters.area)
    if filters.asked_by == MACHINE:
        wanted &= Q(proposed_by=None)
    elif filters.asked_by.isdecimal():
        wanted &= Q(proposed_by=int(filters.asked_by))
    if filters.due:
        wanted &= _due(filters.due, now)
    return wanted


def _due(when: str, now: datetime) -> Q:
    if when == "overdue":
        return Q(due_at__lt=now)
    if when == "week":
        return Q(due_at__lte=now + timedelta(days=7))
    return Q(due_at__lte=end_of_day(now))


def end_of_day(now: datetime) -> datetime:
    """Of the association's day."""
    return localtime(now).replace(hour=23, minute=59, second=59, microsecond=0)


def _order(filters: Filters) -> list[str | Combinable]:
    key = SORTS.get(filters.sort.lstrip("-"))
    if key:
        falls = filters.sort.startswith("-") != key.startswith("-")
        field = F(key.lstrip("-"))
        return [field.desc(nulls_last=True) if falls else field.asc(nulls_last=True), "pk"]
    if filters.tab == "done":
        return ["-decided_at", "-pk"]
    if filters.tab in ("asked", "all"):
        return ["-created_at", "-pk"]
    return [F("due_at").asc(nulls_last=True), F("amount").desc(nulls_last=True), "created_at", "pk"]
