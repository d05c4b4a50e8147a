"""The second step: asked for before there is a session, set up where the role needs it."""

import time

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal import auth as totp
from django.test import Client

from imis_ai.accounts import actions
from imis_ai.accounts.models import User
from tests.factories.accounts import PASSWORD, UserFactory
from tests.reading import html_of

pytestmark = pytest.mark.django_db


def code(secret: str, *, later: int = 0) -> str:
    """What the app shows now, or `later` periods of 30 seconds from now."""
    return totp.format_hotp_value(totp.hotp_value(secret, int(time.time()) // 30 + later))


@pytest.fixture
def required(settings):
    settings.MFA_REQUIRED = True


@pytest.fixture
def secret():
    return totp.generate_totp_secret()


@pytest.fixture
def priya(secret):
    """Somebody with an app and recovery codes."""
    person = UserFactory(username="priya", role="finance")
    totp.TOTP.activate(person, secret)
    RecoveryCodes.activate(person)
    return person


def sign_in(username="priya", **extra):
    client = Client()
    response = client.post("/login/", {"username": username, "password": PASSWORD, **extra})
    return client, response


def test_the_password_alone_opens_nothing(priya):
    client, response = sign_in(next="/data/")

    assert response["Location"] == "/login/second-step/"
    assert "_auth_user_id" not in client.session
    assert client.get("/account/")["Location"] == "/login/?next=/account/"
    assert "Second step" in html_of(client.get("/login/second-step/"))


def test_the_right_code_leads_to_the_wanted_page_under_a_new_key(priya, secret):
    client, _ = sign_in(next="/data/")
    before = client.session.session_key

    response = client.post("/login/second-step/", {"code": code(secret)})

    assert (response.status_code, response["Location"]) == (302, "/data/")
    assert client.session.session_key != before
    assert client.get("/account/").status_code == 200


def test_a_wrong_code_is_said_and_six_of_them_stop_the_guessing(priya, secret):
    client, _ = sign_in()
    answers = [client.post("/login/second-step/", {"code": "000000"}) for _ in range(6)]

    assert {answer.status_code for answer in answers} == {422}
    assert "This code is not right" in html_of(answers[0])
    assert "Too many" in html_of(answers[5])
    assert client.post("/login/second-step/", {"code": code(secret)}).status_code == 422


def test_a_code_works_once_in_whatever_process(priya, secret):
    first, _ = sign_in()
    second, _ = sign_in()
    shown = code(secret)

    assert first.post("/login/second-step/", {"code": shown}).status_code == 302
    assert second.post("/login/second-step/", {"code": shown}).status_code == 422


def test_a_recovery_code_opens_once(priya):
    one = Authenticator.objects.get(type="recovery_codes").wrap().get_unused_codes()[0]
    first, _ = sign_in()
    second, _ = sign_in()

    assert first.post("/login/second-step/", {"code": one}).status_code == 302
    assert second.post("/login/second-step/", {"code": one}).status_code == 422


def test_a_new_password_by_invitation_does_not_skip_the_second_step(priya):
    from django.utils import timezone

    from imis_ai.accounts import invitations

    sent = invitations.invite(person=priya, by=None, now=timezone.now())
    new = "a new and long passphrase"
    Client().post(f"/invitation/{invitations.token(sent)}/", {"new_password1": new, "new_password2": new})

    client = Client()
    response = client.post("/login/", {"username": "priya", "password": new})

    assert response["Location"] == "/login/second-step/"
    assert client.get("/account/").status_code == 302


@pytest.mark.parametrize("path", ["/admin/", "/admin/login/"])
def test_the_django_admin_has_no_door_of_its_own(priya, path):
    User.objects.filter(pk=priya.pk).update(is_staff=True)
    client = Client()

    response = client.get(path, follow=True)
    client.post("/admin/login/", {"username": "priya", "password": PASSWORD})

    assert response.redirect_chain[-1][0].startswith("/login/")
    assert "_auth_user_id" not in client.session


@pytest.mark.parametrize("role", User.Role.values)
def test_until_it_is_set_up_only_setting_it_up_is_open_except_to_executives(required, role):
    client = Client()
    client.force_login(UserFactory(role=role))
    needs = role != "executive"

    page, api = client.get("/retention/"), client.get("/api/v1/retention/members/")

    assert (page.status_code == 302 and page["Location"] == "/account/second-step/") == needs
    if needs:
        assert api.status_code == 403
        assert "second step" in api.json()["errors"][0]["detail"]
        assert "so it needs a second step" in html_of(client.get("/account/second-step/"))


def test_an_executive_with_a_right_of_their_own_needs_it_too(required):
    client = Client()
    client.force_login(UserFactory(role="executive", is_auditor=True))

    assert client.get("/data/")["Location"] == "/account/second-step/"


def set_up(client) -> tuple[str, object]:
    page = client.get("/account/second-step/app/")
    secret = page.context["form"].secret
    return secret, client.post("/account/second-step/app/", {"code": code(secret)})


def test_setting_up_an_app_opens_the_product_ends_other_sessions_and_shows_codes_once(required):
    person = UserFactory(role="membership")
    here, there = Client(), Client()
    here.force_login(person)
    there.force_login(person)

    _, response = set_up(here)

    assert response["Location"] == "/account/second-step/codes/"
    codes = here.get("/account/second-step/codes/")
    assert len(codes.context["unused_codes"]) == 10
    assert "****" in here.get("/account/second-step/codes/").context["unused_codes"]
    assert here.get("/retention/").status_code == 200
    assert there.get("/retention/")["Location"].startswith("/login/")


def test_the_apps_secret_is_sealed_in_the_database(priya, secret):
    assert secret not in str(Authenticator.objects.get(type="totp").data)
    assert totp.decrypt(Authenticator.objects.get(type="totp").data["secret"]) == secret


def test_the_last_second_step_cannot_be_removed_while_the_role_needs_one(required, priya, secret):
    client, _ = sign_in()
    client.post("/login/second-step/", {"code": code(secret)})

    response = client.post("/account/second-step/app/remove/")

    assert response.status_code == 422
    assert "Add another one first" in html_of(response)
    assert Authenticator.objects.filter(user=priya, type="totp").exists()


def test_it_can_be_removed_where_it_is_not_needed(priya, secret):
    client, _ = sign_in()
    client.post("/login/second-step/", {"code": code(secret)})

    client.post("/account/second-step/app/remove/")

    assert not Authenticator.objects.filter(user=priya).exists()


def test_nobody_can_sign_up(db):
    from django.urls import NoReverseMatch, reverse

    with pytest.raises(NoReverseMatch):
        reverse("account_signup")


def test_whoever_is_disabled_between_the_two_steps_stays_out(priya, secret):
    client, _ = sign_in()
    actions.disable(person=priya)

    response = client.post("/login/second-step/", {"code": code(secret)})

    assert "_auth_user_id" not in client.session
    assert response["Location"] == "/login/"
