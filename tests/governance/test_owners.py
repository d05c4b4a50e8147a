"""Who looks after a member: assigned in a list, above the owner in iMIS, seen where it matters, kept."""

import pytest

from imis_ai.governance import owners
from imis_ai.governance.models import AuditDetail, AuditEntry, Ownership
from imis_ai.governance.notices import sources
from imis_ai.governance.refusals import NotAllowed
from imis_ai.mirror import access
from tests.factories.accounts import UserFactory, chapter_manager
from tests.factories.mirror import NOW, ChapterFactory, MemberFactory, RelationshipFactory
from tests.factories.retention import RiskScoreFactory, ScoreRunFactory
from tests.reading import html_of


@pytest.fixture
def three(db):
    """Dana and Eli of Texas, Fay of Gulf; Otto of the office is Dana's and Fay's owner in iMIS."""
    run = ScoreRunFactory(is_current=True)
    texas, gulf = ChapterFactory(code="TX", name="Texas"), ChapterFactory(code="GU", name="Gulf")
    homes = {"Dana": texas, "Eli": texas, "Fay": gulf}
    found = {name: MemberFactory(imis_id=name, name=name, chapter=home) for name, home in homes.items()}
    MemberFactory(imis_id="900", name="Otto Office", email="Otto@example.org", chapter=None)
    for name in ("Dana", "Fay"):
        RelationshipFactory(member=found[name], kind="staff_owner", other_imis_id="900", end_on=None)
    for member in found.values():
        RiskScoreFactory(run=run, member=member, risk=0.7)
    return texas


def named(client, address) -> dict[str, str]:
    return {row.imis_id: row.owner for row in client.get(address).context["rows"]}


def ids(client, address) -> set[str]:
    return {row.imis_id for row in client.get(address).context["rows"]}


def test_members_are_assigned_in_bulk_and_found_by_their_owner(three, client):
    priya, otto = UserFactory(role="membership", first_name="Priya"), UserFactory(email="otto@example.org")
    client.force_login(priya)
    assert named(client, "/retention/") == {"Dana": "Otto Office", "Eli": "", "Fay": "Otto Office"}
    page = html_of(client.get("/owners/?pick=Dana&pick=Eli&back=/retention/"))
    assert "Assign 2 members" in page

    sent = {"pick": ["Dana", "Eli", "nobody"], "person": priya.pk, "back": "https://evil.example/"}
    answer = client.post("/owners/", sent)

    assert (answer.status_code, answer["Location"]) == (302, "/members/")
    mine = {"Dana": str(priya), "Eli": str(priya)}
    assert named(client, "/retention/") == mine | {"Fay": "Otto Office"}
    assert named(client, "/retention/?view=mine") == mine
    assert ids(client, "/members/?owner=me") == {"Dana", "Eli"}
    assert ids(client, f"/retention/?owner={otto.pk}") == {"Fay"}  # his in iMIS, by his address
    assert ids(client, "/members/?owner=none") == {"900"}
    entry = AuditEntry.objects.get(action="members.assigned")
    assert entry.actor == str(priya)
    assert '"members":2' in AuditDetail.objects.get(entry=entry).detail.replace(" ", "")
    assert str(priya) in html_of(client.get("/members/Dana/"))
    assert "Members you look after</a> 2" in html_of(client.get("/"))
    exported = b"".join(client.get("/retention/export.csv?pick=Eli").streaming_content).decode()
    assert str(priya) in exported


def test_history_stays_and_ending_brings_back_the_owner_in_imis(three):
    priya, ann = UserFactory(role="membership"), UserFactory(role="finance")
    owners.assign(imis_ids=["Dana"], person=priya, by=ann, now=NOW)
    owners.assign(imis_ids=["Dana"], person=ann, by=priya, now=NOW)
    again = owners.assign(imis_ids=["Dana"], person=ann, by=priya, now=NOW)

    ended = owners.assign(imis_ids=["Dana"], person=None, by=priya, now=NOW)

    assert (again.assigned, again.same, ended.assigned) == (0, 1, 1)
    assert [(each.person, each.until) for each in owners.history(imis_id="Dana")] == [
        (ann, NOW),
        (priya, NOW),
    ]
    rows = access.members(priya).filter(imis_id="Dana")
    (row,) = owners.annotated(rows, number="imis_id", member="pk", today=NOW.date())
    assert owners.said(row) == "Otto Office"


def test_a_chapter_manager_gets_and_gives_members_of_her_chapter_only(three):
    boss, manager = UserFactory(role="membership"), chapter_manager(three)

    given = owners.assign(imis_ids=["Dana", "Fay"], person=manager, by=boss, now=NOW)
    hers = owners.assign(imis_ids=["Fay"], person=manager, by=manager, now=NOW)

    assert (given.assigned, given.left_out, hers.assigned) == (1, 1, 0)
    assert "outside the chapters" in given.why
    with pytest.raises(NotAllowed, match="cannot look after members"):
        owners.assign(imis_ids=["Dana"], person=UserFactory(role="admin"), by=boss, now=NOW)
    assert list(Ownership.objects.values_list("imis_id", "person")) == [("Dana", manager.pk)]
    told = [(each.person_id, each.text) for each in sources.collect(NOW) if each.kind == "assigned"]
    assert told == [(manager.pk, "1 member is yours to look after")]
