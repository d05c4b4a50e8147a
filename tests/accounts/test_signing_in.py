"""Signing in, being locked out, own password and preferences."""

import re

import pytest
from django.contrib.auth.hashers import identify_hasher
from django.test import Client

from imis_ai.accounts.models import User
from tests.factories.accounts import PASSWORD, UserFactory
from tests.reading import html_of

WRONG = {"username": "priya", "password": "not this one at all"}
RIGHT = {"username": "priya", "password": PASSWORD}


@pytest.fixture
def priya(db):
    return UserFactory(username="priya", first_name="Priya", last_name="Nair")


def test_passwords_are_kept_with_argon2(priya):
    assert identify_hasher(priya.password).algorithm == "argon2"


def test_signing_in_leads_to_the_wanted_page_with_a_new_session(priya):
    client = Client()
    client.get("/login/")
    client.session.save()
    before = client.session.session_key

    response = client.post("/login/?next=/data/", RIGHT | {"next": "/data/"})

    assert (response.status_code, response["Location"]) == (302, "/data/")
    assert client.session.session_key != before


@pytest.mark.parametrize(
    "target",
    ["https://evil.example/", "//evil.example", "/\\evil.example", "javascript:alert(1)", "https:evil"],
)
def test_signing_in_never_leads_to_another_site(priya, target):
    response = Client().post("/login/", RIGHT | {"next": target})

    assert response["Location"] == "/"


@pytest.mark.parametrize("target", ["https://evil.example/", "//evil.example"])
def test_revealing_names_never_leads_to_another_site(db, target):
    client = Client()
    client.force_login(UserFactory(role="admin"))

    assert client.post("/account/reveal/", {"next": target})["Location"] == "/"


def test_a_wrong_password_gets_the_same_answer_as_an_unknown_name(priya):
    wrong = Client().post("/login/", WRONG)
    unknown = Client().post("/login/", WRONG | {"username": "nobody"})

    assert wrong.status_code == unknown.status_code == 422
    errors = [re.findall(r"<li>(.*?)</li>", response.content.decode()) for response in (wrong, unknown)]
    assert errors[0] == errors[1] != []


def test_ten_wrong_tries_lock_this_name_from_this_network_and_nobody_else(priya):
    UserFactory(username="jonas")
    client = Client()
    for _ in range(10):
        client.post("/login/", WRONG)

    locked = client.post("/login/", RIGHT)
    other = client.post("/login/", RIGHT | {"username": "jonas"})
    elsewhere = Client(REMOTE_ADDR="10.0.0.9").post("/login/", RIGHT)

    assert locked.status_code == 429
    assert "Signing in is paused" in locked.content.decode()
    assert "15 minutes" in locked.content.decode()
    assert other.status_code == elsewhere.status_code == 302


def test_a_forged_forwarding_header_does_not_escape_the_lock(priya):
    client = Client()
    for n in range(11):
        response = client.post("/login/", WRONG, headers={"X-Forwarded-For": f"10.1.1.{n}"})

    assert response.status_code == 429


def test_signing_out_ends_the_session_and_needs_a_post(priya):
    client = Client()
    client.force_login(priya)

    assert client.get("/logout/").status_code == 405
    client.post("/logout/")
    assert client.get("/account/").status_code == 302


def test_a_session_lives_while_its_person_works_and_is_written_seldom(priya, django_assert_num_queries):
    client = Client()
    client.force_login(priya)
    client.get("/help/shortcuts/")
    kept = client.session["kept"]

    with django_assert_num_queries(4):  # session, person, freshness, phase
        client.get("/help/shortcuts/")
    session = client.session
    session["kept"] = kept - 301
    session.save()
    client.get("/help/shortcuts/")

    assert client.session["kept"] >= kept


def test_preferences_are_saved_and_used(priya):
    client = Client()
    client.force_login(priya)

    client.post("/account/", {"theme": "dark", "density": "compact"})

    page = html_of(client.get("/account/"))
    assert '<html lang="en" data-theme="dark" data-density="compact">' in page
    assert "data-shortcuts" not in page
    assert "Your preferences are saved." in page


def test_a_preference_that_does_not_exist_is_an_error_with_a_summary(priya):
    client = Client()
    client.force_login(priya)

    response = client.post("/account/", {"theme": "pink", "density": "compact"})

    assert response.status_code == 422
    assert "There is a problem" in response.content.decode()


def test_nobody_raises_their_own_role_through_the_account_page(priya):
    client = Client()
    client.force_login(priya)

    client.post("/account/", {"theme": "dark", "density": "compact", "role": "admin", "is_superuser": "on"})

    assert User.objects.values_list("role", "is_superuser").get(pk=priya.pk) == ("membership", False)


def test_a_new_password_is_needed_to_be_long_and_signs_out_other_sessions(priya):
    here, there = Client(), Client()
    here.force_login(priya)
    there.force_login(priya)
    new = "another long passphrase"

    short = here.post(
        "/account/password/", {"old_password": PASSWORD, "new_password1": "short", "new_password2": "short"}
    )
    done = here.post(
        "/account/password/", {"old_password": PASSWORD, "new_password1": new, "new_password2": new}
    )

    assert short.status_code == 422
    assert "at least 12 characters" in short.content.decode()
    assert done.status_code == 302
    assert here.get("/account/").status_code == 200
    assert there.get("/account/").status_code == 302
