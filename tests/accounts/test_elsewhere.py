"""Signing in at the association's identity provider, against an issuer that really answers over HTTP."""

import json
import os
import subprocess
import sys
from urllib.parse import parse_qs, urlsplit

import pytest
from allauth.mfa.totp.internal import auth as totp
from django.conf import settings as django_settings
from django.test import Client

from imis_ai.accounts.models import User
from tests.accounts import issuer as fake
from tests.factories.accounts import UserFactory
from tests.reading import html_of

pytestmark = pytest.mark.django_db
PRIYA = {"sub": "u-1", "email": "Priya@Example.org", "email_verified": True, "name": "Priya Nair"}


@pytest.fixture
def issuer(settings):
    with fake.running() as issuer:
        app = {"provider_id": "sso", "name": "Alder ID", "client_id": fake.CLIENT, "secret": fake.SECRET}
        app["settings"] = {"server_url": issuer.url, "oauth_pkce_enabled": True}
        settings.OIDC_NAME = "Alder ID"
        settings.SOCIALACCOUNT_PROVIDERS = {"openid_connect": {"APPS": [app]}}
        yield issuer


@pytest.fixture
def priya():
    return UserFactory(username="priya", email="priya@example.org", role="finance")


def go(issuer, claims, *, wanted="/data/"):
    """A browser that follows to the issuer, where somebody signs in, and back."""
    issuer.claims = claims
    client = Client()
    away = client.get(f"/login/elsewhere/sso/?next={wanted}")
    asked = {name: values[0] for name, values in parse_qs(urlsplit(away["Location"]).query).items()}
    issuer.challenges["once"] = asked["code_challenge"]
    return client, client.get(f"/login/elsewhere/sso/back/?code=once&state={asked['state']}"), asked


def test_the_button_is_there_only_when_it_is_configured(issuer, settings):
    with_it = html_of(Client().get("/login/?next=/data/"))
    settings.OIDC_NAME = ""
    without = html_of(Client().get("/login/"))

    assert (
        'href="/login/elsewhere/sso/?next=%2Fdata%2F"' in with_it
        or "/login/elsewhere/sso/?next=/data/" in with_it
    )
    assert "Sign in with Alder ID" in with_it
    assert "elsewhere" not in without


def test_somebody_known_by_a_verified_address_comes_in_to_the_wanted_page(issuer, priya):
    client, response, asked = go(issuer, PRIYA)

    assert (response.status_code, response["Location"]) == (302, "/data/")
    assert client.session["_auth_user_id"] == str(priya.pk)
    assert set(asked["scope"].split()) == {"openid", "profile", "email"}
    assert asked["code_challenge_method"] == "S256"


def test_the_second_time_the_number_counts_and_not_the_address(issuer, priya):
    go(issuer, PRIYA)

    client, response, _ = go(issuer, PRIYA | {"email": "moved@example.org"})

    assert response["Location"] == "/data/"
    assert client.session["_auth_user_id"] == str(priya.pk)


@pytest.mark.parametrize(
    "claims",
    [
        PRIYA | {"email": "stranger@example.org"},
        PRIYA | {"email_verified": False},
        PRIYA | {"email_verified": "false"},
        {"sub": "u-1", "email": "priya@example.org"},
        {"sub": "u-1"},
    ],
    ids=["unknown", "unverified", "unverified in words", "nothing said", "no address"],
)
def test_nobody_else_comes_in_and_no_account_is_made(issuer, priya, claims):
    client, response, _ = go(issuer, claims)

    assert response.status_code == 403
    assert "Ask your administrator for an invitation" in html_of(response)
    assert "_auth_user_id" not in client.session
    assert User.objects.count() == 1


@pytest.mark.parametrize("linked", [True, False])
def test_a_disabled_person_stays_out(issuer, priya, linked):
    if linked:
        go(issuer, PRIYA)
    User.objects.update(is_active=False)

    client, response, _ = go(issuer, PRIYA)

    assert response.status_code == 403
    assert "_auth_user_id" not in client.session


def test_whoever_has_a_second_step_takes_it(issuer, priya):
    totp.TOTP.activate(priya, totp.generate_totp_secret())

    client, response, _ = go(issuer, PRIYA)

    assert response["Location"] == "/login/second-step/"
    assert "_auth_user_id" not in client.session


def test_an_answer_that_was_not_asked_for_is_refused(issuer, priya):
    client, _, _ = go(issuer, PRIYA | {"email": "stranger@example.org"})
    issuer.claims = PRIYA

    forged = Client().get("/login/elsewhere/sso/back/?code=once&state=made-up")
    replayed = client.get("/login/elsewhere/sso/back/?code=once&state=made-up")

    assert [forged.status_code, replayed.status_code] == [502, 502]
    assert "_auth_user_id" not in client.session


@pytest.mark.parametrize("target", ["https://evil.example/", "//evil.example"])
def test_it_never_leads_to_another_site(issuer, priya, target):
    _, response, _ = go(issuer, PRIYA, wanted=target)

    assert response["Location"] == "/"


def test_it_is_configured_by_the_environment_with_the_secret_in_a_file(tmp_path):
    secret = tmp_path / "secret"
    secret.write_text("from a file")
    given = {
        "OIDC_NAME": "Alder ID",
        "OIDC_ISSUER": "https://id.example.org",
        "OIDC_CLIENT_ID": "here",
        "OIDC_SECRET_FILE": str(secret),
        "IMIS_AI_VAR": str(django_settings.VAR_DIR),
        "DATABASE_URL": "postgres://nobody@localhost/none",
        "REDIS_URL": "redis://localhost:1",
        "DJANGO_SETTINGS_MODULE": "imis_ai.settings",
    }
    ask = "import json; from django.conf import settings as s; print(json.dumps(s.SOCIALACCOUNT_PROVIDERS))"
    run = subprocess.run(
        [sys.executable, "-c", ask],
        env=os.environ | given,
        cwd=django_settings.BASE_DIR,
        capture_output=True,
        check=True,
        text=True,
    )

    (app,) = json.loads(run.stdout)["openid_connect"]["APPS"]
    assert (app["name"], app["client_id"], app["secret"]) == ("Alder ID", "here", "from a file")
    assert app["settings"] == {"server_url": "https://id.example.org", "oauth_pkce_enabled": True}


def test_one_must_have_left_from_here(issuer, priya):
    assert Client().get("/login/elsewhere/other/").status_code == 404
