"""Database roles that read the views."""

from datetime import datetime

from django.db import connection, transaction

from imis_ai.accounts.models import User
from imis_ai.governance import audit
from imis_ai.governance.refusals import Blocked, WhyNot
from imis_ai.integrations.actions.exports import refuse_stranger
from imis_ai.integrations.models import DatabaseReader
from imis_ai.integrations.warehouse.install import grant


@transaction.atomic
def let_read(*, db_role: str, person: User, now: datetime) -> DatabaseReader:
    """The role sees what this person sees, from the next query on. Raises NotAllowed, Blocked."""
    refuse_stranger(by=person)
    with connection.cursor() as cursor:
        if not grant(cursor, db_role):
            raise Blocked(
                WhyNot(f"PostgreSQL has no role {db_role}.", rule="reader", next_step="CREATE ROLE makes it.")
            )
    reader, _ = DatabaseReader.objects.update_or_create(
        db_role=db_role, defaults={"person": person, "since": now}
    )
    _log("warehouse.reader_added", db_role, person, now)
    return reader


@transaction.atomic
def end(*, db_role: str, now: datetime) -> bool:
    """The role sees nothing any more. False when it was none."""
    found = DatabaseReader.objects.filter(db_role=db_role).first()
    if found is None:
        return False
    found.delete()
    _log("warehouse.reader_ended", db_role, found.person, now)
    return True


def _log(action: str, db_role: str, person: User, now: datetime) -> None:
    audit.record(
        action=action, by=None, now=now, about=("database role", db_role), detail={"after": person.username}
    )
