"""Sessions: 8 hours without use, 12 in all, ended by whoever must; showing again who one is."""

import re
import time
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from imis_ai.accounts import actions, sessions
from imis_ai.accounts.models import AccessEntry, User
from tests.factories.accounts import PASSWORD, UserFactory
from tests.reading import html_of

pytestmark = pytest.mark.django_db
HOUR = 3600


@pytest.fixture
def marta():
    return UserFactory(username="marta", role="admin")


@pytest.fixture
def client(marta):
    client = Client()
    client.force_login(marta)
    return client


def age(client, **marks) -> None:
    """Move marks of the session back by so many seconds."""
    session = client.session
    for name, seconds in marks.items():
        session[name] = int(time.time()) - seconds
    session.save()


@pytest.mark.parametrize(("idle", "alive"), [(7.9, True), (8.1, False)])
def test_it_ends_after_8_hours_without_use(client, idle, alive):
    age(client, kept=int(idle * HOUR), signed_in_at=int(idle * HOUR))

    assert (client.get("/account/").status_code == 200) == alive


@pytest.mark.parametrize(("hours", "alive"), [(11.9, True), (12.1, False)])
def test_it_ends_after_12_hours_in_any_case(client, hours, alive):
    age(client, signed_in_at=int(hours * HOUR))

    assert (client.get("/account/").status_code == 200) == alive


def test_the_end_leads_to_sign_in_and_back_and_the_old_key_is_dead(client):
    key = client.cookies["sessionid"].value
    age(client, signed_in_at=13 * HOUR)

    response = client.get("/data/?x=1")

    assert response["Location"] == "/login/?next=/data/%3Fx%3D1"
    client.cookies["sessionid"] = key
    assert client.get("/data/").status_code == 302


def test_asking_how_long_is_left_is_not_use_and_staying_is(client):
    age(client, kept=8 * HOUR - 100)

    asked = client.get("/account/session/").json()
    stayed = client.post("/account/session/").json()

    assert 90 <= asked["left"] <= 100
    assert asked["extends"] is True
    assert stayed["left"] > 7.9 * HOUR
    assert asked["who"] == "marta"


def test_the_last_minutes_before_12_hours_cannot_be_extended(client):
    age(client, signed_in_at=12 * HOUR - 100)

    assert client.post("/account/session/").json()["extends"] is False


def test_every_page_tells_the_browser_when_it_ends(client):
    left = int(re.search(r'data-session="(\d+)"', html_of(client.get("/account/")))[1])

    assert sessions.IDLE - 60 < left <= sessions.IDLE
    assert "data-session=" not in html_of(Client().get("/login/"))


@pytest.mark.parametrize(
    "end",
    [
        lambda person: actions.disable(person=person),
        lambda person: actions.end_sessions(person=person),
        lambda person: actions.set_rights(person=person, role="executive", approval_limit=0, extras=()),
    ],
    ids=["disabled", "ended", "other role"],
)
def test_disabling_and_new_rights_end_every_session_at_once(marta, client, end):
    elsewhere = Client()
    elsewhere.force_login(marta)

    end(marta)

    assert [c.get("/account/").status_code for c in (client, elsewhere)] == [302, 302]


def test_signing_out_everywhere_else_keeps_this_session(marta, client):
    elsewhere = Client()
    elsewhere.force_login(marta)

    client.post("/account/end-others/")

    assert client.get("/account/").status_code == 200
    assert elsewhere.get("/account/").status_code == 302


def test_being_here_is_noted_every_five_minutes(marta, client):
    age(client, kept=301)
    client.get("/account/")

    assert timezone.now() - User.objects.get(pk=marta.pk).last_seen_at < timedelta(minutes=1)


def test_what_is_sensitive_asks_again_after_15_minutes_and_is_then_carried_out(client):
    age(client, confirmed_at=16 * 60)
    before = client.session.session_key

    asked = client.post("/account/reveal/", {"reason": "A call", "next": "/data/"})
    wrong = client.post(asked["Location"], {"answer": "not the password"})
    none_yet = AccessEntry.objects.count()
    done = client.post(asked["Location"], {"answer": PASSWORD, "next": "/account/reveal/"})

    assert asked["Location"] == "/account/confirm/?next=%2Faccount%2Freveal%2F"
    assert (wrong.status_code, none_yet) == (422, 0)
    assert "This password is not right." in html_of(wrong)
    assert (done.status_code, done["Location"]) == (302, "/data/")
    assert AccessEntry.objects.get().detail == {"reason": "A call"}
    assert client.session.session_key != before


def test_signing_in_counts_as_showing_who_one_is(client):
    assert client.post("/account/reveal/", {"reason": "x", "next": "/data/"})["Location"] == "/data/"


def test_guessing_the_password_again_is_slowed(client):
    age(client, confirmed_at=16 * 60)
    answers = [client.post("/account/confirm/", {"answer": f"wrong {n}"}).status_code for n in range(12)]

    assert 429 in answers
