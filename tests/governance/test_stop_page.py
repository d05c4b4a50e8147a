"""The signed page of every message: stop, or reach a person; for members, without a sign-in."""

import pytest
from django.test import Client

from imis_ai.governance import messages
from imis_ai.governance.messages import ledger, stop
from imis_ai.governance.models import AuditEntry, OptOut, StaffItem
from tests.factories.accounts import UserFactory
from tests.factories.messages import NOW, ContactFactory, reachable

pytestmark = pytest.mark.django_db


@pytest.fixture
def member():
    return reachable(first_name="Dana", name="Dana Whitfield")


@pytest.fixture
def entry(member):
    return ContactFactory(imis_id=member.imis_id, area="tiers", sent_at=NOW)


@pytest.fixture
def page(entry):
    return f"/stop/{stop.token(entry.reference)}/"


@pytest.fixture
def browser():
    """Somebody nobody knows, whose browser keeps no cookie and sends no form token."""
    return Client(enforce_csrf_checks=True)


def why_not(member, channel="email", area="retention"):
    return messages.may_contact(imis_id=member.imis_id, channel=channel, area=area, now=NOW)


def test_the_page_stands_alone_and_names_nobody(browser, page):
    answer = browser.get(page)
    html = answer.content.decode()

    assert answer.status_code == 200
    assert "Dana" not in html
    assert "<nav" not in html
    assert "<script" not in html
    assert answer["X-Robots-Tag"] == "noindex"
    assert answer["Cache-Control"] == "no-store"


def test_looking_at_the_page_changes_nothing(browser, page):
    browser.get(page)
    browser.head(page)

    assert not OptOut.objects.exists()


@pytest.mark.row("GOV-32")
@pytest.mark.parametrize(
    ("choice", "stops"),
    [
        ("kind", {("email", "retention"), ("sms", "retention")}),
        ("channel", {("email", "retention"), ("email", "renewals")}),
        ("all", {("email", "retention"), ("sms", "retention"), ("email", "renewals"), ("sms", "renewals")}),
    ],
)
def test_a_member_stops_what_they_choose(browser, page, entry, member, choice, stops):
    answer = browser.post(page, {"choice": choice})

    asked = [(channel, area) for channel in ("email", "sms") for area in ("retention", "renewals")]
    assert "Stopped" in answer.content.decode()
    assert {pair for pair in asked if why_not(member, *pair)} == stops
    entry.refresh_from_db()
    assert entry.state == "opted out"
    assert AuditEntry.objects.filter(action="contact.opted out").count() == 1


def test_a_mail_program_stops_with_one_click(browser, page, member):
    answer = browser.post(page, {"List-Unsubscribe": "One-Click"})
    browser.post(page, {"List-Unsubscribe": "One-Click"})

    assert answer.status_code == 200
    assert why_not(member).rule == "opt-out"
    assert OptOut.objects.count() == 1


@pytest.mark.parametrize(
    "change", [lambda t: t[:-1], lambda t: "IAI-" + t[5:], lambda t: t.split(".")[0], lambda t: "x"]
)
def test_a_link_that_was_tampered_with_does_nothing(browser, entry, change):
    answer = browser.post(f"/stop/{change(stop.token(entry.reference))}/", {"choice": "all"})

    assert answer.status_code == 404
    assert "reply to it" in answer.content.decode()
    assert not OptOut.objects.exists()


def test_a_link_signed_for_something_else_is_none_of_ours(browser, entry):
    from django.core import signing

    assert browser.get(f"/stop/{signing.Signer(sep='.').sign(entry.reference)}/").status_code == 404


@pytest.mark.row("GOV-32")
def test_asking_for_a_person_puts_the_member_before_staff_once(browser, page, member):
    browser.post(page, {"ask": "1", "text": "<b>Call me</b> about my card"})
    browser.post(page, {"ask": "1", "text": "<b>Call me</b> about my card"})
    item = StaffItem.objects.get()
    assert (item.imis_id, item.why, item.text) == (member.imis_id, "asked", "<b>Call me</b> about my card")
    assert not OptOut.objects.exists()

    ledger.done(item=item, by=UserFactory(), now=NOW, note="Called")
    browser.post(page, {"ask": "1", "text": "Still waiting"})

    item.refresh_from_db()
    assert item.done_at is None
    assert item.text.endswith("Still waiting")
