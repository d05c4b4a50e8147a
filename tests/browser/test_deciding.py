"""Decisions without a mouse: rows, selection, the dialog over fifty, approve, reject, note, later."""

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from imis_ai.governance import kinds, proposals
from imis_ai.governance.models import Proposal
from tests.governance.deciding import assisted, draft, tag_kind


@pytest.fixture
def waiting(transactional_db, monkeypatch):
    """waiting(n): so many suggestions of one kind."""
    assisted()
    monkeypatch.setattr(kinds, "KINDS", dict(kinds.KINDS))
    tag_kind()

    def make(number):
        return [proposals.propose(draft=draft(n=n), by=None, now=timezone.now()) for n in range(number)]

    return make


def states():
    return sorted(Proposal.objects.values_list("state", flat=True))


def test_one_after_the_other_from_the_panel_by_keys_alone(desk, person, waiting):
    waiting(4)
    seat = desk(person())
    seat.open("/approvals/")
    page = seat.page

    page.keyboard.press("j")
    page.keyboard.press("o")
    expect(page.locator("#panel h2")).to_be_visible()
    page.keyboard.press("a")
    expect(page.locator(".toasts")).to_contain_text("Approved.")
    expect(page.locator("#panel h2")).to_be_visible()  # the next one is open
    page.keyboard.press("h")
    expect(page.locator(".toasts")).to_contain_text("Set aside.")
    page.keyboard.press("r")
    expect(page.locator("#panel select")).to_be_focused()
    page.keyboard.press("3")
    expect(page.locator(".toasts")).to_contain_text("Rejected.")
    page.keyboard.press("c")
    expect(page.locator("#panel textarea")).to_be_focused()

    assert states() == ["approved", "later", "rejected", "suggested"]


def test_a_few_are_selected_and_approved_by_keys_and_the_report_stays(desk, person, waiting):
    waiting(5)
    seat = desk(person())
    seat.open("/approvals/")
    page = seat.page

    for key in ("j", "x", "j", "j", "Shift+X"):
        page.keyboard.press(key)
    expect(page.locator("[data-count]")).to_have_text("3")
    page.keyboard.press("a")

    expect(page.get_by_text("3 approved.")).to_be_visible()
    assert states() == ["approved"] * 3 + ["suggested"] * 2


def test_everything_that_matches_is_offered_once_the_page_is_selected_and_shown_in_a_dialog(
    desk, person, waiting
):
    waiting(53)
    seat = desk(person())
    seat.page.context.set_default_timeout(60_000)  # fifty transactions, also on a busy machine
    seat.open("/approvals/?tab=mine")
    page = seat.page
    expect(page.get_by_text("All 53 that match")).to_be_hidden()

    page.locator("[data-pick-all]").check()
    page.get_by_text("All 53 that match").click()
    expect(page.locator("[data-count]")).to_have_text("53")
    page.get_by_role("button", name="Approve these").click()

    dialog = page.locator("#dialog")
    expect(dialog.get_by_role("heading", name="Approve 53 suggestions")).to_be_visible()
    assert states() == ["suggested"] * 53
    dialog.get_by_role("button", name="Approve 53 suggestions").click()

    expect(page.get_by_text("53 approved.")).to_be_visible(timeout=60_000)
    assert states() == ["approved"] * 53
