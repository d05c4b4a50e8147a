"""Seats and introductions: set aside by staff, and held for a member while a draft stands behind them."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db import transaction

from imis_ai.accounts.models import User
from imis_ai.governance import audit
from imis_ai.governance.refusals import Blocked, WhyNot
from imis_ai.mirror import access, coming
from retention.models import Introducer, Promise, Seats
from retention.queries import promises

DROPPED = ("rejected", "undone", "expired")  # states of a proposal after which nothing is promised


@transaction.atomic
def set_aside(*, event: str, seats: int, by: User | None, now: datetime) -> Seats:
    """So many seats of a coming webinar may be given away; fewer than promised stops the latest drafts."""
    if not coming.events(now=now, keys=[event]):
        raise Blocked(WhyNot("This event has begun or is not in iMIS.", rule="seats", next_step="Reload."))
    before = Seats.objects.filter(event=event).values_list("seats", flat=True).first() or 0
    kept, _ = Seats.objects.update_or_create(event=event, defaults={"seats": seats, "by": by, "at": now})
    detail = {"before": {"seats": before}, "after": {"seats": seats}}
    audit.record(action="retention.seats", by=by, now=now, about=("event", event), detail=detail)
    return kept


@transaction.atomic
def agree(*, imis_id: str, by: User, now: datetime) -> Introducer:
    """Note that a member agreed to be introduced by name. Twice changes nothing."""
    member = access.members(by).filter(imis_id=imis_id).first()
    if member is None:
        raise Blocked(
            WhyNot(f"There is no member {imis_id}.", rule="members of iMIS", next_step="Check the number.")
        )
    made, is_new = Introducer.objects.get_or_create(
        member=member, ended_at=None, defaults={"agreed_at": now, "noted_by": by}
    )
    if is_new:
        audit.record(action="retention.introducer", by=by, now=now, imis_id=imis_id)
    return made


@transaction.atomic
def no_longer(*, introducer: Introducer, by: User, now: datetime) -> None:
    """The member does not want to be introduced any more; open drafts that say so are stopped by that."""
    if Introducer.objects.filter(pk=introducer.pk, ended_at=None).update(ended_at=now):
        imis_id = introducer.member.imis_id
        audit.record(action="retention.introducer ended", by=by, now=now, imis_id=imis_id)


def hold_seats(*, members: Sequence[Any], now: datetime) -> dict[str, Promise]:
    """A seat at the next webinar with a free one at which the member has no place yet; by number."""
    free = {each.event.key: each.free for each in promises.webinars(now=now) if each.free}
    going = coming.registered(keys=list(free), imis_ids=[member.imis_id for member in members])
    made = {}
    for member in members:
        event = next((key for key in free if free[key] and (key, member.imis_id) not in going), None)
        if event is None:
            continue
        promise, is_new = Promise.objects.get_or_create(
            member=member, what=promises.SEAT, ended_at=None, defaults={"event": event, "at": now}
        )
        free[event] -= is_new
        made[member.imis_id] = promise
    return made


def hold_introductions(*, members: Sequence[Any], now: datetime) -> dict[str, Promise]:
    """The most similar member of the same chapter who agreed; by number."""
    made = {}
    for member in members:
        found = member.chapter_id and promises.peer_for(
            pseudonym=str(member.pseudonym), member_id=member.pk, chapter=member.chapter_id
        )
        if found:
            made[member.imis_id], _ = Promise.objects.get_or_create(
                member=member, what=promises.PEER, ended_at=None, defaults={"peer_id": found[0], "at": now}
            )
    return made


def stand_behind(*, promise: Promise, proposal: Any) -> None:
    Promise.objects.filter(pk=promise.pk).update(proposal=proposal)


def let_go(*, held: Sequence[Promise]) -> None:
    """Held for a draft that was not made."""
    Promise.objects.filter(pk__in=[each.pk for each in held], proposal=None).delete()


def release_dropped(*, now: datetime) -> int:
    """Drafts that were rejected, undone or never decided on promise nothing any more."""
    open_ones = Promise.objects.filter(ended_at=None, proposal__state__in=DROPPED)
    return open_ones.update(ended_at=now)
