"""The page on people and rights, as rows. Reads only."""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta

from imis_ai.accounts import second_step
from imis_ai.accounts.duties import Held
from imis_ai.accounts.models import Invitation, RightsChange, User
from imis_ai.accounts.rights import EXTRAS
from imis_ai.governance.models import Decision
from imis_ai.governance.people import held, words
from imis_ai.mirror import access

DORMANT = timedelta(days=60)
RECENT = timedelta(days=90)
DECIDES = (Decision.What.APPROVE, Decision.What.REJECT, Decision.What.UNDO, Decision.What.REVERSE)


@dataclass(frozen=True)
class Line:
    """One person as the list shows them."""

    person: User
    chapters: tuple[str, ...]
    extras: tuple[str, ...]
    second_step: str
    decisions: int
    is_dormant: bool
    invited: Invitation | None
    needs_second_step: bool


def lines(*, now: datetime, role: str = "", chapter: str = "", only_dormant: bool = False) -> list[Line]:
    """Everybody with access or an open invitation, by name. A handful of queries."""
    people = User.objects.order_by("first_name", "last_name", "username")
    chapters, steps = access.chapters_by_person(), second_step.by_person()
    decided, invited = _decided(now), _invited()
    found = []
    for person in people:
        if not person.is_active and person.pk not in invited:
            continue
        own = chapters.get(person.pk, []) if person.role == User.Role.CHAPTER else []
        line = Line(
            person=person,
            chapters=tuple(one.name for one in own),
            extras=tuple(EXTRAS[name].label for name in person.extras),
            second_step=steps.get(person.pk, ""),
            decisions=decided[person.pk],
            is_dormant=is_dormant(person, now),
            invited=invited.get(person.pk),
            needs_second_step=second_step.is_required(person),
        )
        if _wanted(line, role, chapter and {one.code for one in own}, chapter, only_dormant):
            found.append(line)
    return found


def is_dormant(person: User, now: datetime) -> bool:
    """Not here for over 60 days; who never came counts from the day the login was made."""
    return person.is_active and now - (person.last_seen_at or person.date_joined) > DORMANT


def waiting(names: dict[str, str]) -> list[tuple[RightsChange, list[str], list[str]]]:
    """Changes that a second administrator is asked for, with gains and losses; `names` of chapters."""
    rows = RightsChange.objects.filter(state=RightsChange.State.WAITING).select_related("person", "asked_by")
    return [
        (row, *words.gains_and_losses(_before(row), Held.from_json(row.after), names))
        for row in rows.order_by("asked_at")
    ]


def history(*, person: User, limit: int = 20) -> list[tuple[RightsChange, str, str]]:
    """Past changes with what was held before and after, in words."""
    names = access.chapter_names()
    rows = RightsChange.objects.filter(person=person).select_related("asked_by", "decided_by")[:limit]
    return [
        (row, words.held(_before(row), names), words.held(Held.from_json(row.after), names)) for row in rows
    ]


def held_words(*, person: User) -> str:
    return words.held(held.now_of(person), access.chapter_names())


def _before(row: RightsChange) -> Held:
    return Held.from_json(row.before)


def _wanted(line: Line, role: str, codes: set[str] | str, chapter: str, only_dormant: bool) -> bool:
    if only_dormant and not line.is_dormant:
        return False
    if role and line.person.role != role:
        return False
    return not chapter or chapter in codes


def _decided(now: datetime) -> Counter:
    recent = Decision.objects.filter(at__gt=now - RECENT, what__in=DECIDES, by__isnull=False)
    return Counter(recent.values_list("by_id", flat=True))


def _invited() -> dict[int, Invitation]:
    rows = Invitation.objects.filter(accepted_at=None, withdrawn_at=None)
    return {row.person_id: row for row in rows}
