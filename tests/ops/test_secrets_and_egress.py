"""Secrets stay where they are, and nothing but iMIS is ever contacted."""

import contextlib
import sys

import pytest
from django.core.management import call_command
from django.db import connection

from imis_ai.accounts.models import User

pytestmark = pytest.mark.django_db(transaction=True)
CANARY = "canary-7f3a91-do-not-tell"
SECRETS = (
    "IMIS_PASSWORD",
    "SECRET_KEY",
    "PSEUDONYM_KEY",
    "ARTEFACT_KEY",
    "ERASURE_KEY",
    "AUDIT_KEY",
    "WEBHOOK_KEY",
    "IMIS_WEBHOOK_SECRET",
)


def rows_that_hold(text):
    found = []
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f'SELECT count(*) FROM "{table}" t WHERE t::text LIKE %s', [f"%{text}%"])
            if cursor.fetchone()[0]:
                found.append(table)
    return found


def run(*command):
    """Exit code, 0 where the command just ends."""
    try:
        call_command(*command)
    except SystemExit as stop:
        return stop.code or 0
    return 0


@pytest.mark.row("GOV-11")
def test_no_secret_reaches_the_database_a_log_an_error_page_or_an_output(
    imis, client, caplog, capfd, monkeypatch
):
    for number, name in enumerate(SECRETS):
        setattr(imis, name, f"{CANARY}-{number}-{'x' * 32}")
    caplog.set_level("DEBUG")
    client.force_login(User.objects.create_user("marta", role="admin"))
    client.raise_request_exception = False

    codes = [run("sync"), run("doctor"), run("doctor", "--json"), run("check")]
    pages = [client.get(path) for path in ("/", "/data/", "/nowhere", "/readyz")]
    with monkeypatch.context() as broken:
        broken.setattr("imis_ai.views.connection", None)
        pages.append(client.get("/readyz"))

    said = capfd.readouterr()
    assert codes[0] != 0  # the password was wrong, so the sentence about it was said
    assert pages[-1].status_code in (500, 503)
    assert rows_that_hold(CANARY) == []
    for text in (said.out, said.err, caplog.text, *(page.content.decode() for page in pages)):
        assert CANARY not in text


class Watch:
    """Every address that this process connects to or looks up while it is on."""

    def __init__(self):
        self.on, self.seen = False, set()
        sys.addaudithook(self.hear)

    def hear(self, event, args):
        if self.on and event == "socket.connect":
            self.seen.add(args[1] if isinstance(args[1], str) else f"{args[1][0]}:{args[1][1]}")
        elif self.on and event == "socket.getaddrinfo":
            self.seen.add(f"name {args[0]}")


@pytest.fixture(scope="module")
def watch():
    return Watch()


@contextlib.contextmanager
def watched(watch):
    watch.seen.clear()
    watch.on = True
    try:
        yield
    finally:
        watch.on = False


@pytest.mark.row("GOV-12")
@pytest.mark.slow
def test_only_imis_is_contacted_from_the_first_read_to_the_page(imis, running, watch, client):
    client.force_login(User.objects.create_user("priya", role="membership"))

    with watched(watch):
        codes = [run(*command) for command in (("doctor",), ("sync",), ("nightly",))]
        pages = [client.get(path, follow=True) for path in ("/", "/retention/", "/data/")]

    host = running.url.removeprefix("http://")
    strangers = {
        seen for seen in watch.seen if not seen.startswith(("/", host, f"name {host.split(':')[0]}"))
    }
    assert codes[:2] == [0, 0]
    assert {page.status_code for page in pages} == {200}
    assert host in watch.seen
    assert strangers == set()
