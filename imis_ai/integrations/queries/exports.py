"""Exports of one person."""

from datetime import datetime

from django.db.models import QuerySet

from imis_ai.accounts.models import User
from imis_ai.integrations.models import ApiClient, Export


def own(*, person: User, client: ApiClient | None = None) -> QuerySet[Export]:
    """Those that this person asked for, or this client of theirs; without the content."""
    found = Export.objects.filter(asked_by=person).defer("content")
    return found.filter(client=client) if client else found


def old(now: datetime) -> bool:
    return Export.objects.filter(state=Export.State.READY, expires_at__lte=now).exists()
