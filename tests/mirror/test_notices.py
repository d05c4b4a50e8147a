"""Change notifications: who may send them, what is stored, and that the mirror follows within one job."""

import datetime as dt
import json
import random
import threading
import time

import pytest
from django.db import connection
from django.test import Client as Browser
from hypothesis import HealthCheck, given
from hypothesis import settings as example_settings
from hypothesis import strategies as st

from imis_ai.jobs.models import JobRun
from imis_ai.mirror import actions, models, signals, webhooks
from tests.mirror.conftest import NOW, ZONE, contents, differences

URL = "/api/imis/notices/"
SECRET = "a-long-secret-that-iMIS-sends-in-a-header"
pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _switched_on(settings):
    settings.IMIS_WEBHOOK_SECRET = SECRET


def event(number: int = 1, kind: str = "Party.Updated", subject: str = "Party/101", **more) -> dict:
    return {
        "id": f"e{number}",
        "eventType": kind,
        "subject": subject,
        "data": {},
        "topic": "imis",
    } | more


def post(body: object, secret: str | None = SECRET, header: str = "X-Imis-Secret"):
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    headers = {header: secret} if secret is not None else {}
    return Browser().post(URL, data=raw, content_type="application/json", headers=headers)


@pytest.mark.row("GOV-37")
def test_a_notice_is_stored_once_and_queues_one_job():
    answers = [post([event(1), event(2)]), post([event(2), event(3)]), post([event(1)])]

    assert [answer.status_code for answer in answers] == [202, 202, 202]
    assert sorted(models.Notice.objects.values_list("event_id", flat=True)) == ["e1", "e2", "e3"]
    assert JobRun.objects.filter(name="mirror.notices").count() == 1


def test_the_handshake_returns_the_code_and_stores_nothing():
    validation = event(kind=webhooks.VALIDATION, data={"validationCode": "42-x"})

    answer = post([validation])

    assert (answer.status_code, answer.json()) == (200, {"validationResponse": "42-x"})
    assert models.Notice.objects.count() == 0


@pytest.mark.parametrize(
    ("secret", "header", "status"),
    [
        (SECRET, "X-Imis-Secret", 202),
        (f"Bearer {SECRET}", "Authorization", 202),
        (None, "", 401),
        ("", "X-Imis-Secret", 401),
        (SECRET[:-1], "X-Imis-Secret", 401),
        (SECRET.upper(), "X-Imis-Secret", 401),
        (SECRET, "X-Other", 401),
        ("ünsichtbar", "X-Imis-Secret", 401),
    ],
)
def test_only_the_secret_opens(secret, header, status):
    assert post([event()], secret, header or "X-None").status_code == status


def test_two_secrets_are_valid_while_one_replaces_the_other(settings):
    settings.IMIS_WEBHOOK_SECRET = f"new-secret, {SECRET}"

    assert [post([event()], secret).status_code for secret in (SECRET, "new-secret", "")] == [202, 202, 401]


def test_without_a_secret_in_the_settings_there_is_no_endpoint(settings):
    settings.IMIS_WEBHOOK_SECRET = ""

    assert post([event()]).status_code == 404
    assert Browser().get(URL).status_code == 405


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"", 400),
        (b"{}", 400),
        (b"[1]", 400),
        (b"[" * 100_000, 400),
        (b'[{"id": 1, "eventType": "a"}]', 400),
        (b'[{"id": "", "eventType": "a"}]', 400),
        (b'[{"id": "1"}]', 400),
        (b"\xff\xfe", 400),
        (json.dumps([event(subject="x" * 301)]).encode(), 400),
        (json.dumps([event(subject="a\x00b")]).encode(), 400),
        (json.dumps([event(n) for n in range(1001)]).encode(), 400),
        (json.dumps([event(kind=webhooks.VALIDATION)]).encode(), 400),
        (b" " * (256 * 1024 + 1), 413),
        (b"[]", 202),
    ],
    ids=range(14),
)
def test_what_is_no_list_of_events_is_refused(body, status):
    assert post(body).status_code == status
    assert models.Notice.objects.count() == 0


ANYTHING = st.recursive(st.none() | st.text() | st.floats(), st.lists)


@example_settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(body=st.binary(max_size=200) | ANYTHING.map(json.dumps))
def test_no_body_makes_it_stumble(body):
    raw = body if isinstance(body, bytes) else body.encode("utf-8", "surrogatepass")

    assert post(raw).status_code in (202, 400)


def test_subjects_and_types_become_what_to_read_again():
    told = [
        ("Party.Updated", "Party/101"),
        ("Person.Created", "102"),
        ("Party.Updated", "Party/101"),
        ("MemberLogin", "Party/103"),
        ("EventRegistration.Created", "EventRegistration/E1-101"),
        ("PaymentPosted", "Payment/77"),
        ("Event.Updated", "Event/AC26"),
        ("Item.Updated", "Item/BOOK"),
        ("Party.Updated", "Party/../../x"),
    ]

    assert signals.wanted(told) == {
        "web_visits": set(),
        "registrations": set(),
        "payments": {"77"},
        "events": {"AC26"},
        "members": set(),  # what could not be named is looked for among all changes
    }


@pytest.mark.row("GOV-37")
def test_the_mirror_follows_a_change_at_once(site):
    site.sync()
    someone = models.Member.objects.filter(gone_at=None).first()
    site.edit(op="update", id=someone.imis_id, City="Galveston")
    actions.receive(events=[signals.Signal("e1", "Party.Updated", f"Party/{someone.imis_id}")], now=NOW)

    with site.client() as client:
        handled = actions.follow_up_alone(client=client, now=NOW)
        requests = client.requests

    someone.refresh_from_db()
    assert (handled, someone.city) == (1, "Galveston")
    assert requests == 2  # the token and the one record
    assert models.DirtyMember.objects.filter(member=someone).exists()
    assert models.Notice.objects.filter(handled_at=None).count() == 0


LIVE = {"WebActivity": models.Activity, "Registrations": models.Registration, "Payment": models.Payment}


@pytest.mark.row("CHURN-50")
@pytest.mark.parametrize(
    ("kind", "table", "row"),
    [
        ("MemberLogin", "WebActivity", {"Kind": "login", "At": "now", "Minutes": 4}),
        ("EventRegistration.Created", "Registrations", {"RegisteredOn": "2026-11-21T05:00:00"}),
        ("PaymentPosted", "Payment", {}),
    ],
)
def test_a_login_a_registration_and_a_payment_reach_the_member(site, kind, table, row):
    site.sync()
    live = LIVE[table]
    owned = live.objects.exclude(member=None).filter(member__gone_at=None)
    newest = owned.exclude(key__startswith="mail:").exclude(key__startswith="act:").order_by("-pk").first()
    key = newest.key.removeprefix("web:")
    live.objects.filter(pk=newest.pk).delete()
    if row:
        local = dt.datetime.now(ZONE).replace(tzinfo=None).isoformat(timespec="seconds")
        happened = {name: local if value == "now" else value for name, value in row.items()}
        site.edit(op="update", table=table, id=key, **happened)
    actions.receive(events=[signals.Signal("e1", kind, f"{table}/{key}")], now=NOW)

    with site.client() as client:
        actions.follow_up_alone(client=client, now=NOW)

    assert live.objects.get(key=newest.key).member_id == newest.member_id


def test_a_deleted_member_told_of_by_a_notice_is_gone(site):
    site.sync()
    someone = models.Member.objects.filter(gone_at=None).first()
    site.edit(op="delete", id=someone.imis_id)
    actions.receive(events=[signals.Signal("e1", "Party.Deleted", f"Party/{someone.imis_id}")], now=NOW)

    with site.client() as client:
        actions.follow_up_alone(client=client, now=NOW)

    someone.refresh_from_db()
    assert someone.gone_at == NOW


@pytest.mark.row("GOV-37")
def test_out_of_order_doubled_and_lost_notices_end_in_the_present_state(site):
    site.sync()
    chance = random.Random(5)
    ids = list(models.Member.objects.filter(gone_at=None).values_list("imis_id", flat=True))[:12]
    told = []
    for number in range(40):
        key = chance.choice(ids)
        site.edit(op="update", id=key, City=f"City {number}")
        told.append(signals.Signal(f"e{number}", "Party.Updated", f"Party/{key}"))
    chance.shuffle(told)
    told = [one for one in told if chance.random() > 0.1] * 2
    with site.client() as client:
        for start in range(0, len(told), 7):
            actions.receive(events=told[start : start + 7], now=NOW)
            actions.follow_up_alone(client=client, now=NOW)
    site.sync(now=NOW)
    followed = contents()

    site.sync(full=True, now=NOW)

    assert differences(followed, contents()) == {}


def test_a_running_sync_follows_notices_itself(site):
    site.sync()
    someone = models.Member.objects.filter(gone_at=None).first()
    actions.receive(events=[signals.Signal("e1", "Party.Updated", f"Party/{someone.imis_id}")], now=NOW)

    site.sync(resources=["chapters"])

    assert models.Notice.objects.filter(handled_at=None).count() == 0


@pytest.mark.django_db(transaction=True)
@pytest.mark.row("GOV-37")
def test_a_flood_is_answered_quickly_and_becomes_one_job():
    seconds = []

    def send(first: int) -> None:
        for number in range(first, first + 50):
            started = time.monotonic()
            assert post([event(number, subject=f"Party/{number % 9}")]).status_code == 202
            seconds.append(time.monotonic() - started)
        connection.close()

    threads = [threading.Thread(target=send, args=(first,)) for first in (0, 25)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert models.Notice.objects.count() == 75
    assert JobRun.objects.filter(name="mirror.notices", state="queued").count() == 1
    assert sorted(seconds)[-2] < 2
