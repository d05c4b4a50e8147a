"""Chapters and committees: who drops off, what the page shows to whom, and the liaison's task."""

import datetime as dt

import pytest

from imis_ai.governance.models import OutboxMessage
from imis_ai.mirror.models import Member
from retention import actions
from retention.models import ChapterScore
from retention.queries import chapters
from tests.factories.accounts import UserFactory, chapter_manager
from tests.factories.mirror import (
    ActivityFactory,
    ChapterFactory,
    CommitteeRoleFactory,
    EventFactory,
    MemberFactory,
    RegistrationFactory,
    TermFactory,
)
from tests.governance.deciding import assisted
from tests.reading import html_of

NOW = dt.datetime(2026, 6, 1, 15, tzinfo=dt.UTC)
TODAY, DAY = NOW.date(), dt.timedelta(days=1)


@pytest.fixture
def world(db):
    """Texas: Dana led until lately, Sil holds a role and does nothing, Max comes. Gulf: one more."""
    texas, gulf = ChapterFactory(code="TX", name="Texas"), ChapterFactory(code="GU", name="Gulf")
    people = {}
    for number, (name, chapter) in enumerate(
        (("Dana", texas), ("Sil", texas), ("Max", texas), ("Gil", gulf))
    ):
        people[name] = MemberFactory(
            imis_id=str(101 + number), first_name=name, last_name="Reed", name=f"{name} Reed", chapter=chapter
        )
        TermFactory(member=people[name], start_on=TODAY - 300 * DAY, end_on=TODAY + 60 * DAY)
    lead = {"committee": "Bridges", "role": "Chair", "start_on": TODAY - 700 * DAY}
    CommitteeRoleFactory(member=people["Dana"], **lead, end_on=TODAY - 30 * DAY)
    CommitteeRoleFactory(member=people["Sil"], committee="Bridges", start_on=TODAY - 700 * DAY)
    CommitteeRoleFactory(member=people["Max"], committee="Roads", start_on=TODAY - 700 * DAY)
    event = EventFactory(kind="chapter_meeting", starts_at=NOW - 20 * DAY)
    RegistrationFactory(member=people["Max"], event=event, registered_at=NOW - 30 * DAY)
    ActivityFactory(member=people["Sil"], kind="login", at=NOW - 200 * DAY)
    return people


@pytest.mark.row("CHURN-16", "CHURN-11")
def test_a_leader_who_left_is_flagged_and_the_liaison_gets_a_task(world, signed_in):
    assisted()
    liaison = chapter_manager(world["Dana"].chapter)
    assert actions.chapters.score_chapters(today=TODAY) == 4
    assert actions.chapters.score_chapters(today=TODAY) == 4, "twice changes nothing"

    rows = {row.member.first_name: row for row in ChapterScore.objects.select_related("member")}
    assert (rows["Dana"].reasons, rows["Sil"].reasons, rows["Gil"].reasons) == (
        ["led"],
        ["silent"],
        [],
    )
    assert (rows["Max"].reasons, rows["Max"].score, rows["Sil"].is_silent) == (
        [],
        pytest.approx(46.67 * 100 / 80, abs=0.1),
        True,
    )

    own = signed_in(liaison)
    text = html_of(own.get("/retention/chapters/?chapter=TX"))
    assert "Left a leading role" in text
    assert "Chair, Bridges until 2026-05-02" in text
    assert f"Create call tasks for {liaison}" in text
    assert "Gulf" not in text
    assert "Average of all" not in text, "the others are fewer than ten"
    assert own.get("/retention/chapters/?chapter=GU").status_code == 404

    own.post("/retention/chapters/ask/", {"pick": ["101", "104"], "chapter": "TX"})
    task = OutboxMessage.objects.get()
    assert (task.target, task.imis_id, task.fields["assignee"]) == ("task", "101", str(liaison))
    assert task.fields["factors"].startswith("Left a leading role")


@pytest.mark.row("CHURN-16")
def test_totals_by_chapter_and_committee_and_the_average(world, signed_in):
    for number in range(10):
        member = MemberFactory(imis_id=str(300 + number), chapter=world["Gil"].chapter)
        TermFactory(member=member, start_on=TODAY - 300 * DAY, end_on=TODAY + 60 * DAY)
    actions.chapters.score_chapters(today=TODAY)

    manager = signed_in(UserFactory(role="membership"))
    text = html_of(manager.get("/retention/chapters/?sort=name"))
    assert text.index("Gulf") < text.index("Texas") < text.index("Average of all")
    found = {row["code"]: row for row in manager.get("/api/v1/retention/chapters/").json()}
    assert [found["TX"][name] for name in ("members", "silent", "call")] == [3, 1, 2]
    assert [found["GU"][name] for name in ("members", "call")] == [11, 0]
    bridges = chapters.committees(seen=Member.objects.all())[0]
    assert (bridges.name, bridges.members, bridges.silent, bridges.left) == ("Bridges", 1, 1, 1)
    file = b"".join(manager.get("/retention/chapters/export.csv").streaming_content).decode()
    assert "TX,Texas,3" in file
    assert "Average of all" in html_of(
        signed_in(chapter_manager(world["Dana"].chapter)).get("/retention/chapters/")
    )
