"""Changing rights: asked for by one administrator, and where it must be, agreed to by a second one."""

from datetime import datetime

from django.db import IntegrityError, transaction

from imis_ai.accounts.duties import Held, by_two, clashes
from imis_ai.accounts.models import RightsChange, User
from imis_ai.governance import audit
from imis_ai.governance.people import held
from imis_ai.governance.refusals import Blocked, Changed, NotAllowed, WhyNot

State = RightsChange.State
OWN = WhyNot(
    "Nobody changes their own rights.", rule="own rights", next_step="Ask another administrator to do it."
)

STRANGER = WhyNot("Your role does not change rights.", rule="people.change", next_step="Administrators do.")


@transaction.atomic
def change(*, person: User, after: Held, reason: str, by: User, now: datetime) -> RightsChange:
    """Change rights at once, or ask a second administrator where two must agree.

    Raises NotAllowed for one's own rights, Blocked for pairs that may not meet, Changed when one waits.
    """
    refuse_stranger(person, by)
    person = User.objects.select_for_update().get(pk=person.pk)
    before = held.now_of(person)
    _refuse_clash(after)
    if before == after:
        raise Blocked(WhyNot("Nothing would change.", rule="rights", next_step="Choose other rights."))
    if _leaves_no_administrator(person, after):
        raise Blocked(
            WhyNot(
                "This is the last administrator.",
                rule="last administrator",
                next_step="Make somebody else an administrator first.",
            )
        )
    asked = _ask(person, before, after, reason=reason, by=by, now=now)
    audit.record(
        action="rights.changed" if asked.state == State.DONE else "rights.asked",
        by=by,
        now=now,
        about=("person", person.username),
        detail={"before": before.as_json(), "after": after.as_json(), "reason": reason},
    )
    return asked


def ask_for_new(*, person: User, after: Held, by: User, now: datetime) -> RightsChange:
    """The first rights of somebody who is just invited. Part of `inviting.invite`."""
    _refuse_clash(after)
    return _ask(person, Held("executive"), after, reason="Invitation", by=by, now=now, is_new=True)


@transaction.atomic
def agree(*, change: RightsChange, by: User, now: datetime) -> None:
    """The second administrator's yes: the rights are written. Raises NotAllowed, Changed."""
    change = _waiting(change)
    if by == change.asked_by:
        raise NotAllowed(
            WhyNot(
                "You asked for this change, so another administrator agrees to it.",
                rule="two administrators",
                next_step="Tell a colleague with that role.",
            )
        )
    refuse_stranger(change.person, by)
    after = Held.from_json(change.after)
    if held.now_of(change.person) != Held.from_json(change.before):
        raise Changed(
            WhyNot(
                f"The rights of {change.person} have changed since this was asked for.",
                rule="two administrators",
                next_step="Decline it and ask again.",
            )
        )
    _refuse_clash(after)
    _close(change, State.DONE, by=by, now=now)
    held.write(person=change.person, after=after)
    if change.person.invitations.filter(accepted_at=None, withdrawn_at=None).exists():
        User.objects.filter(pk=change.person.pk).update(is_active=True)
    _record("rights.agreed", change, by=by, now=now)


@transaction.atomic
def decline(*, change: RightsChange, by: User, now: datetime) -> None:
    """The second administrator's no, or the first one's second thought."""
    if not by.may("people.change"):
        raise NotAllowed(STRANGER)
    change = _waiting(change)
    own = by == change.asked_by
    _close(change, State.WITHDRAWN if own else State.DECLINED, by=by, now=now)
    _record("rights.withdrawn" if own else "rights.declined", change, by=by, now=now)


def _ask(
    person: User, before: Held, after: Held, *, reason: str, by: User, now: datetime, is_new: bool = False
) -> RightsChange:
    needs_second = bool(by_two(before, after))
    done = {} if needs_second else {"state": State.DONE, "decided_by": by, "decided_at": now}
    try:
        with transaction.atomic():
            asked = RightsChange.objects.create(
                person=person,
                before=before.as_json(),
                after=after.as_json(),
                reason=reason[:200],
                needs_second=needs_second,
                asked_by=by,
                asked_at=now,
                **done,
            )
    except IntegrityError:
        raise Changed(
            WhyNot(
                f"A change of {person}'s rights waits already.",
                rule="one change at a time",
                next_step="Agree to it or decline it first.",
            )
        ) from None
    if not needs_second:
        held.write(person=person, after=after)
    if is_new and not needs_second:
        User.objects.filter(pk=person.pk).update(is_active=True)
    return asked


def _waiting(change: RightsChange) -> RightsChange:
    found = RightsChange.objects.select_for_update(of=("self",)).select_related("person", "asked_by")
    change = found.get(pk=change.pk)
    if change.state != State.WAITING:
        raise Changed(
            WhyNot(
                f"This change is {change.get_state_display()} already.",
                rule="two administrators",
                next_step="Load the page again.",
            )
        )
    return change


def _close(change: RightsChange, state: str, *, by: User, now: datetime) -> None:
    change.state, change.decided_by, change.decided_at = state, by, now
    change.save(update_fields=["state", "decided_by", "decided_at"])


def _record(action: str, change: RightsChange, *, by: User, now: datetime) -> None:
    audit.record(
        action=action,
        by=by,
        now=now,
        about=("person", change.person.username),
        detail={"before": change.before, "after": change.after, "reason": change.reason},
    )


def refuse_stranger(person: User, by: User) -> None:
    """Raises NotAllowed unless `by` may change the rights of this person."""
    if not by.may("people.change"):
        raise NotAllowed(STRANGER)
    if person == by:
        raise NotAllowed(OWN)


def _refuse_clash(after: Held) -> None:
    problems = clashes(after)
    if problems:
        raise Blocked(WhyNot(" ".join(problems), rule="rights that may not meet"))


def _leaves_no_administrator(person: User, after: Held) -> bool:
    admins = User.objects.filter(role="admin", is_active=True)
    return person.role == "admin" and after.role != "admin" and not admins.exclude(pk=person.pk).exists()
