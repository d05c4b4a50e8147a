"""The REST API for members at risk: documented, filtered, paged, and under the pages' permissions."""

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.validation import validate_schema
from jsonschema import Draft202012Validator

from tests.factories.accounts import UserFactory, chapter_manager
from tests.factories.mirror import ChapterFactory, MemberFactory
from tests.factories.retention import RiskScoreFactory, ScoreRunFactory, UnscoredFactory

LIST = "/api/v1/retention/members/"


@pytest.fixture
def run(db):
    return ScoreRunFactory(is_current=True)


def client_of(role="membership", user=None):
    client = Client()
    client.force_login(user or UserFactory(role=role))
    return client


def ids(response):
    return [member["imis_id"] for member in response.json()["results"]]


@pytest.mark.row("GOV-57")
def test_the_list_has_the_pages_filters_and_its_own_paging(run):
    for n in range(5):
        RiskScoreFactory(run=run, member=MemberFactory(imis_id=str(n)), risk=0.9 - n / 10)
    client = client_of()

    first = client.get(f"{LIST}?limit=2")

    assert ids(first) == ["0", "1"]
    assert first.json()["count"] == 5
    assert ids(client.get(first.json()["next"])) == ["2", "3"]
    assert ids(client.get(f"{LIST}?band=hi&sort=risk")) == ["3", "2", "1", "0"]
    assert client.get(f"{LIST}?limit=1000000000").json()["next"] is None


@pytest.mark.row("GOV-57")
def test_one_members_score_is_the_stored_one(run):
    RiskScoreFactory(
        run=run,
        member=MemberFactory(imis_id="104482", name="Dana Whitfield"),
        risk=0.66,
        low_90=0.52,
        high_90=0.78,
    )

    body = client_of().get(f"{LIST}104482/").json()

    assert body["within_90_days"] == {"risk": 0.66, "low": 0.52, "high": 0.78}
    assert (body["name"], body["band"], body["dues"], body["as_of"]) == (
        "Dana Whitfield",
        "high",
        "620.00",
        "2026-06-01",
    )
    assert body["factors"][0]["sentence"] == "No portal visit for 92 days"
    assert body["model"] == "churn 2026.6.1"


def test_a_member_without_a_score_says_why(run):
    UnscoredFactory(run=run, member=MemberFactory(imis_id="5"))

    body = client_of().get(f"{LIST}5/").json()

    assert (body["within_90_days"], body["abstained"]) == (None, "Only 2 months of history; scored from 3.")


@pytest.mark.parametrize(
    ("query", "name"),
    [
        ("horizon=45", "horizon"),
        ("band=x", "band"),
        ("sort=x", "sort"),
        ("renews=soon", "renews"),
        ("view=x", "view"),
    ],
)
def test_a_wrong_parameter_is_named(run, query, name):
    response = client_of().get(f"{LIST}?{query}")

    assert response.status_code == 400
    assert [error["attr"] for error in response.json()["errors"]] == [name]


@pytest.mark.row("GOV-57", "GOV-19")
def test_permissions_are_those_of_the_pages(run):
    own, other = ChapterFactory(name="Texas"), ChapterFactory(name="Gulf")
    RiskScoreFactory(run=run, member=MemberFactory(imis_id="1", name="Own Person", chapter=own))
    RiskScoreFactory(run=run, member=MemberFactory(imis_id="2", name="Other Person", chapter=other))
    chapter = client_of(user=chapter_manager(own))

    assert ids(chapter.get(LIST)) == ["1"]
    assert ids(chapter.get(f"{LIST}?chapter={other.code}")) == []
    assert chapter.get(f"{LIST}2/").status_code == chapter.get(f"{LIST}404/").status_code == 404
    assert client_of("executive").get(LIST).status_code == 403
    assert client_of("executive").get(f"{LIST}1/").status_code == 403
    assert [member["name"] for member in client_of("admin").get(LIST).json()["results"]] == ["O. P.", "O. P."]
    assert Client().get(LIST).status_code == 401


def test_nothing_can_be_written(run):
    client = client_of()

    codes = {getattr(client, method)(LIST).status_code for method in ("post", "put", "patch", "delete")}

    assert codes == {405}


def test_an_unknown_address_answers_in_json(db):
    for client in (Client(), client_of()):
        response = client.get("/api/nothing/here/")
        assert response.status_code == 404
        assert response.json()["errors"][0]["detail"].startswith("There is nothing at /api/nothing/here/.")


def test_before_the_first_scores_the_answer_says_so(db):
    response = client_of().get(LIST)

    assert response.status_code == 404
    assert response.json()["errors"][0]["detail"].startswith("There are no scores yet.")


@pytest.mark.row("GOV-57")
def test_the_document_is_valid_and_the_answers_keep_to_it(run):
    RiskScoreFactory(run=run, member=MemberFactory(imis_id="1"))
    UnscoredFactory(run=run, member=MemberFactory(imis_id="2"))
    document = SchemaGenerator().get_schema(request=None, public=True)

    validate_schema(document)
    shape = {"$ref": "#/components/schemas/MemberRisk", "components": document["components"]}
    problems = [
        error.message
        for imis_id in ("1", "2")
        for error in Draft202012Validator(shape).iter_errors(client_of().get(f"{LIST}{imis_id}/").json())
    ]

    assert set(document["paths"]) >= {LIST, f"{LIST}{{imis_id}}/"}
    assert problems == []


def test_the_documentation_page_needs_no_other_server(db):
    client = client_of()

    page = client.get("/api/docs/")
    script = client.get("/api/docs/?script=")

    assert page.status_code == script.status_code == 200
    assert "//" not in page.content.decode()
    assert "<style" not in page.content.decode()
    assert client.get("/api/schema/").status_code == 200
    assert Client().get("/api/schema/").status_code == 401


def test_the_number_of_queries_does_not_grow_with_rows(run):
    client = client_of()
    client.get(LIST)
    RiskScoreFactory(run=run)
    with CaptureQueriesContext(connection) as one:
        client.get(LIST)
    for _ in range(4):
        RiskScoreFactory(run=run)
    with CaptureQueriesContext(connection) as five:
        client.get(LIST)

    assert len(one) == len(five) <= 12
