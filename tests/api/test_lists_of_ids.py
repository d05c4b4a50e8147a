"""A thousand ids at once: answered in order, few queries, strangers and unknown ids alike."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.factories.accounts import UserFactory, chapter_manager
from tests.factories.integrations import system
from tests.factories.mirror import ChapterFactory, MemberFactory, TierFactory
from tests.factories.retention import RiskScoreFactory, ScoreRunFactory, UnscoredFactory

pytestmark = pytest.mark.django_db
MEMBERS, SCORES = "/api/v1/members/by-id/", "/api/v1/retention/scores/by-id/"


def post(client, address, ids):
    return client.post(address, {"imis_ids": ids}, content_type="application/json")


@pytest.mark.row("GOV-57")
@pytest.mark.parametrize("address", [MEMBERS, SCORES])
def test_a_thousand_ids_cost_as_many_queries_as_one(address):
    run, chapter, tier = ScoreRunFactory(is_current=True), ChapterFactory(), TierFactory()
    members = MemberFactory.create_batch(60, chapter=chapter, tier=tier)
    for member in members:
        RiskScoreFactory(run=run, member=member)
    ids = [member.imis_id for member in reversed(members)]
    client = system()
    post(client, address, ids[:1])

    with CaptureQueriesContext(connection) as one:
        post(client, address, ids[:1])
    with CaptureQueriesContext(connection) as many:
        answer = post(client, address, ids + [f"none-{n}" for n in range(940)])

    assert len(one) == len(many) <= 8
    assert [each["imis_id"] for each in answer.json()["results"]] == ids
    assert len(answer.json()["not_found"]) == 940


@pytest.mark.row("GOV-19")
@pytest.mark.parametrize("address", [MEMBERS, SCORES])
def test_another_chapters_member_is_as_unknown_as_nobody(address):
    run = ScoreRunFactory(is_current=True)
    texas, gulf = ChapterFactory(code="TX"), ChapterFactory(code="GU")
    RiskScoreFactory(run=run, member=MemberFactory(imis_id="1", chapter=texas))
    RiskScoreFactory(run=run, member=MemberFactory(imis_id="2", chapter=gulf))

    body = post(system(chapter_manager(texas)), address, ["2", "1", "404"]).json()

    assert [each["imis_id"] for each in body["results"]] == ["1"]
    assert body["not_found"] == ["2", "404"]


@pytest.mark.parametrize(
    "ids", [[], [str(n) for n in range(1001)], ["x" * 61], ["a\0b"], "1", None, [["1"]], [{}]]
)
def test_a_wrong_list_is_named_and_nothing_is_looked_up(ids):
    ScoreRunFactory(is_current=True)
    client = system()

    for address in (MEMBERS, SCORES):
        answer = post(client, address, ids)
        assert answer.status_code == 400
        assert answer.json()["errors"][0]["attr"].startswith("imis_ids")


def test_an_id_asked_twice_is_answered_once_and_an_unscored_member_says_why():
    UnscoredFactory(run=ScoreRunFactory(is_current=True), member=MemberFactory(imis_id="5"))

    body = post(system(UserFactory(role="finance")), SCORES, ["5", "5"]).json()

    assert [each["abstained"] for each in body["results"]] == ["Only 2 months of history; scored from 3."]
