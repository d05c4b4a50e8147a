"""Fields whose former value is kept when a reading brings another one."""

from datetime import datetime

from django.conf import settings
from django.db import connection
from django.utils.timezone import localdate

from imis_ai.mirror.models import MemberChange

KEPT = {  # what the history calls a field, and its column
    MemberChange.Field.EMPLOYER: "organisation_imis_id",
    MemberChange.Field.TITLE: "title",
    MemberChange.Field.POSTCODE: "postal_code",
}


def keep(*, stage: str, now: datetime) -> int:
    """Before the staged members replace ours: one row per kept field that was known and is another now."""
    fields = ", ".join(f"('{field.value}', ours.{name}, stage.{name})" for field, name in KEPT.items())
    with connection.cursor() as cursor:
        cursor.execute(
            'INSERT INTO mirror_memberchange (member_id, field, before, after, "on")'  # noqa: S608  our names
            " SELECT ours.id, f.name, f.before, f.after,"
            "   COALESCE((stage.updated_on AT TIME ZONE %s)::date, %s)"
            f" FROM {stage} AS stage JOIN mirror_member ours ON ours.key = stage.key,"
            f" LATERAL (VALUES {fields}) AS f (name, before, after)"
            " WHERE f.before <> '' AND f.before <> f.after ON CONFLICT DO NOTHING",
            [settings.TIME_ZONE, localdate(now)],
        )
        return cursor.rowcount
