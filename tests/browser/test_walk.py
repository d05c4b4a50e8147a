"""A membership manager at work in a real browser: keyboard, panel, filters, selection, search, going back."""

import re

import pytest
from playwright.sync_api import expect

from imis_ai.accounts.models import User
from imis_ai.jobs.models import JobRun
from tests.browser.plant import association
from tests.factories.accounts import PASSWORD
from tests.factories.mirror import NOW


def names(desk):
    return desk.page.locator("tbody [data-row]").evaluate_all("rows => rows.map(row => row.dataset.row)")


def test_signing_in_by_the_form(desk, person):
    association(3)
    person()
    seat = desk()
    seat.open("/retention/?panel=100001")

    seat.page.get_by_label("Username").fill("membership")
    seat.page.get_by_label("Password").fill("wrong")
    seat.page.get_by_role("button", name="Sign in").click()
    expect(seat.page.get_by_role("alert")).to_be_focused()
    seat.page.get_by_label("Password").fill(PASSWORD)
    seat.page.get_by_role("button", name="Sign in").click()

    expect(seat.page.locator("#panel h2")).to_have_text("Marcus Oyelaran")


def test_a_whole_journey_without_a_mouse(desk, person):
    association()
    seat = desk(person())
    page, keys = seat.page, seat.page.keyboard

    expect(page).to_have_title("Members at risk | imis_ai")
    keys.press("j")
    expect(page.locator('[data-row="100000"]')).to_have_attribute("aria-current", "true")
    keys.press("Enter")
    panel = page.locator("#panel")
    expect(panel.get_by_role("heading", level=2)).to_have_text("Dana Whitfield")
    expect(panel).to_be_focused()
    expect(page).to_have_url(re.compile(r"\?panel=100000$"))

    keys.press("j")
    expect(panel.get_by_role("heading", level=2)).to_have_text("Marcus Oyelaran")
    expect(page.locator('[data-row="100001"]')).to_have_attribute("aria-current", "true")
    keys.press("x")
    keys.press("j")
    keys.press("j")
    keys.press("Shift+X")
    expect(page.get_by_role("region", name="Selected members")).to_contain_text("3 selected")

    keys.press("Escape")
    expect(panel).to_be_empty()
    expect(page).to_have_url(re.compile(r"/retention/\??$"))
    expect(page.locator('[data-row="100003"] a').first).to_be_focused()

    keys.press("?")
    expect(page.get_by_role("dialog")).to_contain_text("Next, previous row")
    keys.press("Escape")
    keys.press("Control+k")
    page.get_by_role("dialog").get_by_role("searchbox").fill("100004")
    found = page.get_by_role("dialog").get_by_role("link", name=re.compile("Łukasz Żak"))
    expect(found).to_be_visible()
    keys.press("ArrowDown")
    keys.press("Enter")
    expect(page).to_have_title("Łukasz Żak | imis_ai")

    keys.press("u")
    expect(page).to_have_title("Members | imis_ai")
    seat.settled()
    keys.press("g")
    keys.press("d")
    expect(page).to_have_title("Data and sync | imis_ai")


def test_a_late_answer_never_replaces_a_newer_one(desk, person):
    association(6)
    seat = desk(person())
    page, late = seat.page, []
    page.route("**/*panel=100001*", lambda route: late.append(route))

    page.get_by_role("link", name="Marcus Oyelaran").click()
    page.get_by_role("link", name="Hae-won Lim").click()
    expect(page.locator("#panel h2")).to_have_text("Hae-won Lim")
    late[0].continue_()
    page.wait_for_timeout(500)
    expect(page.locator("#panel h2")).to_have_text("Hae-won Lim")
    assert page.url.endswith("panel=100002")

    page.get_by_role("link", name=re.compile("^Close")).click()
    expect(page.locator("#panel")).to_be_empty()
    page.go_back()
    expect(page.locator("#panel h2")).to_have_text("Hae-won Lim")


def test_filters_push_the_address_and_back_brings_the_list_back(desk, person):
    association()
    seat = desk(person())
    page = seat.page

    page.locator("summary", has_text="Tier").click()
    page.get_by_role("checkbox", name="Fellow").check()
    page.locator("details[open]").get_by_role("button", name="Show").click()
    expect(page.locator(".pager")).to_contain_text("1 to 30 of 30")
    assert "tier=FEL" in page.url
    page.get_by_role("navigation", name="Time ahead").get_by_role("link", name="60").click()
    expect(page.get_by_role("navigation", name="Time ahead").locator("[aria-current]")).to_have_text("60")
    assert "tier=FEL" in page.url
    assert "horizon=60" in page.url
    page.get_by_role("link", name="Remove the filter Tier").click()
    expect(page.locator(".pager")).not_to_contain_text("of 30")
    page.go_back()
    expect(page.get_by_role("link", name="Remove the filter Tier")).to_be_visible()
    page.wait_for_load_state("networkidle")
    page.goto(page.url)
    expect(page.get_by_role("link", name="Remove the filter Tier")).to_be_visible()


def test_sort_and_pages(desk, person):
    association()
    seat = desk(person())
    page = seat.page

    page.get_by_role("link", name="Dues").click()
    expect(page.get_by_role("columnheader", name="Dues")).to_have_attribute("aria-sort", "descending")
    page.get_by_role("link", name="Risk, of 100").click()
    expect(page.get_by_role("columnheader", name="Risk, of 100")).to_have_attribute("aria-sort", "descending")
    page.get_by_role("link", name="Next", exact=True).click()
    expect(page.locator(".pager")).to_contain_text("51 to")
    assert names(seat)[0] == "100050"


def test_one_popover_is_open_at_a_time_and_escape_returns_the_focus(desk, person):
    association(4)
    page = desk(person()).page

    page.locator("summary", has_text="Tier").click()
    page.locator("summary", has_text="Reason").click()
    assert page.locator("details.pop[open]").count() == 1
    page.keyboard.press("Escape")
    assert page.locator("details.pop[open]").count() == 0
    expect(page.locator("summary", has_text="Reason")).to_be_focused()


def test_single_keys_are_off_where_a_person_writes_or_switched_them_off(desk, person):
    association(4)
    user = person()
    seat = desk(user)
    seat.open("/search/")
    seat.page.get_by_role("searchbox").fill("")
    seat.page.get_by_role("searchbox").press("g")
    seat.page.get_by_role("searchbox").press("d")
    expect(seat.page.get_by_role("searchbox")).to_have_value("gd")

    User.objects.filter(pk=user.pk).update(has_shortcuts=False)
    seat.open("/retention/")
    seat.page.keyboard.press("j")
    assert seat.page.locator("[data-row][aria-current]").count() == 0


def test_the_header_box_selects_the_page_and_the_export_holds_those(desk, person):
    association(4)
    seat = desk(person())
    page = seat.page

    page.get_by_role("checkbox", name=re.compile("^Select all")).check()
    bar = page.get_by_role("region", name="Selected members")
    expect(bar).to_contain_text("4 selected")
    page.locator("[data-pick]").first.uncheck()
    expect(bar).to_contain_text("3 selected")
    with page.expect_download() as download:
        bar.get_by_role("button", name="Export these").click()
    lines = download.value.path().read_text().splitlines()
    assert [line.split(",")[0] for line in lines[1:]] == ["100001", "100002", "100003"]
    bar.get_by_role("button", name="Clear selection").click()
    expect(bar).to_be_hidden()


@pytest.mark.parametrize("code", [200, 403, 404, 409, 422, 503])
def test_an_answer_with_a_sentence_is_shown_in_its_place(desk, person, code):
    association(3)
    seat = desk(person())
    seat.page.route("**/*panel=100001*", lambda route: route.fulfill(status=code, body="<p>Said so.</p>"))

    seat.page.get_by_role("link", name="Marcus Oyelaran").click()

    expect(seat.page.locator("#panel")).to_have_text("Said so.")


@pytest.mark.parametrize("code", [204, 500, 502])
def test_an_empty_answer_or_an_error_page_never_lands_in_a_panel(desk, person, code):
    association(3)
    seat = desk(person())
    body = "" if code == 204 else "<p>Stack</p>"
    seat.page.route("**/*panel=100001*", lambda route: route.fulfill(status=code, body=body))

    with seat.page.expect_response(re.compile("panel=100001")):
        seat.page.get_by_role("link", name="Marcus Oyelaran").click()
    seat.page.wait_for_timeout(200)

    expect(seat.page.locator("#panel")).to_be_empty()
    seat.problems.clear()


def test_a_session_that_ended_sends_the_whole_page_to_sign_in(desk, person):
    association(3)
    seat = desk(person())
    seat.page.context.clear_cookies()

    seat.page.get_by_role("link", name="Marcus Oyelaran").click()

    expect(seat.page).to_have_title("Sign in | imis_ai")
    assert "next=/retention/" in seat.page.url


def test_a_job_page_follows_its_job_to_the_end_and_then_stops_asking(desk, person):
    job = JobRun.objects.create(
        name="mirror.sync", state="running", created_at=NOW, started_at=NOW, heartbeat_at=NOW,
        stages=[{"name": "members", "done": 400, "total": 1_000, "seconds": 10.0}],
    )  # fmt: skip
    seat = desk(person("admin"))
    asked = []
    seat.page.on("request", lambda request: asked.append(request.url))
    seat.open(f"/jobs/{job.pk}/")

    expect(seat.page).to_have_title(re.compile(r"^40 % .* \| imis_ai$"))
    stages = [{"name": "members", "done": 800, "total": 1_000, "seconds": 20.0}]
    JobRun.objects.filter(pk=job.pk).update(stages=stages)
    expect(seat.page.locator("#job")).to_contain_text("800 of 1,000")
    expect(seat.page.locator("#announce")).to_contain_text("80 percent done")
    JobRun.objects.filter(pk=job.pk).update(state="done", finished_at=NOW, message="All read.")
    expect(seat.page.locator("#job")).to_contain_text("All read.")
    polled = len(asked)
    seat.page.wait_for_timeout(2_500)
    assert len(asked) == polled


def test_theme_and_density_show_at_once_and_stay(desk, person):
    seat = desk(person(), color_scheme="light")
    page = seat.page
    seat.open("/account/")
    light = page.evaluate("getComputedStyle(document.body).backgroundColor")

    page.get_by_role("radio", name="Dark").check()
    dark = page.evaluate("getComputedStyle(document.body).backgroundColor")
    page.get_by_role("button", name="Save preferences").click()
    expect(page.locator(".toast")).to_contain_text("Your preferences are saved.")

    assert light != dark
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == dark


def test_hostile_text_in_every_name_does_nothing(desk, person):
    payload = "<img src=x onerror=alert(1)>\"'><svg onload=alert(1)>{{7*7}}\u202edrow"
    member = association(2)[0]
    type(member).objects.filter(pk=member.pk).update(name=payload, first_name=payload, last_name=payload)
    member.chapter.name = member.tier.name = payload
    member.chapter.save()
    member.tier.save()
    seat = desk(person())
    fired = []
    seat.page.on("dialog", lambda dialog: (fired.append(dialog.message), dialog.dismiss()))

    for path in ("/retention/?panel=100000", "/retention/members/100000/", "/search/?q=100000"):
        seat.open(path)

    assert fired == []
    assert seat.page.locator("img").count() == 0
