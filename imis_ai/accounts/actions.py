"""Writes about people: their preferences and what they opened."""

from datetime import datetime

from imis_ai.accounts.models import AccessEntry, User


def save_preferences(*, user: User, theme: str, density: str, has_shortcuts: bool) -> None:
    user.theme, user.density, user.has_shortcuts = theme, density, has_shortcuts
    user.save(update_fields=["theme", "density", "has_shortcuts"])


def record_access(
    *, by: User, what: str, now: datetime, imis_id: str = "", detail: dict | None = None
) -> None:
    """Append one line to the access log."""
    AccessEntry.objects.create(
        at=now, user=by, username=by.username, what=what, imis_id=imis_id, detail=detail or {}
    )
