"""Every address x person x method against the table of rights (figure G6).

What is expected follows from the table and from where the planted member lives, not from the code under test.
"""

import re
from dataclasses import dataclass

import pytest
from django.db import connection, transaction
from django.test import Client

from imis_ai.accounts.models import SavedView
from imis_ai.accounts.rights import RIGHTS
from imis_ai.governance.models import StaffItem
from imis_ai.jobs.models import JobRun
from imis_ai.mirror.models import Feed
from tests.factories.accounts import UserFactory, chapter_manager, people_page, second_step
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
    told,
)
from tests.factories.integrations import ApiClientFactory, DeliveryFactory, ExportFactory, WebhookFactory
from tests.factories.messages import drafted
from tests.factories.mirror import NOW
from tests.factories.registry import models_page
from tests.factories.retention import CallFactory, LapseReasonFactory
from tests.pages.test_every_page import OURS, PUBLIC, SIGNED_IN, address, right_of

DANA, STRANGER = (b"Quillfeather", b"104482"), (b"Stranger", b"998811", b"Secret tier")
SHORT, FULL = ("get", "post"), ("get", "post", "put", "patch", "delete")


@dataclass(frozen=True)
class Seat:
    """One kind of person at the door. `hides` never occurs in what they are sent."""

    role: str
    extras: tuple[str, ...] = ()
    chapter: str = ""  # own: Dana's; other: not hers; none
    hides: tuple[bytes, ...] = ()


SEATS = {
    "membership": Seat("membership"),
    "finance": Seat("finance"),
    "administrator": Seat("admin", hides=(DANA[0], STRANGER[0])),
    "own chapter": Seat("chapter", chapter="own", hides=STRANGER),
    "other chapter": Seat("chapter", chapter="other", hides=DANA),
    "no chapter": Seat("chapter", chapter="none", hides=DANA + STRANGER),
    "executive": Seat("executive", hides=DANA + STRANGER[:2]),
    "auditor": Seat("executive", extras=("auditor",), hides=(DANA[0], STRANGER[0])),
}


STRICTER = {
    "jobs/<int:job_id>/cancel/": "jobs.cancel",  # the planted job was asked for by nobody here
    "approvals/<int:proposal_id>/<slug:what>/": "retention.publish",  # what the planted kind asks for
}
OWN_ONLY = {  # the planted row is nobody's own here; this right reaches all of them
    "audit/<int:seq>/": "audit.all",
    "approvals/passed-on/<int:delegation_id>/end/": "people.change",
    "approvals/several/<int:several_id>/": "approvals.all",
}


def _carries(right: str, seat: Seat) -> bool:
    entry = RIGHTS[right]
    return "auditor" in entry.also if "auditor" in seat.extras else seat.role in entry.roles


def expected(seat: Seat, right: str, route: str) -> str:
    if any(each in route for each in ("proposal_id", "item_id", "draft_id", "lapse_id")) and seat.chapter in (
        "other",
        "none",
    ):
        return "hidden"
    if "client_id" in route and route.startswith("account/"):
        return "hidden"  # the planted client is somebody else's
    right = STRICTER.get(route, right)
    if not _carries(right, seat):
        return "refused"
    if "export_id" in route:
        return "hidden"  # the planted export is somebody else's
    if "correction_id" in route and seat.chapter in ("other", "none"):
        return "hidden"
    if route in OWN_ONLY and not _carries(OWN_ONLY[route], seat):
        return "hidden"
    if ("imis_id" in route or "call_id" in route) and seat.chapter in ("other", "none"):
        return "hidden"
    return "open"


def found(response) -> str:
    words = {403: "refused", 404: "hidden", 405: "no such method"}
    return words.get(response.status_code, "open" if response.status_code < 500 else "broken")


@pytest.fixture
def world(two_chapters):
    dana = two_chapters.dana
    dana.last_name, dana.name = "Quillfeather", "Dana Quillfeather"
    dana.save()
    Feed.objects.create(name="members", health="fresh", rows=5, last_success_at=NOW, last_try_at=NOW)
    planted = people_page(NOW)
    passed_on(planted, UserFactory(username="standin"), pk=900_001)
    JobRun.objects.create(pk=1, name="mirror.sync", created_at=NOW)
    rows = [{"imis_id": dana.imis_id, "score": 66, "low": 52, "high": 78, "band": "High"}]
    payload = {"as_of": "2026-06-01", "model": "churn 2026.6.1", "rows": rows}
    made = ProposalFactory(pk=1, kind="retention.scores", payload=payload, imis_id=dana.imis_id, members=1)
    task = {"way": "append", "target": "task", "fields": {"title": "Call Dana Quillfeather"}}
    OutboxMessageFactory(pk=1, proposal=made, imis_id=dana.imis_id, **task)
    drafted(pk=900_002, imis_id=dana.imis_id)
    with connection.cursor() as cursor:  # the next job takes the next number
        cursor.execute("SELECT setval(pg_get_serial_sequence('jobs_jobrun', 'id'), 1000)")
    LapseReasonFactory(pk=1, member=dana)
    StaffItem.objects.create(pk=1, imis_id=dana.imis_id, why="asked", key="1", opened_at=NOW)
    sealed_entry()
    ErasureFactory(pk=1)
    started(pk=1, imis_id=dana.imis_id)
    CallFactory(pk=1, member=dana)
    ApiClientFactory(pk=1, owner=UserFactory(role="membership"))
    DeliveryFactory(pk=1, webhook=WebhookFactory(pk=1))
    ExportFactory(pk=1)
    models_page()
    CorrectionFactory(pk=1, imis_id=dana.imis_id, text="Quillfeather told us")
    ReviewItemFactory(imis_id=dana.imis_id)
    SeveralDecidedFactory(pk=1)
    return two_chapters


def enter(seat: Seat, world) -> Client:
    if seat.role == "chapter":
        person = chapter_manager(*{"own": [world.texas], "other": [world.gulf]}.get(seat.chapter, []))
    else:
        person = UserFactory(role=seat.role, is_auditor="auditor" in seat.extras)
    second_step(person)
    told(person, pk=900_001)
    SavedView.objects.create(pk=1, person=person, place="/members/", name="Mine", saved_at=NOW)
    client = Client()
    client.force_login(person)
    client.get("/help/shortcuts/")
    return client


def ask(client: Client, method: str, path: str):
    """The answer, with everything it wrote taken back, also from the browser."""
    cookies = {name: morsel.value for name, morsel in client.cookies.items()}
    with transaction.atomic():
        response = getattr(client, method)(path)
        body = b"".join(response.streaming_content) if response.streaming else response.content
        transaction.set_rollback(True)
    client.cookies.clear()
    client.cookies.load(cookies)
    return response, body


def walk(seat: Seat, world, methods) -> tuple[int, dict, dict]:
    """Answers asked for, those that differ from the table, those that show what this person may not see."""
    client, asked, wrong, leaks = enter(seat, world), 0, {}, {}
    for route, pattern in OURS:
        right = right_of(pattern)
        if right is None:
            continue
        for method in methods:
            response, body = ask(client, method, address(route))
            asked += 1
            if found(response) not in (expected(seat, right, route), "no such method"):
                wrong[method, address(route)] = (right, response.status_code)
            if any(marker in body for marker in seat.hides):
                leaks[method, address(route)] = [marker for marker in seat.hides if marker in body]
    return asked, wrong, leaks


@pytest.mark.row("GOV-18", "GOV-19")
@pytest.mark.parametrize("name", list(SEATS))
def test_each_person_opens_what_the_table_says_and_sees_nobody_else(world, name):
    asked, wrong, leaks = walk(SEATS[name], world, SHORT)

    assert asked >= 40
    assert (wrong, leaks) == ({}, {})


@pytest.mark.long
@pytest.mark.row("GOV-18", "GOV-19")
@pytest.mark.parametrize("name", list(SEATS))
def test_each_person_by_every_method(world, name):
    asked, wrong, leaks = walk(SEATS[name], world, FULL)

    assert asked >= 100
    assert (wrong, leaks) == ({}, {})


@pytest.mark.row("GOV-18")
def test_nobody_enters_without_signing_in_by_any_method(world):
    client, wrong, open_to_all = Client(), {}, PUBLIC | SIGNED_IN
    for route, pattern in OURS:
        if pattern.name in open_to_all:
            continue
        path = address(route)
        for method in FULL:
            response, body = ask(client, method, path)
            at_the_door = response.status_code == (401 if path.startswith("/api/") else 302)
            if not at_the_door or any(marker in body for marker in DANA + STRANGER):
                wrong[method, path] = response.status_code

    assert wrong == {}


@pytest.mark.row("GOV-19")
def test_a_member_of_another_chapter_is_as_absent_as_one_who_does_not_exist(world):
    client = enter(SEATS["own chapter"], world)

    for route in ("/retention/members/{}/", "/retention/members/{}/trends/", "/api/v1/retention/members/{}/"):
        there, guessed = (client.get(route.format(imis_id)) for imis_id in ("998811", "no-such-id"))
        assert there.status_code == guessed.status_code == 404
        assert _without_token(there, b"998811") == _without_token(guessed, b"no-such-id")


def _without_token(response, imis_id: bytes) -> bytes:
    body = re.sub(rb'(X-CSRFToken": |csrfmiddlewaretoken" value=)"\w+"', b"", response.content)
    body = re.sub(rb'data-session="\d+"', b"", body)  # seconds, which pass between two answers
    return body.replace(imis_id, b"")
