"""API clients: one token, a part of one person's rights, no decision ever."""

import datetime as dt
import re

import pytest
from django.test import Client
from django.utils import timezone
from drf_spectacular.generators import SchemaGenerator

from imis_ai.accounts.models import AccessEntry, User
from imis_ai.governance.models import AuditEntry, Decision, Proposal
from imis_ai.governance.refusals import Blocked, NotAllowed
from imis_ai.integrations.actions import clients
from imis_ai.integrations.models import ApiClient
from imis_ai.integrations.scopes import SCOPES
from tests.factories.accounts import UserFactory, chapter_manager
from tests.factories.governance import OutboxMessageFactory, ProposalFactory
from tests.factories.integrations import asking, system
from tests.factories.mirror import ChapterFactory, MemberFactory
from tests.factories.registry import TrainedModelFactory
from tests.factories.retention import RiskScoreFactory, ScoreRunFactory

pytestmark = pytest.mark.django_db
ADDRESSES = {
    "members:read": "/api/v1/members/",
    "scores:read": "/api/v1/retention/members/",
    "proposals:read": "/api/v1/proposals/",
    "writebacks:read": "/api/v1/write-backs/",
    "models:read": "/api/v1/models/",
}
YEAR = dt.timedelta(days=365)


@pytest.fixture
def dana():
    chapter = ChapterFactory(code="TX", name="Texas")
    member = MemberFactory(imis_id="104482", name="Dana Whitfield", email="dana@example.org", chapter=chapter)
    RiskScoreFactory(run=ScoreRunFactory(is_current=True), member=member)
    return member


def verbs():
    return list(AuditEntry.objects.order_by("seq").values_list("action", flat=True))


@pytest.mark.row("GOV-18", "GOV-57")
@pytest.mark.parametrize("scope", list(ADDRESSES))
def test_a_scope_opens_its_own_address_and_no_other(dana, scope):
    client = system(scopes=[scope])

    codes = {name: client.get(address).status_code for name, address in ADDRESSES.items()}

    assert codes == {name: 200 if name == scope else 403 for name in ADDRESSES}


@pytest.mark.row("GOV-18")
def test_a_client_never_has_more_than_its_owner_has_at_that_moment(dana):
    owner = UserFactory(role="membership")
    client = system(owner)
    assert client.get("/api/v1/members/104482/").json()["name"] == "Dana Whitfield"

    User.objects.filter(pk=owner.pk).update(role="admin")
    assert client.get("/api/v1/members/104482/").json()["name"] == "D. W."
    User.objects.filter(pk=owner.pk).update(role="executive")
    assert client.get("/api/v1/members/104482/").status_code == 403
    User.objects.filter(pk=owner.pk).update(role="membership", is_active=False)

    assert client.get("/api/v1/members/104482/").status_code == 401


@pytest.mark.row("GOV-19")
def test_a_client_with_chapters_sees_nobody_else_at_any_address(dana):
    run, gulf = dana.riskscore_set.get().run, ChapterFactory(code="GU", name="Gulf")
    other = MemberFactory(imis_id="998811", name="Marked Stranger", chapter=gulf)
    RiskScoreFactory(run=run, member=other)
    for member in (dana, other):
        made = ProposalFactory(kind="retention.scores", imis_id=member.imis_id, chapter=member.chapter_id)
        OutboxMessageFactory(proposal=made, imis_id=member.imis_id)
    client = system(chapters=["TX"])
    ids = {"imis_ids": ["104482", "998811"]}

    answers = [client.get(address) for address in ADDRESSES.values()]
    answers += [
        client.post(f"/api/v1/{where}/by-id/", ids, content_type="application/json")
        for where in ("members", "retention/scores")
    ]

    assert {answer.status_code for answer in answers} == {200}
    assert not any(b"Stranger" in answer.content for answer in answers)
    assert [answer.json()["not_found"] for answer in answers[-2:]] == [["998811"]] * 2
    assert [answer.json().get("count") for answer in answers[:4]] == [1, 1, 1, 1]
    for address in ("members/998811/", "retention/members/998811/", f"proposals/{made.pk}/"):
        assert client.get(f"/api/v1/{address}").status_code == 404


def test_names_need_a_scope_and_a_browser_beside_it_changes_nothing(dana):
    plain = system(scopes=["members:read"])
    plain.force_login(UserFactory(role="membership"))

    body = plain.get("/api/v1/members/104482/").json()

    assert (body["name"], body["email"]) == ("D. W.", "")


@pytest.mark.parametrize("end", ["revoked", "expired", "rotated"])
def test_a_token_that_has_ended_opens_nothing(dana, end):
    client = system()
    row, address = client.api_client, "/api/v1/members/"
    assert client.get(address).status_code == 200

    if end == "revoked":
        clients.revoke(client=row, by=UserFactory(role="admin"), now=timezone.now())
    elif end == "expired":
        ApiClient.objects.filter(pk=row.pk).update(expires_at=timezone.now())
    else:
        new = clients.make_token(client=row, by=row.owner, now=timezone.now())
        assert asking(new).get(address).status_code == 200

    answer = client.get(address)
    assert answer.status_code == 401
    assert answer["WWW-Authenticate"].startswith("Bearer")


@pytest.mark.parametrize("token", ["", "x", "imisai_000000000000_" + "a" * 43, "a b", "é"])
def test_what_is_no_token_opens_nothing(db, token):
    assert Client(headers={"Authorization": f"Bearer {token}"}).get("/api/v1/members/").status_code == 401


def test_the_token_is_stored_nowhere(dana):
    token = system().defaults["HTTP_AUTHORIZATION"].split()[1]
    row = ApiClient.objects.get()

    assert token.split("_", 2)[2] not in str(row.__dict__)
    assert not any(token[20:] in str(entry.__dict__) for entry in AuditEntry.objects.all())


@pytest.mark.row("GOV-01")
@pytest.mark.parametrize("what", ["approve", "reject"])
def test_a_client_decides_nothing_and_trying_is_written_down(what):
    made = ProposalFactory(kind="retention.scores")
    client = system(UserFactory(role="membership"))
    seen = client.get(f"/api/v1/proposals/{made.pk}/").json()["seen"]

    answer = client.post(
        f"/api/v1/proposals/{made.pk}/decisions/",
        {"what": what, "seen": seen, "reason": "timing"},
        content_type="application/json",
    )

    assert answer.status_code == 403
    assert "A named person does" in answer.json()["errors"][0]["detail"]
    assert verbs()[-1] == "proposal.refused"
    assert AuditEntry.objects.latest("seq").object_id == str(made.pk)
    made.refresh_from_db()
    assert made.state == Proposal.State.SUGGESTED
    assert not Decision.objects.exists()


@pytest.mark.row("GOV-01")
def test_a_person_who_may_not_decide_is_refused_and_one_who_may_decides_by_the_usual_rules():
    made = ProposalFactory(kind="retention.scores", verdict="better", created_at=timezone.now())
    body = {"what": "reject", "reason": "timing", "seen": f"1:{made.digest}"}
    address = f"/api/v1/proposals/{made.pk}/decisions/"

    def post(role):
        browser = Client()
        browser.force_login(UserFactory(role=role))
        return browser.post(address, body, content_type="application/json")

    refused = post("finance")
    assert (refused.status_code, verbs()) == (403, ["proposal.refused"])
    done = post("membership")
    assert (done.status_code, done.json()["state"]) == (200, "rejected")
    assert post("membership").status_code == 409


def test_every_address_of_the_document_is_closed_to_a_client_without_scopes(dana):
    client = system(scopes=[])
    document = SchemaGenerator().get_schema(request=None, public=True)

    codes = {
        (method, path): client.generic(
            method.upper(), re.sub(r"{\w+}", "1", path), "{}", content_type="application/json"
        ).status_code
        for path, operations in document["paths"].items()
        for method in operations
    }

    assert len(codes) >= 12
    assert set(codes.values()) == {403}


def test_too_many_calls_are_told_when_to_come_back(dana):
    client = system(per_minute=3)

    codes = [client.get("/api/v1/members/").status_code for _ in range(4)]
    answer = client.get("/api/v1/members/")

    assert codes == [200, 200, 200, 429]
    assert 1 <= int(answer["Retry-After"]) <= 20
    ApiClient.objects.update(last_used_at=timezone.now() - dt.timedelta(seconds=20))
    assert client.get("/api/v1/members/").status_code == 200
    assert system().get("/api/v1/members/").status_code == 200


def test_use_is_counted_and_looking_at_people_is_in_the_access_log(dana):
    client = system(name="Power BI")

    client.get("/api/v1/members/104482/")
    client.post("/api/v1/members/by-id/", {"imis_ids": ["104482", "7"]}, content_type="application/json")

    row = ApiClient.objects.get()
    assert row.calls == 2
    assert row.last_used_at is not None
    opened, listed = AccessEntry.objects.order_by("pk")
    assert (opened.user, opened.imis_id) == (row.owner, "104482")
    assert opened.detail == {"where": "api", "client": "Power BI"}
    assert listed.detail["rows"] == 1
    assert listed.detail["asked"] == 2


def test_only_an_administrator_registers_and_only_the_owner_takes_the_token():
    admin, owner = UserFactory(role="admin"), UserFactory(role="membership")
    now = timezone.now()
    wanted = {"name": "BI", "owner": owner, "scopes": ["scores:read"], "expires_at": now + YEAR, "now": now}

    with pytest.raises(NotAllowed):
        clients.register(**wanted, by=owner)
    made = clients.register(**wanted, by=admin)
    with pytest.raises(NotAllowed, match="the owner alone"):
        clients.make_token(client=made, by=admin, now=now)
    clients.make_token(client=made, by=owner, now=now)
    clients.revoke(client=made, by=owner, now=now)
    with pytest.raises(Blocked, match="has ended"):
        clients.make_token(client=made, by=owner, now=now)

    assert verbs() == ["api.client_registered", "api.token_made", "api.client_revoked"]


@pytest.mark.parametrize(
    ("role", "given", "words"),
    [
        ("executive", {"scopes": ["scores:read"]}, "may not see members"),
        ("chapter", {"scopes": ["members:read"], "chapters": ["GU"]}, "does not see all of these"),
        ("membership", {"scopes": []}, "something that it may read"),
        ("membership", {"scopes": ["members:read"], "expires_at": timezone.now() + 2 * YEAR}, "366 days"),
    ],
)
def test_a_client_with_more_than_its_owner_or_without_end_is_not_registered(role, given, words):
    owner = chapter_manager(ChapterFactory(code="TX")) if role == "chapter" else UserFactory(role=role)
    now = timezone.now()

    with pytest.raises(Blocked, match=words):
        clients.register(
            **{"name": "BI", "owner": owner, "expires_at": now + YEAR, **given},
            by=UserFactory(role="admin"), now=now,
        )  # fmt: skip

    assert not ApiClient.objects.exists()


def test_scopes_lie_within_rights_that_exist():
    from imis_ai.accounts.rights import RIGHTS

    assert {scope.right for scope in SCOPES.values()} <= set(RIGHTS)


@pytest.mark.row("GOV-57")
def test_the_live_model_is_told_and_not_again_while_it_stays():
    TrainedModelFactory(name="churn", version="2026.6.1")
    client = system()
    first = client.get("/api/v1/models/")

    again = client.get("/api/v1/models/", headers={"If-None-Match": first["ETag"]})
    other = system().get("/api/v1/models/", headers={"If-None-Match": first["ETag"]})

    assert [each["version"] for each in first.json()["results"]] == ["2026.6.1"]
    assert (again.status_code, again.content, other.status_code) == (304, b"", 200)
    assert client.get("/api/v1/models/churn/").json()["version"] == "2026.6.1"
    assert client.get("/api/v1/models/none/").status_code == 404


def test_scores_are_not_sent_twice_and_are_sent_when_something_changed(dana):
    client = system()
    first = client.get("/api/v1/retention/members/")
    tag = {"If-None-Match": first["ETag"]}
    assert client.get("/api/v1/retention/members/", headers=tag).status_code == 304

    RiskScoreFactory(run=dana.riskscore_set.get().run)

    assert client.get("/api/v1/retention/members/", headers=tag).json()["count"] == 2


def test_the_pages_register_give_and_end(client):
    admin, owner = UserFactory(role="admin"), UserFactory(role="membership", first_name="Ines")
    client.force_login(admin)
    ends = timezone.localdate() + dt.timedelta(days=30)
    form = {
        "name": "Power BI",
        "owner": owner.pk,
        "scopes": ["scores:read"],
        "expires_on": ends,
        "per_minute": 60,
    }
    assert client.post("/settings/api/new/", form | {"scopes": []}).status_code == 422

    client.post("/settings/api/new/", form)
    assert "Waits for its owner" in client.get("/settings/api/").content.decode()
    row = ApiClient.objects.get()
    assert client.post(f"/account/api/{row.pk}/token/").status_code == 404
    client.force_login(owner)
    page = client.post(f"/account/api/{row.pk}/token/")
    token = page.content.decode().split('value="imisai_')[1].split('"')[0]

    assert page["Cache-Control"] == "no-store"
    assert asking(f"imisai_{token}").get("/api/v1/retention/members/").status_code == 404  # no scores yet
    client.post(f"/account/api/{row.pk}/end/")
    assert asking(f"imisai_{token}").get("/api/v1/retention/members/").status_code == 401
