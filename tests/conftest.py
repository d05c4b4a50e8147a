"""Fixtures for every test. Tests run on the embedded PostgreSQL and Redis."""

import itertools
import os

# test processes share few cores: threads of linear algebra that wait for each other cost more than they give
for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
    os.environ.setdefault(name, "1")

import pytest  # noqa: E402  after the environment that numpy reads
from django.core.cache import caches  # noqa: E402  likewise
from django.db import connection  # noqa: E402  likewise

NUMBERS = itertools.count()
LONG_WALKS = (
    "ops/test_demo_whole.py",
    "browser/test_every_screen.py",
    "mirror/test_kill.py",
    "api/test_document.py",
    "ops/test_measure.py",
    "browser/test_walk.py",
    "governance/test_kill.py",
    "jobs/test_faults.py",
    "mirror/test_concurrent_edits.py",
    "pages/test_every_page.py",
)
CHAIN = ("governance_auditentry", "governance_auditdetail")


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup, django_db_blocker):
    """Tests with transactions of their own empty every table afterwards, which the audit chain refuses.

    Only the refusal of TRUNCATE is lifted; the audit tests switch it on again to see it.
    """
    name = connection.settings_dict["NAME"]
    assert name.startswith("test_"), f"{name} is no test database: a module that uses one is marked django_db"
    with django_db_blocker.unblock(), connection.cursor() as cursor:
        for table in CHAIN:
            name = table.removeprefix("governance_").replace("audit", "audit_") + "_stays"
            cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER {name}")
    yield
    with (
        django_db_blocker.unblock(),
        connection.cursor() as cursor,
    ):  # sessions of processes that tests killed
        cursor.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )


def pytest_collection_modifyitems(items):
    """Long walks begin first, so that no core waits for the last of them."""
    items.sort(key=lambda item: not item.path.as_posix().endswith(LONG_WALKS))


@pytest.fixture(autouse=True)
def own_seals(settings, tmp_path_factory):
    """Seals lie outside the database, where no transaction takes them back: each test has its own."""
    settings.AUDIT_CHECKPOINT_DIR = tmp_path_factory.getbasetemp() / f"seals-{next(NUMBERS)}"


@pytest.fixture(autouse=True)
def one_password(settings):
    """People enter tests without a second step; its own tests switch it on."""
    settings.MFA_REQUIRED = False


@pytest.fixture(autouse=True)
def nothing_kept():
    """Figures are kept by the version of the data, which rows planted by factories do not change."""
    caches["figures"].clear()
