"""The OpenAPI document against the product: whatever is asked, by whomever, is answered as promised (G8)."""

import datetime as dt
import sys
from collections import Counter
from contextlib import suppress

import hypothesis
import pytest
import schemathesis
from django.core.signals import request_finished, request_started
from django.core.wsgi import get_wsgi_application
from django.db import close_old_connections
from django.test import Client
from drf_spectacular.generators import SchemaGenerator
from hypothesis import HealthCheck, Phase
from hypothesis.errors import Unsatisfiable
from schemathesis.checks import not_a_server_error
from schemathesis.generation import GenerationMode
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from tests.factories.accounts import UserFactory, chapter_manager
from tests.factories.governance import OutboxMessageFactory, ProposalFactory
from tests.factories.integrations import system
from tests.factories.mirror import ChapterFactory, MemberFactory
from tests.factories.registry import TrainedModelFactory
from tests.factories.retention import RiskScoreFactory, ScoreRunFactory, UnscoredFactory

SEED = 20261125
CASES, CASES_LONG = 2_000, 20_000
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
THERE = {"imis_id": "104482", "model": "churn", "proposal_id": 1, "message_id": 1, "export_id": 1}
TOKEN = "c" * 32


@pytest.fixture
def one_transaction(db):
    """The server closes connections between requests; the test's own stays, as with Django's test client."""
    ends = (request_started, request_finished)
    for end in ends:
        end.disconnect(close_old_connections)
    yield
    for end in ends:
        end.connect(close_old_connections)


@pytest.fixture
def world(one_transaction):
    """Something at each address; `texas` is the chapter of the member that is asked for."""
    run, texas = ScoreRunFactory(is_current=True), ChapterFactory(code="TX", name="Texas")
    RiskScoreFactory(run=run, member=MemberFactory(imis_id="104482", chapter=texas))
    RiskScoreFactory(run=run, member=MemberFactory(chapter=ChapterFactory(code="GU")))
    UnscoredFactory(run=run, member=MemberFactory(imis_id="5", chapter=texas))
    now = dt.datetime.now(dt.UTC)
    made = ProposalFactory(pk=1, kind="retention.scores", verdict="better", imis_id="104482", created_at=now)
    OutboxMessageFactory(pk=1, proposal=made, imis_id="104482")
    TrainedModelFactory(name="churn")
    return texas


def signed_in(person) -> dict:
    """What a browser sends of this person's session."""
    client = Client()
    client.force_login(person)
    session = client.cookies["sessionid"].value
    return {"headers": {"X-CSRFToken": TOKEN}, "cookies": {"sessionid": session, "csrftoken": TOKEN}}


def by_token(texas) -> dict:
    asked = system(chapters=["TX"], scopes=["scores:read", "proposals:read"], per_minute=1_000_000)
    return {"headers": {"Authorization": asked.defaults["HTTP_AUTHORIZATION"]}}


SEATS = {
    "membership manager": lambda texas: signed_in(UserFactory(role="membership")),
    "chapter manager": lambda texas: signed_in(chapter_manager(texas)),
    "client with two scopes": by_token,
    "nobody": lambda texas: {},
}


def strategies(operation):
    """What fits the document, what does not, and what fits about something that is there."""
    yield operation.as_strategy()
    yield operation.as_strategy(generation_mode=GenerationMode.NEGATIVE)
    named = [parameter.name for parameter in operation.path_parameters]
    yield operation.as_strategy(path_parameters={name: THERE[name] for name in named})


def ask(operation, strategy, examples: int, asker: dict, codes: Counter) -> None:
    @hypothesis.seed(SEED)
    @hypothesis.settings(
        max_examples=examples,
        phases=[Phase.generate],
        database=None,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )
    @hypothesis.given(case=strategy)
    def one(case):
        answer = case.call(**asker)
        codes[answer.status_code] += 1
        case.validate_response(answer, checks=CHECKS)

    with suppress(Unsatisfiable):  # nothing can be asked wrongly where nothing is asked
        one()


def drive(asker: dict, wanted: int) -> Counter:
    """Rounds over all operations until enough cases were asked; how often each status came."""
    promised = SchemaGenerator().get_schema(request=None, public=True)
    for operation in (each for path in promised["paths"].values() for each in path.values()):
        operation.pop("security")  # or tokens and sessions would be made up instead of those given
    document = schemathesis.openapi.from_dict(promised)
    document.app = get_wsgi_application()
    operations = [found.ok() for found in document.get_all_operations()]
    codes = Counter()
    examples = wanted // (3 * len(operations)) + 1
    while codes.total() < wanted:
        before = codes.total()
        for operation in operations:
            for strategy in strategies(operation):
                ask(operation, strategy, examples, asker, codes)
        examples = max(examples, (wanted - codes.total()) // len(operations) + 1)
        assert codes.total() > before
    return codes


def prove(world, seat: str, wanted: int, capsys) -> Counter:
    codes = drive(SEATS[seat](world), wanted)
    with capsys.disabled():  # n and seed belong to the figure
        sys.stdout.write(
            f"\nG8 {seat}: n={codes.total()} seed={SEED} failures=0 {dict(sorted(codes.items()))}\n"
        )
    assert codes.total() >= wanted
    return codes


@pytest.mark.row("GOV-57")
@pytest.mark.parametrize("seat", list(SEATS))
def test_every_answer_is_one_that_the_document_promises(world, seat, capsys):
    codes = prove(world, seat, CASES // len(SEATS), capsys)

    if seat == "nobody":
        assert codes[200] == 0
    else:
        assert codes[200] >= 60
        assert codes[401] == 0


@pytest.mark.long
@pytest.mark.row("GOV-57")
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("seat", list(SEATS))
def test_every_answer_is_one_that_the_document_promises_at_length(world, seat, capsys):
    prove(world, seat, CASES_LONG // len(SEATS), capsys)
