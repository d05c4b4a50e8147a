"""A real browser against the running product: Chromium through Playwright. Without it, skipped loudly."""

import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest
from django.conf import settings
from django.test import Client
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from imis_ai.accounts.models import User
from tests.factories.accounts import UserFactory

CHROMIUM = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
FLAGS = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"]
EXPECTED = ("the server responded with a status of",)  # Chromium's own note on a 4xx that a test asked for

os.environ.setdefault(
    "DJANGO_ALLOW_ASYNC_UNSAFE", "true"
)  # Playwright runs a loop; the ORM is used beside it


def pytest_collection_modifyitems(items):
    for item in items:
        if "tests/browser" in str(item.path):
            item.add_marker(pytest.mark.browser)
            item.add_marker(pytest.mark.django_db(transaction=True))
            if not CHROMIUM:
                item.add_marker(
                    pytest.mark.skip(reason="NO CHROMIUM: install Debian's chromium, or set CHROMIUM")
                )


def pytest_terminal_summary(terminalreporter):
    if not CHROMIUM:
        terminalreporter.section("BROWSER TESTS DID NOT RUN", sep="!", red=True)
        terminalreporter.line("No Chromium was found. apt-get install chromium, or set CHROMIUM to its path.")


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()


@dataclass
class Desk:
    """One person at one screen. `page` is theirs; `problems` collects what the console said."""

    page: Page
    base: str
    problems: list[str] = field(default_factory=list)
    foreign: list[str] = field(default_factory=list)

    def open(self, path: str) -> None:
        self.page.goto(self.base + path, wait_until="networkidle")

    def settled(self) -> None:
        self.page.wait_for_load_state("networkidle")


FIRST = {"admin": "/data/"}  # where the work of a role is; the others look at members


@pytest.fixture
def desk(chromium, live_server):
    """desk(user, width=1440, ...) -> Desk, signed in when there is a user. Its console must stay empty."""
    made: list[tuple[BrowserContext, Desk]] = []

    def sit_down(user: User | None = None, *, width: int = 1440, height: int = 900, **options) -> Desk:
        context = chromium.new_context(viewport={"width": width, "height": height}, **options)
        context.set_default_timeout(10_000)
        seat = Desk(context.new_page(), live_server.url)
        seat.page.on("console", lambda message: _note(seat, message.type, message.text))
        seat.page.on("pageerror", lambda error: seat.problems.append(str(error)))
        seat.page.on("request", lambda request: _watch(seat, request.url))
        made.append((context, seat))
        if user is not None:
            context.add_cookies([_session(user, live_server.url)])
            seat.open(FIRST.get(user.role, "/retention/"))
        return seat

    yield sit_down
    for context, seat in made:
        context.close()
        assert seat.problems == []
        assert seat.foreign == []


def _session(user: User, url: str) -> dict:
    """The cookie of somebody who signed in; the form itself has a test of its own."""
    client = Client()
    client.force_login(user)
    return {"name": settings.SESSION_COOKIE_NAME, "value": client.session.session_key, "url": url}


def _note(seat: Desk, kind: str, text: str) -> None:
    if kind in ("error", "warning") and not any(known in text for known in EXPECTED):
        seat.problems.append(text)


def _watch(seat: Desk, url: str) -> None:
    if not url.startswith((seat.base, "data:", "blob:")):
        seat.foreign.append(url)


@pytest.fixture
def person(transactional_db):
    """person("admin") -> a user with that role."""
    return lambda role="membership": UserFactory(
        role=role, username=role, first_name="Priya", last_name="Nair"
    )
