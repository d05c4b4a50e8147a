"""Members in their first year with the steps of their plan, as one person may see them. Reads only."""

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils.timezone import localdate

from imis_ai.governance.proposals.states import OPEN
from imis_ai.mirror import first_year as mirror
from imis_ai.mirror.timeline import WORDS
from imis_ai.ui import words
from retention.calc import first_year as calc
from retention.models import FirstYearStep

DROPPED = ("rejected", "undone", "expired")  # states of a draft that came to nothing
TABS = {"missed": "Missed", "all": "All in their first year"}
NOT_DONE = {  # by the annotations of the mirror
    30: Q(first_portal=None),
    60: Q(first_event=None, first_course=None),
    90: Q(first_tie=None, first_role=None),
}


@dataclass(frozen=True)
class Filters:
    """As in the address; empty means any."""

    tab: str = "missed"
    months: tuple[int, ...] = ()
    days: tuple[int, ...] = ()
    chapters: tuple[str, ...] = ()

    @property
    def is_narrowed(self) -> bool:
        return bool(self.months or self.days or self.chapters)


@dataclass(frozen=True)
class Row:
    """One member; the name as the viewer may see it."""

    imis_id: str
    name: str
    tier: str
    chapter: str
    joined_on: date
    month: int
    steps: list[calc.Step]

    @property
    def open_step(self) -> calc.Step | None:
        return calc.first_open(self.steps)


def listed(*, seen: QuerySet, filters: Filters, today: date) -> QuerySet:
    """The longest waiting first; everybody: the newest first."""
    found = mirror.members(seen, today)
    if filters.chapters:
        found = found.filter(chapter__in=filters.chapters)
    if filters.months:
        found = found.filter(_in_months(filters.months, today))
    days = filters.days or calc.DAYS
    if filters.tab == "missed":
        return found.filter(_missed(days, today)).order_by("joined_on", "pk")
    if filters.days:
        found = found.filter(_missed(days, today))
    return found.order_by("-joined_on", "pk")


def rows(*, members: Iterable[Any], today: date, with_names: bool) -> list[Row]:
    """With the steps of each. One query beside that of the members."""
    found = list(members)
    decided = _decided([member.pk for member in found])
    return [_row(member, decided[member.pk], today, with_names) for member in found]


def chosen(*, seen: QuerySet, imis_ids: Collection[str], today: date) -> list[tuple[Any, calc.Step]]:
    """Of these members those with a step that something can be done about, and that step."""
    members = list(mirror.members(seen.filter(imis_id__in=imis_ids), today))
    decided = _decided([member.pk for member in members])
    found = []
    for member in members:
        step = calc.first_open(_plan(member, decided[member.pk], today))
        if step is not None:
            found.append((member, step))
    return found


def standing() -> QuerySet[FirstYearStep]:
    """What was decided and still counts: a draft that came to nothing leaves its step open."""
    return FirstYearStep.objects.exclude(proposal__state__in=DROPPED)


def _row(member: Any, decided: dict[int, calc.Decided], today: date, with_names: bool) -> Row:
    return Row(
        imis_id=member.imis_id,
        name=str(member) if with_names else words.masked(str(member)),
        tier=member.tier.name if member.tier else "",
        chapter=member.chapter.name if member.chapter else "",
        joined_on=member.joined_on,
        month=calc.month(member.joined_on, today),
        steps=_plan(member, decided, today),
    )


def _plan(member: Any, decided: dict[int, calc.Decided], today: date) -> list[calc.Step]:
    return calc.plan(joined_on=member.joined_on, did=_did(member), decided=decided, today=today)


def _did(member: Any) -> dict[int, calc.Did]:
    """What iMIS knows that the member did, in words."""
    found: dict[int, list[calc.Did]] = {30: [], 60: [], 90: []}
    if member.first_portal:
        found[30].append(calc.Did(localdate(member.first_portal), "Used the portal"))
    if member.first_event:
        what = f"Came to {member.event_name}" if member.event_name else "Came to an event"
        found[60].append(calc.Did(localdate(member.first_event), what))
    if member.first_course:
        found[60].append(calc.Did(localdate(member.first_course), "Began a course"))
    if member.first_tie:
        found[90].append(calc.Did(localdate(member.first_tie), WORDS[member.tie_kind]))
    if member.first_role:
        found[90].append(calc.Did(member.first_role, f"Joined {member.committee}"))
    return {day: min(did, key=lambda each: each.on) for day, did in found.items() if did}


def _decided(keys: Collection[int]) -> dict[int, dict[int, calc.Decided]]:
    found: dict[int, dict[int, calc.Decided]] = defaultdict(dict)
    for row in standing().filter(member__in=keys).select_related("by", "proposal"):
        found[row.member_id][row.day] = calc.Decided(row.what, localdate(row.at), _why(row))
    return found


def _why(row: FirstYearStep) -> str:
    if row.what == FirstYearStep.What.SKIPPED:
        return f"{calc.SKIP_REASONS.get(row.reason, 'Skipped')}. Skipped by {row.by}."
    what = "An introduction" if row.use == calc.INTRODUCE else "A message"
    waits = row.proposal is not None and row.proposal.state in OPEN
    return f"{what} drafted by {row.by} {'waits in Approvals' if waits else 'was approved'}."


def _missed(days: Iterable[int], today: date) -> Q:
    """One of these steps is missed, and nobody did anything about it."""
    wanted = Q(pk__in=[])
    for day in days:
        first, last = calc.missed_between(day, today)
        handled = Exists(standing().filter(member=OuterRef("pk"), day=day))
        wanted |= Q(joined_on__gte=first, joined_on__lte=last) & NOT_DONE[day] & ~handled
    return wanted


def _in_months(months: Iterable[int], today: date) -> Q:
    """Who is in these months of membership: joined so many months ago, to the day."""
    wanted = Q(pk__in=[])
    for month in months:
        wanted |= Q(joined_on__gt=_months_ago(today, month), joined_on__lte=_months_ago(today, month - 1))
    return wanted


def _months_ago(today: date, months: int) -> date:
    number = today.year * 12 + today.month - 1 - months
    year, month = divmod(number, 12)
    day = today.day
    while True:
        try:
            return date(year, month + 1, day)
        except ValueError:
            day -= 1
