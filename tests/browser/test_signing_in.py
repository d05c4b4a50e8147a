"""Signing in with a passkey of the browser, and a session that ends while somebody types."""

import time

import pytest
from playwright.sync_api import expect

from imis_ai.accounts.models import User
from tests.factories.accounts import PASSWORD, UserFactory


@pytest.fixture
def frank(transactional_db):
    return UserFactory(username="frank", role="finance")


def with_key(page) -> None:
    """Put a virtual key into the browser that says yes to everything."""
    devtools = page.context.new_cdp_session(page)
    devtools.send("WebAuthn.enable")
    key = {"protocol": "ctap2", "transport": "internal", "hasResidentKey": True, "hasUserVerification": True}
    options = key | {"isUserVerified": True, "automaticPresenceSimulation": True}
    devtools.send("WebAuthn.addVirtualAuthenticator", {"options": options})


def sign_in(page) -> None:
    page.get_by_label("Username").fill("frank")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()


def test_a_passkey_is_set_up_and_then_asked_for(desk, frank, settings):
    settings.MFA_REQUIRED = True
    seat = desk()
    page = seat.page
    with_key(page)

    seat.open("/login/?next=/data/")
    sign_in(page)
    expect(page.get_by_role("heading", name="Second step")).to_be_visible()
    page.get_by_role("link", name="Add a passkey").click()
    page.get_by_role("button", name="Add the passkey").click()
    expect(page.get_by_role("heading", name="Recovery codes")).to_be_visible()
    expect(page.locator(".codes li")).to_have_count(10)
    seat.open("/data/")
    page.get_by_role("button", name="Sign out").click()
    seat.open("/login/?next=/data/")
    sign_in(page)
    expect(page.get_by_role("heading", name="Second step")).to_be_visible()
    page.get_by_role("button", name="Use a passkey").click()

    expect(page).to_have_title("Data and sync | imis_ai")


def test_two_minutes_before_the_end_one_is_asked_and_stays(desk, frank):
    seat = desk(frank)
    page = seat.page
    seat.open("/account/")
    near_its_end(seat, left=60)
    look_at_the_clock(page)

    expect(page.get_by_role("heading", name="You will be signed out soon")).to_be_visible(timeout=5_000)
    page.get_by_role("button", name="Stay signed in").click()

    expect(page.locator("#session")).to_be_hidden()


def test_what_was_typed_is_still_there_after_signing_in_again(desk, frank):
    seat = desk(frank)
    page = seat.page
    seat.open("/account/password/")
    page.locator("#id_old_password").fill(PASSWORD)
    page.locator("#id_new_password1").fill("typed before it ended")
    page.locator("#id_new_password2").fill("typed before it ended")
    User.objects.filter(pk=frank.pk).update(session_version=1)
    look_at_the_clock(page)
    expect(page.get_by_role("heading", name="You are signed out")).to_be_visible(timeout=5_000)

    with page.context.expect_page() as opened:
        page.get_by_role("link", name="Sign in again").click()
    second = opened.value
    sign_in(second)
    second.wait_for_load_state("networkidle")
    second.close()
    page.bring_to_front()
    page.evaluate("window.dispatchEvent(new Event('focus'))")
    expect(page.locator("#session")).to_be_hidden()
    page.get_by_role("button", name="Change password").click()

    expect(page.get_by_text("Your password is changed.")).to_be_visible()


def look_at_the_clock(page) -> None:
    """What the page does by itself two minutes before the end it knows of."""
    page.evaluate("document.dispatchEvent(new Event('session-look'))")


def near_its_end(seat, *, left: int) -> None:
    """Move the session's marks so that so many seconds are left."""
    from django.contrib.sessions.backends.db import SessionStore

    (cookie,) = [one for one in seat.page.context.cookies() if one["name"] == "sessionid"]
    session = SessionStore(cookie["value"])
    session["kept"] = int(time.time()) - 8 * 3600 + left
    session.save()
