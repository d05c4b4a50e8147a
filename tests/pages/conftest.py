"""A small association with scores, and one signed-in browser per role."""

import datetime as dt
from types import SimpleNamespace

import pytest
from django.test import Client
from django.utils import timezone

from imis_ai.accounts.models import User
from imis_ai.ui import context
from tests.factories.accounts import UserFactory, chapter_manager
from tests.factories.mirror import ChapterFactory, MemberFactory, TierFactory
from tests.factories.retention import RiskScoreFactory, ScoreRunFactory

SHOWN_ON = dt.datetime(2026, 6, 2, 14, 0, tzinfo=dt.UTC)


@pytest.fixture
def the_day_of_the_pages(monkeypatch):
    """Dates are said with or without their year by how far away they are, so pages need one fixed day."""
    clock = SimpleNamespace(localtime=lambda: timezone.localtime(SHOWN_ON))
    monkeypatch.setattr(context, "timezone", clock)


@pytest.fixture
def signed_in(db):
    """signed_in(user) -> a client that sent one page already, so its session is settled."""

    def enter(user: User) -> Client:
        client = Client(raise_request_exception=True)
        client.force_login(user)
        client.get("/help/shortcuts/")
        return client

    return enter


@pytest.fixture
def as_role(signed_in):
    """as_role("membership") -> a signed-in client of a person with that role."""
    return lambda role: signed_in(UserFactory(role=role))


@pytest.fixture
def run(db):
    return ScoreRunFactory(is_current=True)


@pytest.fixture
def two_chapters(run, signed_in):
    """Texas with Dana, Gulf with Marked Stranger; a manager of Texas only."""
    texas, gulf = ChapterFactory(code="TX", name="Texas"), ChapterFactory(code="GU", name="Gulf")
    tier = TierFactory(code="PRO", name="Professional")
    dana = MemberFactory(
        imis_id="104482",
        first_name="Dana",
        last_name="Whitfield",
        name="Dana Whitfield",
        chapter=texas,
        tier=tier,
    )
    other = MemberFactory(
        imis_id="998811", first_name="Marked", last_name="Stranger", name="Marked Stranger", chapter=gulf,
        tier=TierFactory(code="SECRET", name="Secret tier"),
    )  # fmt: skip
    RiskScoreFactory(run=run, member=dana, risk=0.66)
    RiskScoreFactory(run=run, member=other, risk=0.71)
    manager = chapter_manager(texas)
    return SimpleNamespace(texas=texas, gulf=gulf, dana=dana, other=other, client=signed_in(manager))
