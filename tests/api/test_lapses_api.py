"""Lapses and cohorts over the REST API, under the rights of the pages."""

import datetime as dt

import pytest
from django.test import Client

from retention.models import Study
from tests.factories.accounts import UserFactory, chapter_manager
from tests.factories.mirror import ChapterFactory, MemberFactory
from tests.factories.retention import AS_OF, LapseReasonFactory

pytestmark = pytest.mark.django_db


def client_of(user):
    client = Client()
    client.force_login(user)
    return client


def test_lapses_of_a_quarter_are_those_of_the_page_and_of_ones_own_chapter():
    texas = ChapterFactory(code="TX")
    mine = LapseReasonFactory(
        member=MemberFactory(chapter=texas), chance=0.1, chance_low=0.05, chance_high=0.2
    )
    LapseReasonFactory(member=MemberFactory(chapter=ChapterFactory(code="GU")), reason="died")

    found = client_of(chapter_manager(texas)).get("/api/v1/retention/lapses/?quarter=2026-Q1").json()
    routed = client_of(UserFactory(role="membership")).get(
        "/api/v1/retention/lapses/?quarter=2026-Q1&route=never"
    )

    assert [row["imis_id"] for row in found["results"]] == [mine.member.imis_id]
    assert found["results"][0]["whose"] == "ours"
    assert found["results"][0]["would_return"] == {"risk": 0.1, "low": 0.05, "high": 0.2}
    assert [row["reason"] for row in routed.json()["results"]] == ["died"]


def test_cohorts_hold_no_member_and_need_their_right():
    row = {
        "cohort": "Texas", "members": 30, "expected": 0.8, "low": 0.7, "high": 0.9, "last_year": 0.9,
        "dues": 18600.0, "error": 0.03, "quarters": 4, "drivers": [],
    }  # fmt: skip
    body = {"quarter": "2026-Q3", "by": {"chapter": {"rows": [row]}}, "heat": []}
    made_at = dt.datetime(2026, 6, 1, 6, tzinfo=dt.UTC)
    Study.objects.create(name="cohorts", as_of=AS_OF, made_at=made_at, body=body)

    found = client_of(UserFactory(role="executive")).get("/api/v1/retention/cohorts/?by=chapter").json()

    assert found[0]["cohort"] == "Texas"
    assert round(found[0]["change"], 3) == -0.1
    assert client_of(UserFactory(role="finance")).get("/api/v1/retention/cohorts/").status_code == 403
