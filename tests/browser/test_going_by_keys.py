"""The frame in a real browser: keys that go places, a drawing as a picture, a title of its own."""

import re

from playwright.sync_api import expect

from tests.browser.plant import association


def test_keys_go_to_places_and_a_drawing_is_saved_as_a_picture(desk, person):
    association(3)
    seat = desk(person("admin"))
    page, keys = seat.page, seat.page.keyboard

    keys.press("g")
    keys.press("m")
    expect(page).to_have_title("Members | imis_ai")
    keys.press("g")
    keys.press("t")
    expect(page).to_have_title("Today | imis_ai")

    seat.open("/help/components/")
    expect(page).to_have_title("Components | imis_ai")  # and not the percentage of a job that is shown there
    with page.expect_download() as saved:
        page.get_by_role("button", name="PNG of Risk rose for eight weeks").click()
    assert saved.value.suggested_filename == "drawn.png"
    head = saved.value.path().read_bytes()[:24]
    assert head[:8] == b"\x89PNG\r\n\x1a\n"
    assert int.from_bytes(head[16:20]) > 600  # drawn at twice its size
    with page.expect_download() as rows:
        page.get_by_role("link", name="CSV of Risk rose for eight weeks").click()
    assert re.fullmatch(r"drawn-\d{4}-\d\d-\d\d\.csv", rows.value.suggested_filename)
