"""Plain writes about people: preferences, rights, sessions, what they opened. Who may is decided above."""

from datetime import datetime
from decimal import Decimal

from django.contrib.auth.models import Group
from django.db import transaction
from django.db.models import F

from imis_ai.accounts import groups
from imis_ai.accounts.models import AccessEntry, User
from imis_ai.accounts.rights import EXTRAS


def save_preferences(*, user: User, theme: str, density: str, has_shortcuts: bool) -> None:
    user.theme, user.density, user.has_shortcuts = theme, density, has_shortcuts
    user.save(update_fields=["theme", "density", "has_shortcuts"])


def save_notices(*, user: User, off: list[str], digest_hour: int | None) -> None:
    """Kinds of notifications a person does not want, and the hour of the daily e-mail."""
    user.notices_off, user.digest_hour = off, digest_hour
    user.save(update_fields=["notices_off", "digest_hour"])


def record_access(
    *, by: User, what: str, now: datetime, imis_id: str = "", detail: dict | None = None
) -> None:
    """Append one line to the access log."""
    AccessEntry.objects.create(
        at=now, user=by, username=by.username, what=what, imis_id=imis_id, detail=detail or {}
    )


@transaction.atomic
def set_rights(*, person: User, role: str, approval_limit: Decimal, extras: tuple[str, ...]) -> None:
    """Write role, limit and extras, the groups that follow from them, and end the person's sessions.

    The database refuses pairs that may not meet. Who may ask for it is decided in governance.people.
    """
    person.role, person.approval_limit = role, approval_limit
    for name, extra in EXTRAS.items():
        setattr(person, extra.field, name in extras)
    person.save(update_fields=["role", "approval_limit", *(extra.field for extra in EXTRAS.values())])
    ours = Group.objects.filter(name__in=groups.wanted())
    person.groups.remove(*ours.exclude(name__in=groups.of(role, extras)))
    person.groups.add(*ours.filter(name__in=groups.of(role, extras)))
    end_sessions(person=person)


def end_sessions(*, person: User) -> None:
    """Every session of this person ends at its next request."""
    User.objects.filter(pk=person.pk).update(session_version=F("session_version") + 1)
    person.refresh_from_db(fields=["session_version"])


def disable(*, person: User) -> None:
    """Nobody enters with this login any more; what it did stays in the records."""
    User.objects.filter(pk=person.pk).update(is_active=False, session_version=F("session_version") + 1)
    person.refresh_from_db(fields=["is_active", "session_version"])


def seen(*, person: User, now: datetime) -> None:
    User.objects.filter(pk=person.pk).update(last_seen_at=now)


def forget_member(*, imis_id: str, mark: str) -> int:
    """Erasure: who looked and when stays, under a mark that leads back only to who knows the number."""
    return AccessEntry.objects.filter(imis_id=imis_id).update(imis_id=mark)


def purge_access(*, before: datetime) -> int:
    """The access log is kept for its period and no longer."""
    return AccessEntry.objects.filter(at__lt=before).delete()[0]
