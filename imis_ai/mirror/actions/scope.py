"""What is read at all: a person switches a field of iMIS off, or on again."""

from datetime import datetime

from django.db import transaction

from imis_ai.accounts.models import User
from imis_ai.imis.resources import RESOURCES
from imis_ai.mirror.models import Feed, FieldSwitch


class NotSwitchable(Exception):
    """There is no such field, or nothing works without it."""


@transaction.atomic
def switch_field(*, feed: str, field: str, is_on: bool, by: User, reason: str, now: datetime) -> None:
    """The next run leaves the field out and empties what was read, or reads it again. Raises NotSwitchable.

    Either way the feed is read whole once, because unchanged rows would keep what they had.
    """
    known = {each.name for each in RESOURCES[feed].fields} if feed in RESOURCES else set()
    if field not in known:
        raise NotSwitchable(f"{feed} has no field {field}. Choose one of the register.")
    if field in RESOURCES[feed].shape.needed:
        raise NotSwitchable(f"{field} cannot be switched off: nothing works without it.")
    if is_on:
        FieldSwitch.objects.filter(feed=feed, field=field).delete()
    else:
        FieldSwitch.objects.get_or_create(
            feed=feed, field=field, defaults={"reason": reason, "by": by.username, "off_at": now}
        )
    Feed.objects.filter(name=feed).update(cursor={})
