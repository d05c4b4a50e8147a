"""The schema `export`, put up after every migration and taken down before, so that it stands in no way.

Whoever reads has the reach of one person, read anew at each query: of the person whose name the product set,
or of the person that stands beside the database role in DatabaseReader. Nobody else sees a row.
"""

import logging
from typing import Any

from django.db import DatabaseError, connections, transaction

from imis_ai.integrations.warehouse.catalogue import SCHEMA, views
from imis_ai.mirror.access import ALL_MEMBERS, NAMES, SCOPED

log = logging.getLogger(__name__)
OWN_TABLE = "integrations_databasereader"
APART = "\x1f"
PERSON = """
CREATE FUNCTION export.person() RETURNS bigint LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp AS $$
    SELECT CASE WHEN session_user = '{owner}' THEN nullif(current_setting('imis_ai.person', true), '')::bigint
    ELSE (SELECT r.person_id FROM public.integrations_databasereader r WHERE r.db_role = session_user) END
$$
"""
# the two settings only ever narrow: an API client has chapters of its own, and may be without names
REACH = """
CREATE FUNCTION export.reach() RETURNS TABLE (everyone boolean, names boolean, chapters text[], role text)
LANGUAGE sql STABLE SECURITY DEFINER ROWS 1 SET search_path = pg_catalog, pg_temp AS $$
    SELECT s.sees_all AND s.only IS NULL,
        NOT u.is_auditor AND u.role IN ({names})
            AND coalesce(current_setting('imis_ai.names', true), '') <> 'no',
        CASE
            WHEN s.sees_all THEN coalesce(s.only, '{{}}')
            WHEN u.role = 'chapter' THEN coalesce((
                SELECT array_agg(g.content_object_id::text) FROM public.mirror_chaptergrant g
                JOIN public.auth_permission p ON p.id = g.permission_id AND p.codename = '{codename}'
                WHERE g.user_id = u.id AND (s.only IS NULL OR g.content_object_id = ANY (s.only))), '{{}}')
            ELSE '{{}}' END,
        CASE WHEN u.is_auditor THEN 'auditor' ELSE u.role END
    FROM public.accounts_user u, LATERAL (SELECT u.is_auditor OR u.role IN ({everyone}) AS sees_all,
        string_to_array(nullif(current_setting('imis_ai.chapters', true), ''), '{apart}') AS only) s
    WHERE u.id = export.person() AND u.is_active
$$
"""


def take_down(*, using: str = "default", **_: Any) -> None:
    """Before migrations: a view would forbid changing the columns under it."""
    with connections[using].cursor() as cursor:
        cursor.execute("DROP SCHEMA IF EXISTS export CASCADE")


def put_up(*, using: str = "default", **_: Any) -> None:
    """After migrations, once every table is there."""
    wanted = {OWN_TABLE, *(table for view in views().values() for table in view.tables)}
    with connections[using].cursor() as cursor:
        if wanted - set(connections[using].introspection.table_names(cursor)):
            return
    try:
        with transaction.atomic(using=using), connections[using].cursor() as cursor:
            _make(cursor)
    except DatabaseError as problem:
        log.warning("the schema export could not be made (%s)", type(problem).__name__)


def _make(cursor: Any) -> None:
    cursor.execute("SELECT session_user")
    owner = cursor.fetchone()[0].replace("'", "''")
    cursor.execute("DROP SCHEMA IF EXISTS export CASCADE")
    cursor.execute("CREATE SCHEMA export")
    cursor.execute(PERSON.format(owner=owner))
    cursor.execute(
        REACH.format(
            names=_listed(NAMES), everyone=_listed(ALL_MEMBERS), codename=SCOPED["view"], apart=APART
        )
    )
    for view in views().values():
        cursor.execute(f"CREATE VIEW {SCHEMA}.{view.name} WITH (security_barrier) AS {view.sql}")
        cursor.execute(f"COMMENT ON VIEW {SCHEMA}.{view.name} IS '{view.about}'")
    cursor.execute("SELECT db_role FROM integrations_databasereader")
    for (role,) in cursor.fetchall():
        grant(cursor, role)


def grant(cursor: Any, role: str) -> bool:
    """Let a database role read the views; False when there is no such role."""
    cursor.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [role])
    if not cursor.fetchone():
        return False
    name = '"' + role.replace('"', '""') + '"'
    cursor.execute(f"GRANT USAGE ON SCHEMA export TO {name}")
    cursor.execute(f"GRANT SELECT ON ALL TABLES IN SCHEMA export TO {name}")
    return True


def _listed(roles: Any) -> str:
    return ", ".join(sorted(f"'{role}'" for role in roles))
