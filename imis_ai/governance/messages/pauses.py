"""What asks for silence: sources that name members to leave alone, read together for many members."""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import date, datetime

from django.db.models import Q
from django.utils.timezone import localdate, localtime

from imis_ai.governance.messages import limits
from imis_ai.governance.models import Pause
from imis_ai.mirror import contact
from imis_ai.ui import words


@dataclass(frozen=True)
class Silence:
    """Why a member is left alone. `sentence` follows “Not sent: ”."""

    sentence: str
    until: datetime | None = None


Read = Callable[[Collection[str], str, datetime], dict[str, Silence]]


@dataclass(frozen=True)
class Source:
    """`read(imis_ids, area, now)` names those to leave alone; `next_step` says what a person can do."""

    name: str
    rule: str
    read: Read
    next_step: str = ""


SOURCES: dict[str, Source] = {}


def register(name: str, rule: str, read: Read, *, next_step: str = "") -> None:
    SOURCES[name] = Source(name, rule, read, next_step)


def register_shipped() -> None:
    """Called once at start: what the mirror and our own tables know."""
    register("payment", "payment just in", _paid, next_step="It may be drafted again in a few days.")
    register("case", "open complaint", _case, next_step="Close the case first, or call.")
    register("status", "bereavement", _deceased)
    register("person", "pause", _by_hand, next_step="End the pause on the member's page.")


def _paid(imis_ids: Collection[str], area: str, now: datetime) -> dict[str, Silence]:
    today, span = localdate(now), limits.current().after_payment
    found = contact.paid_since(imis_ids, today - span)
    return {
        imis_id: Silence(f"a payment came in on {words.short_date(on, today)}.", until=now + span)
        for imis_id, on in found.items()
    }


def _case(imis_ids: Collection[str], area: str, now: datetime) -> dict[str, Silence]:
    today, span = localdate(now), limits.current().open_case
    return {
        imis_id: Silence(
            f"a case is open since {words.short_date(localtime(at).date(), today)}.", until=at + span
        )
        for imis_id, at in contact.open_cases(imis_ids, now - span).items()
    }


def _deceased(imis_ids: Collection[str], area: str, now: datetime) -> dict[str, Silence]:
    return {
        imis_id: Silence("iMIS says that the member has died.")
        for imis_id, person in contact.people(imis_ids).items()
        if person.status.casefold() in ("deceased", "died")
    }


def _by_hand(imis_ids: Collection[str], area: str, now: datetime) -> dict[str, Silence]:
    rows = Pause.objects.filter(
        Q(area="") | Q(area=area), Q(until=None) | Q(until__gt=now), imis_id__in=imis_ids, ended_at=None
    ).order_by("pk")
    return {row.imis_id: Silence(_said(row, localdate(now)), row.until) for row in rows}


def _said(row: Pause, today: date) -> str:
    until = f" until {words.short_date(localtime(row.until).date(), today)}" if row.until else ""
    return f"contact is paused{until}: {row.get_reason_display()}."
