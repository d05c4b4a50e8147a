"""What holds for every address: a right, a frame, a strict content policy, no write without a token."""

import gzip
import re
from pathlib import Path

import pytest
from django.contrib.staticfiles import finders
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import URLPattern, get_resolver

from imis_ai.accounts.models import User
from imis_ai.accounts.rights import RIGHTS
from imis_ai.jobs.models import JobRun
from imis_ai.mirror.models import Feed
from tests.factories.accounts import UserFactory, people_page
from tests.factories.experiments import started
from tests.factories.governance import (
    CorrectionFactory,
    ErasureFactory,
    OutboxMessageFactory,
    ProposalFactory,
    ReviewItemFactory,
    SeveralDecidedFactory,
    passed_on,
    sealed_entry,
)
from tests.factories.integrations import ApiClientFactory, DeliveryFactory, WebhookFactory
from tests.factories.messages import drafted
from tests.factories.mirror import NOW, MemberFactory
from tests.factories.registry import models_page
from tests.factories.retention import CallFactory, LapseReasonFactory, RiskScoreFactory
from tests.reading import html_of

PUBLIC = {
    "plan",
    "login",
    "account_login",
    "admin_login",
    "mfa_authenticate",
    "openid_connect_login",
    "openid_connect_callback",
    "invitation",
    "logout",
    "alive",
    "ready",
    "imis_notices",
    "api_nothing",
    "stop",
}
MOST_QUERIES = 12
MORE = {  # one for each table that holds something of the member; the evidence of three phases
    "/members/104482/data/": 60,
    "/settings/rollout/retention/": 18,
    "/retention/outreach/": 48,  # a draft is looked at whole: text, facts, rules against it
    "/retention/members/104482/": 20,
    "/retention/win-back/": 36,
    "/retention/campaigns/": 16,
    "/retention/campaigns/1/": 13,
}
SIGNED_IN = {"api_schema", "api_docs"}
VALUES = {
    "deed": "dismiss",
    "imis_id": "104482",
    "job_id": "1",
    "feed": "members",
    "field": "title",
    "rest": "nowhere",
    "proposal_id": "1",
    "what": "approve",
    "name": "retention",
    "message_id": "1",
    "step": "undo",
    "target": "AI_MemberInsight",
    "seq": "1",
    "erasure_id": "1",
    "period": "mirror.texts",
    "pk": "900001",
    "token": "nonsense",
    "provider_id": "sso",
    "person_id": "900001",
    "change_id": "900001",
    "line_id": "900001",
    "quarter": "2020-Q1",
    "item_id": "1",
    "experiment_id": "1",
    "move": "stop",
    "client_id": "1",
    "webhook_id": "1",
    "hook": "off",
    "delivery_id": "1",
    "export_id": "1",
    "model": "churn",
    "version": "2026.6.1",
    "finding_id": "1",
    "problem": "no-email",
    "entered_id": "1",
    "delegation_id": "900001",
    "lapse_id": "1",
    "notice_id": "900001",
    "call_id": "1",
    "draft_id": "900002",
    "card": "tier",
    "several_id": "1",
    "queue": "risk",
    "correction_id": "1",
    "campaign_id": "1",
    "view_id": "1",
    "onward": "nudge",
}


def patterns(resolver=None, prefix=""):
    for pattern in (resolver or get_resolver()).url_patterns:
        if isinstance(pattern, URLPattern):
            yield prefix + str(pattern.pattern), pattern
        elif pattern.app_name != "admin":
            yield from patterns(pattern, prefix + str(pattern.pattern))


OURS = [(route, pattern) for route, pattern in patterns()]


def right_of(pattern: URLPattern) -> str | None:
    return getattr(pattern.callback, "right", None) or getattr(
        getattr(pattern.callback, "cls", None), "right", None
    )


def address(route: str) -> str:
    route = re.sub(r"\^?\(\?P<rest>.*", "nowhere", route)
    return "/" + re.sub(r"<(?:\w+:)?(\w+)>", lambda found: VALUES[found[1]], route)


GUARDED = [(address(route), right_of(pattern), pattern.name) for route, pattern in OURS if right_of(pattern)]


def test_every_address_names_its_right_or_is_listed_as_public():
    unnamed = {pattern.name for _, pattern in OURS if right_of(pattern) is None}

    assert unnamed == PUBLIC | SIGNED_IN


@pytest.fixture
def filled(run):
    """One row of everything, so that each address with a value leads somewhere."""
    score = RiskScoreFactory(run=run, member=MemberFactory(imis_id="104482", name="Dana Whitfield"))
    LapseReasonFactory(pk=1, member=score.member)
    CallFactory(pk=1, member=score.member)
    Feed.objects.create(name="members", health="fresh", rows=5, last_success_at=NOW, last_try_at=NOW)
    planted = people_page(NOW)
    passed_on(planted, UserFactory(username="standin"), pk=900_001)
    JobRun.objects.create(pk=1, name="mirror.sync", created_at=NOW)
    payload = {"as_of": "2026-06-01", "model": "churn 2026.6.1", "rows": []}
    made = ProposalFactory(pk=1, kind="retention.scores", payload=payload, members=1)
    OutboxMessageFactory(pk=1, imis_id="104482", proposal=made)
    drafted(pk=900_002, imis_id="104482")
    sealed_entry()
    ErasureFactory(pk=1)
    started(pk=1)
    ApiClientFactory(pk=1, registered_by=UserFactory(role="executive"))
    DeliveryFactory(pk=1, webhook=WebhookFactory(pk=1, registered_by=UserFactory(role="executive")))
    models_page()
    CorrectionFactory(pk=1, imis_id="104482", by=UserFactory(role="membership"))
    ReviewItemFactory(imis_id="104482")
    SeveralDecidedFactory(pk=1)


def allowed_methods(client, path) -> set[str]:
    return {method for method in ("get", "post") if getattr(client, method)(path).status_code != 405}


@pytest.mark.parametrize("role", User.Role.values)
def test_each_role_opens_what_it_may_and_nothing_else(filled, as_role, role):
    client = as_role(role)
    wrong = {}
    for path, right, _ in GUARDED:
        code = client.get(path).status_code
        may = role in RIGHTS[right].roles
        if (code == 403) == may or code >= 500:
            wrong[path] = code

    assert {path: code for path, code in wrong.items() if code != 405} == {}


def test_a_stranger_is_sent_to_sign_in_and_a_fragment_takes_the_whole_page_there(filled):
    for path, right, _ in GUARDED:
        if path.startswith("/api/"):
            assert Client().get(path).status_code == 401
            continue
        response = Client().get(path)
        fragment = Client().get(
            path, headers={"HX-Request": "true", "HX-Current-URL": "http://testserver/retention/?panel=1"}
        )
        assert response.status_code == 302, (path, right)
        assert response["Location"].startswith("/login/?next=")
        assert fragment["HX-Redirect"] == "/login/?next=/retention/"


def test_a_disabled_account_is_out_at_the_next_request(filled, signed_in):
    user = UserFactory()
    client = signed_in(user)

    User.objects.filter(pk=user.pk).update(is_active=False)

    assert client.get("/retention/").status_code == 302


def test_being_a_superuser_opens_nothing(filled, signed_in):
    client = signed_in(UserFactory(role="executive", is_superuser=True, is_staff=True))

    assert client.get("/retention/members/104482/").status_code == 403
    assert "Dana" not in client.get("/retention/").content.decode()


def test_no_form_is_taken_without_the_token_of_its_session(filled):
    client = Client(enforce_csrf_checks=True)
    client.force_login(UserFactory(role="admin"))
    posting = [path for path, _, _ in GUARDED if "post" in allowed_methods(client, path)]

    refused = {
        path: client.post(path, {"q": "x"}).status_code for path in posting if not path.startswith("/api/")
    }

    assert len(refused) >= 8
    assert set(refused.values()) == {403}
    assert "The form has expired" in client.post(posting[0]).content.decode()


@pytest.fixture
def html(filled, as_role):
    """Every page as HTML, by address, for an administrator and a membership manager."""
    found = {}
    for role in ("admin", "membership"):
        client = as_role(role)
        for path, _, _ in GUARDED:
            with CaptureQueriesContext(connection) as asked:
                response = client.get(path)
            response.queries = len(asked)
            if response.get("Content-Type", "").startswith("text/html") and not response.streaming:
                found[role, path] = response
    return found


def test_pages_obey_the_content_policy(html):
    for key, response in html.items():
        text = response.content.decode()
        policy = response["Content-Security-Policy"]
        assert "unsafe" not in policy, key
        assert not re.search(r"\sstyle=|<style|\son\w+=|javascript:", text), key
        for script in re.findall(r"<script([^>]*)>", text):
            assert "src=" in script, key
        assert not re.search(r'(?:src|href)="(?:https?:)?//', text), key


def test_pages_ask_at_most_twelve_times_and_leave_nothing_in_the_browser(html):
    often = {path: response.queries for (_, path), response in html.items()}
    assert {path: asked for path, asked in often.items() if asked > MORE.get(path, MOST_QUERIES)} == {}
    assert {response["Cache-Control"] for response in html.values()} <= {
        "no-store",
        "max-age=0, no-cache, no-store, must-revalidate, private",
    }


def test_each_page_has_one_heading_equal_to_its_title(html):
    for key, response in html.items():
        text = response.content.decode()
        if "<html" not in text:
            continue
        headings = [re.sub(r"<[^>]+>", "", found) for found in re.findall(r"<h1[^>]*>(.*?)</h1>", text, re.S)]
        assert len(headings) == 1, key
        assert f"<title>{headings[0]} | imis_ai</title>" in text or "errors" in str(
            response.templates[0].name
        ), key


def test_every_link_and_file_of_every_page_exists(html, as_role):
    client = as_role("admin")
    pages, files = set(), set()
    for response in html.values():
        text = response.content.decode()
        pages |= {link.split("?")[0] for link in re.findall(r'(?:href|hx-get|action)="(/[^"#]*)"', text)}
        files |= set(re.findall(r'(?:src|href)="/static/([^"#]+)', text))

    dead = {path: client.get(path).status_code for path in pages if not path.startswith("/static/")}

    assert {path: code for path, code in dead.items() if code not in (200, 302, 403, 405)} == {}
    assert [path for path in files if finders.find(path) is None] == []


def weight(*files: str) -> int:
    return sum(len(gzip.compress(Path(finders.find(file)).read_bytes())) for file in files)


def test_a_first_visit_to_a_list_of_50_is_light(filled, run, as_role):
    for _ in range(60):
        RiskScoreFactory(run=run)

    page = len(gzip.compress(as_role("membership").get("/retention/?panel=104482").content))

    own = [f"ui/js/{path.name}" for path in Path(finders.find("ui/js/app.js")).parent.iterdir()]
    css, js = weight("ui/app.css", "ui/tokens.css"), weight("django_htmx/htmx-2.min.js", *own)
    font = Path(finders.find("ui/fonts/inter-latin-wght-normal.woff2")).stat().st_size
    assert (page < 30_000, css < 20_000, js < 30_000) == (True, True, True), (page, css, js)
    assert page + css + js + font < 150_000


@pytest.mark.parametrize("path", ["/nowhere/", "/retention/members/nobody/"])
def test_a_page_that_is_not_there_says_so_within_the_frame(filled, as_role, path):
    response = as_role("membership").get(path)

    assert response.status_code == 404
    assert "There is nothing here" in response.content.decode()
    assert 'aria-label="Main"' in response.content.decode()


def test_an_unknown_address_shows_no_frame_to_strangers(db):
    response = Client().get("/nowhere/")

    assert response.status_code == 404
    assert 'aria-label="Main"' not in response.content.decode()


def test_a_refusal_names_the_rule_and_whom_to_ask(filled, as_role):
    UserFactory(role="admin", first_name="Marta", last_name="Silva")

    response = as_role("executive").get("/retention/members/104482/")

    text = response.content.decode()
    assert response.status_code == 403
    assert "Your role cannot see members at risk by name." in text
    assert "Ask Marta Silva (administrator)." in text
    assert "Rule: retention.members" in text


def test_the_page_for_an_unexpected_error_needs_nothing(rf, db):
    from imis_ai import views

    page, api = views.broken(rf.get("/retention/")), views.broken(rf.get("/api/v1/retention/"))

    assert page.status_code == api.status_code == 500
    assert "Something went wrong here" in page.content.decode()


def test_navigation_shows_only_what_exists_and_the_role_may_open(filled, as_role):
    for role in User.Role.values:
        response = as_role(role).get("/", follow=True)
        assert response.status_code == 200
        labels = re.findall(r"</svg> ?([^<]+?) ?(?:</a></li>|<span class=.n.>)", html_of(response))
        assert ("Approvals" in labels) == (role != "executive")
        assert "Data and sync" in labels


def test_health_answers_without_signing_in(db):
    assert Client().get("/healthz").content == b"ok\n"
    assert Client().get("/readyz").content == b"ready\n"
