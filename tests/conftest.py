"""Fixtures for every test. Tests run on the embedded PostgreSQL and Redis."""

import pytest
from django.db import connection

CHAIN = ("governance_auditentry", "governance_auditdetail")


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup, django_db_blocker):
    """Tests with transactions of their own empty every table afterwards, which the audit chain refuses.

    Only the refusal of TRUNCATE is lifted; the audit tests switch it on again to see it.
    """
    with django_db_blocker.unblock(), connection.cursor() as cursor:
        for table in CHAIN:
            name = table.removeprefix("governance_").replace("audit", "audit_") + "_stays"
            cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER {name}")
