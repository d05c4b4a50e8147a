"""Every change of the contact ledger: contacts, pauses, opt-outs, and what waits for a person."""

import secrets
from datetime import datetime

from django.db import transaction
from django.db.models import F

from imis_ai.accounts.models import User
from imis_ai.governance import audit
from imis_ai.governance.messages import locks
from imis_ai.governance.models import (
    Assignment,
    ContactEntry,
    ContactEvent,
    Generation,
    OfferUse,
    OptOut,
    Pause,
    Proposal,
    StaffItem,
)
from imis_ai.governance.refusals import NotAllowed, WhyNot
from imis_ai.mirror import contact

State = ContactEntry.State
TRANSITIONS: dict[str, frozenset[str]] = {
    State.PLANNED: frozenset({State.SENDING, State.STOPPED}),
    State.SENDING: frozenset({State.SENDING, State.SENT, State.PLANNED, State.STOPPED, State.BOUNCED}),
    State.STOPPED: frozenset({State.PLANNED}),
    State.SENT: frozenset({State.BOUNCED, State.REPLIED, State.OPTED_OUT}),
    State.REPLIED: frozenset({State.OPTED_OUT}),
    State.BOUNCED: frozenset(),
    State.OPTED_OUT: frozenset(),
}


def plan(
    *,
    imis_id: str,
    channel: str,
    area: str,
    now: datetime,
    proposal: Proposal | None = None,
    version_id: int | None = None,
    reason: str = "",
    reference: str | None = None,
    is_automatic: bool = False,
) -> ContactEntry:
    """A contact that is meant to happen; it counts against the limits of further drafts.

    The same contact of the same proposal is planned once.
    """
    same = ContactEntry.objects.filter(imis_id=imis_id, channel=channel, state=State.PLANNED, reference=None)
    known = same.filter(proposal=proposal).first() if proposal else None
    if known:
        return known
    return ContactEntry.objects.create(
        imis_id=imis_id,
        channel=channel,
        area=area,
        proposal=proposal,
        version_id=version_id,
        reference=reference,
        is_automatic=is_automatic,
        planned_at=now,
        state_at=now,
        reason=reason,
    )


def name(*, entry: ContactEntry, reference: str) -> None:
    """Give a planned contact the reference under which it leaves; it keeps the first one."""
    ContactEntry.objects.filter(pk=entry.pk, reference=None).update(reference=reference)
    entry.refresh_from_db()


def move(*, entry: ContactEntry, to: str, now: datetime, reason: str = "", **values: object) -> bool:
    """Change the state if that is allowed from where it stands now; returns whether it was."""
    allowed = [state for state, targets in TRANSITIONS.items() if to in targets]
    if reason:
        values["reason"] = reason
    changed = ContactEntry.objects.filter(pk=entry.pk, state__in=allowed).update(
        state=to, state_at=now, **values
    )
    entry.refresh_from_db()
    return bool(changed)


def take_back(*, imis_id: str, channel: str, reason: str, now: datetime) -> int:
    """A contact that a person noted by mistake and undid before it counted for good."""
    noted = ContactEntry.objects.filter(imis_id=imis_id, channel=channel, state=State.SENDING, reason=reason)
    return noted.update(state=State.STOPPED, state_at=now)


def settle(*, channel: str, before: datetime, now: datetime) -> int:
    """Contacts made by a person that can no longer be undone: they count as made, at their own time."""
    noted = ContactEntry.objects.filter(channel=channel, state=State.SENDING, planned_at__lte=before)
    return noted.update(state=State.SENT, sent_at=F("planned_at"), state_at=now)


@transaction.atomic
def came_back(*, entry: ContactEntry, kind: str, key: str, at: datetime, now: datetime) -> bool:
    """Note what came in after a contact; False when it was noted before."""
    _, is_new = ContactEvent.objects.get_or_create(entry=entry, kind=kind, key=key[:200], defaults={"at": at})
    target = {
        ContactEvent.Kind.REPLY: State.REPLIED,
        ContactEvent.Kind.BOUNCE: State.BOUNCED,
        ContactEvent.Kind.STOP: State.OPTED_OUT,
    }.get(kind)
    if is_new and target:
        move(entry=entry, to=target, now=now)
    return is_new


@transaction.atomic
def opt_out(
    *,
    imis_id: str,
    kind: str,
    source: str,
    now: datetime,
    channel: str = "",
    address_digest: str = "",
    by: User | None = None,
) -> OptOut:
    """Once this returns no such message leaves. Waits while one is leaving. Twice changes nothing."""
    locks.take(contact.retained(imis_id))
    made, is_new = OptOut.objects.get_or_create(
        imis_id=imis_id,
        kind=kind,
        channel=channel,
        address_digest=address_digest,
        ended_at=None,
        defaults={"source": source, "at": now},
    )
    if is_new:
        detail = {"after": {"kind": kind, "channel": channel}, "reason": source}
        audit.record(action="contact.opted out", by=by, now=now, imis_id=imis_id, detail=detail)
    return made


@transaction.atomic
def unusable(*, entry: ContactEntry, source: str, text: str, now: datetime) -> None:
    """The address of this contact does not work: not used again until it changes, and somebody is told."""
    opt_out(
        imis_id=entry.imis_id,
        kind=OptOut.Kind.UNUSABLE,
        channel=entry.channel,
        address_digest=entry.address_digest,
        source=source,
        now=now,
    )
    call_a_person(
        imis_id=entry.imis_id,
        why=StaffItem.Why.UNREACHABLE,
        key=entry.reference or str(entry.pk),
        now=now,
        entry=entry,
        text=f"{text} Correct the address in iMIS.",
    )


@transaction.atomic
def opt_in(*, opt_out: OptOut, by: User, now: datetime, note: str) -> None:
    """The member changed their mind and told somebody, who is named."""
    if OptOut.objects.filter(pk=opt_out.pk, ended_at=None).update(ended_at=now):
        before = {"kind": opt_out.kind, "channel": opt_out.channel}
        detail = {"before": before, "after": None, "reason": note[:300]}
        audit.record(action="contact.opted in", by=by, now=now, imis_id=opt_out.imis_id, detail=detail)


@transaction.atomic
def pause(
    *,
    imis_id: str,
    reason: str,
    note: str,
    by: User,
    now: datetime,
    until: datetime | None = None,
    area: str = "",
) -> Pause:
    """Leave a member alone; holds for what is approved already. Raises NotAllowed without an end."""
    if reason == Pause.Reason.MANUAL and until is None:
        raise NotAllowed(WhyNot("A pause needs an end.", rule="pause", next_step="Choose a date."))
    if not note.strip():
        raise NotAllowed(
            WhyNot("A pause needs a reason.", rule="pause", next_step="Write it in a few words.")
        )
    locks.take(contact.retained(imis_id))
    made = Pause.objects.create(
        imis_id=imis_id, reason=reason, note=note.strip()[:300], by=by, since=now, until=until, area=area
    )
    detail = {"reason": reason, "note": made.note, "area": area, "until": until}
    audit.record(action="contact.paused", by=by, now=now, imis_id=imis_id, detail=detail)
    return made


@transaction.atomic
def end_pause(*, pause: Pause, by: User, now: datetime) -> None:
    """Before its time, by a person."""
    if Pause.objects.filter(pk=pause.pk, ended_at=None).update(ended_at=now):
        detail = {"reason": pause.reason, "note": pause.note, "area": pause.area}
        audit.record(action="contact.pause ended", by=by, now=now, imis_id=pause.imis_id, detail=detail)


@transaction.atomic
def call_a_person(
    *, imis_id: str, why: str, key: str, now: datetime, entry: ContactEntry | None = None, text: str = ""
) -> StaffItem:
    """Something for staff; the same thing that came in makes one item."""
    made, _ = StaffItem.objects.get_or_create(
        why=why,
        key=key[:200],
        defaults={"imis_id": imis_id, "entry": entry, "text": text[:4000], "opened_at": now},
    )
    return made


@transaction.atomic
def ask_again(*, item: StaffItem, text: str, now: datetime) -> StaffItem:
    """The same member on the same matter: the item is open again, with both texts."""
    item = StaffItem.objects.select_for_update().get(pk=item.pk)
    item.text = "\n\n".join(filter(None, (item.text, text)))[-4000:]
    item.done_at, item.done_by, item.opened_at = None, None, now
    item.save(update_fields=["text", "done_at", "done_by", "opened_at"])
    return item


@transaction.atomic
def done(*, item: StaffItem, by: User, now: datetime, note: str = "") -> bool:
    """Somebody took care of it; False when a colleague was faster."""
    changed = StaffItem.objects.filter(pk=item.pk, done_at=None).update(
        done_at=now, done_by=by, note=note.strip()[:300]
    )
    if changed:
        about, detail = ("staff item", str(item.pk)), {"why": item.why, "reason": note[:300]}
        audit.record(
            action="staff item.done", by=by, now=now, about=about, imis_id=item.imis_id, detail=detail
        )
    return bool(changed)


@transaction.atomic
def forget(*, imis_id: str) -> None:
    """Erasure: what a person wrote goes; contacts keep a mark that leads to nobody, for the counts."""
    mark = f"erased-{secrets.token_hex(8)}"
    for model in (StaffItem, Pause, OptOut, OfferUse):
        model.objects.filter(imis_id=imis_id).delete()
    Generation.objects.filter(imis_id=imis_id).delete()
    ContactEntry.objects.filter(imis_id=imis_id).update(imis_id=mark, address_digest="", reason="")
    Assignment.objects.filter(imis_id=imis_id).update(imis_id=mark)


def purge_generations(*, before: datetime) -> int:
    """Texts that were made are kept for their period; what was sent stays counted in the contacts."""
    return Generation.objects.filter(made_at__lt=before).delete()[0]
