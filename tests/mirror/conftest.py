"""A sandbox iMIS of one's own, a client for it, and the mirror as plain values to compare."""

import datetime as dt
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from zoneinfo import ZoneInfo

import httpx2
import pytest
from django.apps import apps
from django.db import connection

from imis_ai.imis import mapping, records
from imis_ai.imis.client import Client
from imis_ai.jobs.progress import SILENT
from imis_ai.mirror import actions, models
from imis_ai.mirror.upsert.tables import TABLES
from imis_ai.sandbox import server

TODAY = "2026-11-21"
NOW = dt.datetime(2026, 11, 21, 12, tzinfo=dt.UTC)
CHICAGO = mapping.load(time_zone="America/Chicago")
ZONE = ZoneInfo("America/Chicago")
OURS = {
    "id",
    "pseudonym",
    "salt",
    "seen_at",
    "row_hash",
    "version",
    "gone_at",
    "member_id",
    "event_id",
    "invoice_id",
}


class Site:
    """A running sandbox: `edit` changes it behind the product's back, `client` reads it."""

    def __init__(self, running: server.Running) -> None:
        self.running = running
        self.http = httpx2.Client(base_url=running.url, timeout=20)

    def client(self, **changes) -> Client:
        made = {"base_url": self.running.url, "username": "imis_ai", "password": "sandbox"}
        made |= {"is_test_system": True, "requests_per_minute": 0, "names": CHICAGO}
        return Client(**(made | changes))

    def edit(self, **body) -> dict:
        answer = self.http.post("/_sandbox/edit", json=body)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def faults(self, *rules: dict) -> None:
        assert self.http.post("/_sandbox/faults", json=list(rules)).status_code == 200

    def ask(self, what: str):
        return self.http.get(f"/_sandbox/{what}").json()

    def sync(self, **changes) -> actions.SyncResult:
        with self.client() as client:
            return actions.sync(**({"client": client, "now": NOW, "progress": SILENT} | changes))

    def members(self) -> list[str]:
        with self.client() as client:
            return [key for page in client.ids() for key in page]


@pytest.fixture
def site() -> Iterator[Site]:
    with server.start(members=60, seed=3, today=TODAY) as running:
        made = Site(running)
        yield made
        made.http.close()


@pytest.fixture
def save() -> Callable[..., actions.Saved]:
    def save(*found: records.Record, feed: str = "test", **more) -> actions.Saved:
        return actions.save(**({"records": found, "feed": feed, "now": NOW} | more))

    return save


def contents() -> dict[str, dict[str, tuple]]:
    """Every stored row by table and key, without what differs between equal mirrors; owners by iMIS id."""
    found = {}
    for table in TABLES.values():
        names = [field.attname for field in table.model._meta.concrete_fields if field.attname not in OURS]
        names += [f"{name}__key" for name in ("member", "event", "invoice") if hasattr(table.model, name)]
        rows = table.model.objects.order_by("key").values_list("key", *names)
        found[table.model.__name__] = {row[0]: row[1:] for row in rows}
    found["alive"] = dict.fromkeys(
        models.Member.objects.filter(gone_at=None).values_list("imis_id", flat=True), ()
    )
    found["alias"] = dict(models.MemberAlias.objects.values_list("imis_id", "retained_imis_id"))
    found["codes"] = dict.fromkeys(models.Chapter.objects.values_list("code", flat=True), ())
    return found


def empty_mirror() -> None:
    """As before the first run."""
    names = ", ".join(f'"{model._meta.db_table}"' for model in apps.get_app_config("mirror").get_models())
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute(f"TRUNCATE {names} CASCADE")


def differences(one: dict, other: dict) -> dict[str, list]:
    """Keys that differ, by table; empty when the mirrors are equal."""
    return {
        name: sorted(
            key for key in one[name].keys() | other[name].keys() if one[name].get(key) != other[name].get(key)
        )
        for name in one
        if one[name] != other[name]
    }


@pytest.fixture
def other_connection():
    """Holds a context manager open in a thread, which has a database connection of its own."""

    @contextmanager
    def inside(make):
        entered, leave, got = threading.Event(), threading.Event(), []

        def work() -> None:
            with make() as value:
                got.append(value)
                entered.set()
                leave.wait(20)
            connection.close()

        thread = threading.Thread(target=work)
        thread.start()
        entered.wait(20)
        yield got[0]
        leave.set()
        thread.join()

    return inside
