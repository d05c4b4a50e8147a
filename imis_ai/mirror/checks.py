"""Chapter rights are given one by one: a grant for all of them at once stops `migrate`."""

from django.contrib.auth.models import Permission
from django.core import checks
from django.db import connection
from django.db.models import Q

from imis_ai.mirror.access import SCOPED


@checks.register(checks.Tags.database)
def scoped_rights(**_: object) -> list[checks.CheckMessage]:
    """No chapter codename is granted at model level, to a person or a group."""
    if "auth_permission" not in connection.introspection.table_names():
        return []
    wide = Permission.objects.filter(content_type__app_label="mirror", codename__in=SCOPED.values()).filter(
        Q(user__isnull=False) | Q(group__isnull=False)
    )
    return [
        checks.Error(
            f"{right} is granted for all chapters at once.",
            hint="Take it from the group or person; give chapters on the page People and rights.",
            id="imis_ai.E020",
        )
        for right in sorted(set(wide.values_list("codename", flat=True)))
    ]
