"""What one person was told. How much of it is unread stands in the frame's one query (rollout.frame)."""

from django.db.models import QuerySet

from imis_ai.accounts.models import User
from imis_ai.governance.models import Notification


def listed(*, person: User, only_unread: bool = False) -> QuerySet[Notification]:
    """Newest first."""
    found = Notification.objects.filter(person=person)
    return found.filter(read_at=None) if only_unread else found


def unread(*, person: User) -> int:
    return listed(person=person, only_unread=True).count()
