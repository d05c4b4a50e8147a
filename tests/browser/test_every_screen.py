"""Each page on small and large screens, light and dark: accessible, no sideways scroll, no script needed."""

import re

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from imis_ai.jobs.models import JobRun
from imis_ai.mirror.models import EnteredChange, Feed, QualityCount, QualityIgnored, Reject
from tests.browser.plant import association
from tests.factories.accounts import UserFactory, people_page
from tests.factories.governance import CorrectionFactory, ReviewItemFactory
from tests.factories.integrations import ApiClientFactory, DeliveryFactory, WebhookFactory
from tests.factories.mirror import NOW, MemberFactory
from tests.factories.registry import models_page

PAGES = {
    "login": ("-", "/login/"),
    "today": ("membership", "/"),
    "today of an administrator": ("admin", "/"),
    "today in totals": ("executive", "/"),
    "members": ("membership", "/members/"),
    "members, none": ("membership", "/members/?q=nobody&tier=PRO"),
    "whole member": ("membership", "/members/100000/"),
    "as known on a day": ("membership", "/members/100000/?on=2026-05-20"),
    "first year": ("membership", "/members/new/?tab=all"),
    "assigning": ("membership", "/owners/?pick=100000"),
    "list": ("membership", "/retention/"),
    "panel": ("membership", "/retention/?panel=100000"),
    "unscored": ("membership", "/retention/?view=unscored"),
    "nothing": ("membership", "/retention/?reason=community"),
    "member": ("membership", "/retention/members/100000/"),
    "totals": ("executive", "/retention/"),
    "wrong": ("membership", "/members/100000/wrong/risk/"),
    "wrong several times": ("membership", "/corrections/several/risk/?pick=100000&says=stays"),
    "corrections": ("membership", "/corrections/"),
    "to judge": ("membership", "/review/risk/"),
    "said of a member": ("membership", "/members/100001/"),
    "data": ("admin", "/data/"),
    "refused": ("admin", "/data/refused/"),
    "scope": ("admin", "/data/scope/?object=terms"),
    "features": ("membership", "/data/features/?group=portal"),
    "job": ("admin", "/jobs/{job}/"),
    "account": ("membership", "/account/"),
    "password": ("membership", "/account/password/"),
    "second step": ("membership", "/account/second-step/"),
    "app": ("membership", "/account/second-step/app/"),
    "passkey": ("membership", "/account/second-step/passkeys/add/"),
    "confirm": ("membership", "/account/confirm/"),
    "people": ("admin", "/settings/people/"),
    "person": ("admin", "/settings/people/900001/"),
    "invite": ("admin", "/settings/people/invite/"),
    "remove": ("admin", "/settings/people/900001/remove/"),
    "review": ("admin", "/settings/people/review/"),
    "report": ("admin", "/settings/people/review/2020-Q1/"),
    "clients": ("admin", "/settings/api/"),
    "new client": ("admin", "/settings/api/new/"),
    "webhooks": ("admin", "/settings/api/webhooks/"),
    "webhook": ("admin", "/settings/api/webhooks/1/"),
    "exports": ("membership", "/exports/"),
    "search": ("membership", "/search/?q=Dana"),
    "shortcuts": ("membership", "/help/shortcuts/"),
    "components": ("admin", "/help/components/"),
    "models": ("admin", "/models/"),
    "model": ("membership", "/models/churn/2026.6.1/"),
    "quality": ("membership", "/data/quality/"),
    "problem": ("membership", "/data/quality/no-email/"),
    "changes": ("membership", "/data/changes/"),
    "approvals": ("membership", "/approvals/"),
    "passing on": ("membership", "/approvals/passed-on/"),
    "notifications": ("membership", "/notifications/"),
    "connection": ("admin", "/settings/connection/"),
    "first run": ("admin", "/welcome/"),
    "rollout": ("admin", "/settings/rollout/"),
    "phase": ("admin", "/settings/rollout/retention/"),
    "feedback": ("membership", "/settings/rollout/retention/feedback/"),
    "blind": ("membership", "/settings/rollout/retention/blind/"),
    "guardrails": ("admin", "/admin/governance/guardrail/"),
    "guardrail": ("admin", "/admin/governance/guardrail/add/?kind=terms"),
    "admin": ("admin", "/admin/"),
    "denied": ("executive", "/retention/members/100000/"),
    "missing": ("membership", "/nowhere/"),
}


COLOUR_RULES = ["color-contrast", "link-in-text-block"]


@pytest.fixture
def filled(transactional_db):
    association(14)
    people_page(NOW)
    ApiClientFactory(pk=1, owner=UserFactory())
    DeliveryFactory(webhook=WebhookFactory(pk=1, failing_since=NOW), tries=2, answer="Answered 503.")
    models_page()
    CorrectionFactory(imis_id="100001", card="risk", area="retention", says="stays", needs_second=True)
    CorrectionFactory(imis_id="100000", text="Moved up in May")
    ReviewItemFactory(imis_id="100000")
    MemberFactory(email="", name="Dana Whitfield")
    EnteredChange.objects.create(
        on=NOW.date(), kind="price", what="Dues rose by 8 %", entered_by="Priya Nair", entered_at=NOW
    )
    QualityCount.objects.create(problem="no-email", on=NOW.date(), number=1)
    QualityIgnored.objects.create(problem="no-email", key="9", reason="Writes letters", by="Priya", at=NOW)
    Feed.objects.create(name="members", health="fresh", rows=18_204, last_success_at=NOW, last_try_at=NOW)
    Feed.objects.create(name="texts", health="held", message="900 of 1,000 texts are gone.", last_try_at=NOW)
    Reject.objects.create(
        feed="invoices",
        key="INV-1",
        reason="The member 9 is not known.",
        payload={},
        first_seen_at=NOW,
        last_seen_at=NOW,
    )
    stages = [{"name": "members", "done": 400, "total": 1_000, "seconds": 10.0}]
    return JobRun.objects.create(
        name="mirror.sync", state="done", created_at=NOW, started_at=NOW, finished_at=NOW, stages=stages
    )


def violations(page) -> dict[str, list[str]]:
    """By screen, scheme and rule; only the rules on colour can differ in the dark."""
    found = {}
    for width, height in ((1440, 900), (390, 844)):
        page.set_viewport_size({"width": width, "height": height})
        for scheme, options in (("light", {}), ("dark", {"runOnly": COLOUR_RULES})):
            page.emulate_media(color_scheme=scheme)
            result = Axe().run(page, options={"resultTypes": ["violations"], **options})
            for violation in result.response["violations"]:
                nodes = [node["html"][:160] for node in violation["nodes"][:3]]
                found[f"{width} {scheme} {violation['id']}"] = nodes
    return found


def sideways(page) -> dict[int, int]:
    """Pixels by which the page is too wide, by width of the screen."""
    over = {}
    for width in (1440, 1180, 1000, 768, 390, 320):
        page.set_viewport_size({"width": width, "height": 800})
        over[width] = page.evaluate(
            "document.documentElement.scrollWidth - document.documentElement.clientWidth"
        )
    return {width: pixels for width, pixels in over.items() if pixels > 0}


@pytest.mark.parametrize("role", ["-", "membership", "executive", "admin"])
@pytest.mark.parametrize("check", [violations, sideways])
def test_every_page_of_a_role_is_accessible_and_fits(desk, person, filled, role, check):
    seat = desk(None if role == "-" else person(role), reduced_motion="reduce")
    found = {}
    for name, (who, path) in PAGES.items():
        if who == role:
            seat.open(path.format(job=filled.pk))
            found[name] = check(seat.page)

    assert found
    assert {name: problems for name, problems in found.items() if problems} == {}


def test_everything_on_the_list_works_without_scripts(desk, person, filled):
    seat = desk(person(), java_script_enabled=False)
    page = seat.page

    expect(page).to_have_title("Members at risk | imis_ai")
    page.locator("summary", has_text="Tier").click()
    page.get_by_role("checkbox", name="Fellow").check()
    page.locator("details[open]").get_by_role("button", name="Show").click()
    expect(page.locator(".pager")).to_contain_text("of 6")  # the seventh stays, say staff
    page.get_by_role("link", name="Dues").click()
    assert "tier=FEL" in page.url
    page.locator("tbody a.nm").first.click()
    expect(page.locator("#panel h2")).to_be_visible()
    page.get_by_role("link", name=re.compile("^Close")).click()
    page.locator("[data-pick]").first.check()
    with page.expect_download() as download:
        page.get_by_role("button", name="Export these").click()
    assert len(download.value.path().read_text().splitlines()) == 2
    page.get_by_role("link", name=re.compile("^Search")).first.click()
    page.get_by_role("searchbox").fill("100003")
    page.get_by_role("button", name="Search").click()
    expect(page.get_by_role("link", name=re.compile("100003"))).to_be_visible()


def test_data_is_run_without_scripts(desk, person, filled, settings):
    settings.IMIS_URL = "https://imis.example.org"
    seat = desk(person("admin"), java_script_enabled=False)
    page = seat.page

    page.locator("summary", has_text="Run now").click()
    page.get_by_role("button", name="Start the sync").click()

    expect(page.locator("#job")).to_contain_text("Waiting for a worker")


def test_targets_are_large_enough_to_hit(desk, person, filled):
    seat = desk(person())
    seat.open("/retention/?panel=100000")
    small = seat.page.evaluate(
        """() => [...document.querySelectorAll("a, button, summary, label.hit, input:not(.ck)")]
            .filter(el => el.offsetParent && el.type !== "hidden" && !el.closest("p, .skip, dd, .vh"))
            .map(el => [el.textContent.trim().slice(0, 30), el.getBoundingClientRect()])
            .filter(([, box]) => box.width > 0 && (box.height < 23.5 || box.width < 23.5))
            .map(([text, box]) => [text, box.width, box.height])"""
    )

    assert small == []


def test_the_page_does_not_move_while_it_loads(desk, person, filled):
    seat = desk(person())
    seat.page.add_init_script(
        """window.moved = 0;
        const add = entry => { if (!entry.hadRecentInput) window.moved += entry.value; };
        new PerformanceObserver(list => list.getEntries().forEach(add))
            .observe({type: "layout-shift", buffered: true});"""
    )
    seat.open("/retention/?panel=100000")
    seat.page.wait_for_timeout(300)

    assert seat.page.evaluate("window.moved") < 0.02
