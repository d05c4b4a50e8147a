"""The first-year plan: steps follow from what a member did, drafts wait for a yes, what was decided stays."""

import datetime as dt

import pytest

from imis_ai.features.calc.vectors import DIMENSIONS
from imis_ai.features.models import MemberVector
from imis_ai.governance.models import AuditEntry, OutboxMessage, Proposal
from retention.actions import promises
from retention.calc import first_year as calc
from retention.models import Promise
from tests.factories.accounts import UserFactory, chapter_manager
from tests.factories.messages import NOW, reachable
from tests.factories.mirror import (
    ActivityFactory,
    ChapterFactory,
    CommitteeRoleFactory,
    EventFactory,
    MemberFactory,
    RegistrationFactory,
)
from tests.retention.outreach import TODAY, ready

JOINED = dt.date(2026, 1, 10)


def states(today, did=None, decided=None) -> list[str]:
    made = calc.plan(joined_on=JOINED, did=did or {}, decided=decided or {}, today=today)
    return [step.state for step in made]


def test_a_step_is_planned_then_missed_then_expired_and_what_was_done_counts_whenever():
    day = dt.timedelta(days=1)

    assert states(JOINED + 30 * day) == ["planned", "planned", "planned"]
    assert states(JOINED + 31 * day) == ["missed", "planned", "planned"]
    assert states(JOINED + 90 * day) == ["missed", "missed", "planned"]
    assert states(JOINED + 91 * day) == ["expired", "missed", "missed"]
    assert states(JOINED + 151 * day) == ["expired", "expired", "expired"]
    late = {30: calc.Did(JOINED + 80 * day, "Used the portal")}
    assert states(JOINED + 200 * day, late) == ["done", "expired", "expired"]
    skipped = {60: calc.Decided("skipped", JOINED + 65 * day, "Somebody calls instead.")}
    assert states(JOINED + 91 * day, late, skipped) == ["done", "skipped", "missed"]
    made = calc.plan(joined_on=JOINED, did=late, decided={}, today=JOINED + 91 * day)
    assert [step.why for step in made[:2]] == [
        "Used the portal, on day 80 of the membership.",
        "Came to no event and began no course since joining.",
    ]
    assert calc.first_open(made).day == 60


@pytest.mark.parametrize(
    ("joined", "today", "month"),
    [("2026-01-31", "2026-02-28", 1), ("2026-01-10", "2026-02-10", 2), ("2025-02-11", "2026-02-10", 12)],
)
def test_months_of_membership_count_from_the_day_of_joining(joined, today, month):
    assert calc.month(dt.date.fromisoformat(joined), dt.date.fromisoformat(today)) == month


@pytest.fixture
def new(db):
    """In Texas: Ann is 40 days in, Bea 70, Cleo 100 and in a committee, Eve 400. Dan of Gulf 40."""
    ready()
    texas, gulf = ChapterFactory(code="TX", name="Texas"), ChapterFactory(code="GU", name="Gulf")

    def joined(name, days, chapter=texas):
        on = TODAY - dt.timedelta(days=days)
        return reachable(imis_id=name, first_name=name, name=f"{name} New", joined_on=on, chapter=chapter)

    found = {
        name: joined(name, days) for name, days in (("Ann", 40), ("Bea", 70), ("Cleo", 100), ("Eve", 400))
    }
    found["Dan"] = joined("Dan", 40, gulf)
    for name in ("Bea", "Cleo"):
        ActivityFactory(member=found[name], kind="login", at=NOW - dt.timedelta(days=20))
    webinar = EventFactory(name="Grant writing", starts_at=NOW - dt.timedelta(days=30))
    RegistrationFactory(member=found["Cleo"], event=webinar, attended=True)
    CommitteeRoleFactory(member=found["Cleo"], committee="Ethics", start_on=TODAY - dt.timedelta(days=3))
    return found


@pytest.fixture
def page(new, monkeypatch, client):
    """page(person) -> what she sees and posts, on the day of the messages."""
    from retention.views import first_year as views

    monkeypatch.setattr(views.timezone, "now", lambda: NOW)
    monkeypatch.setattr(views.timezone, "localdate", lambda *_: TODAY)

    def enter(person):
        client.force_login(person)
        return client

    return enter


def plans(client, address="/members/new/") -> dict[str, list[str]]:
    rows = client.get(address).context["rows"]
    return {row.imis_id: [step.state for step in row.steps] for row in rows}


def said(client) -> str:
    return str(next(iter(client.get("/members/new/").context["messages"])))


def test_the_page_shows_who_missed_what_and_a_nudge_is_a_draft_that_waits(new, page):
    boss = page(UserFactory(role="membership"))
    missed = {"Bea": ["done", "missed", "planned"], "Ann": ["missed", "planned", "planned"]}
    missed["Dan"] = missed["Ann"]
    assert plans(boss) == missed
    everybody = plans(boss, "/members/new/?tab=all")
    assert everybody == missed | {"Cleo": ["done", "done", "done"]}
    assert set(plans(boss, "/members/new/?step=60")) == {"Bea"}
    assert set(plans(boss, "/members/new/?month=2&chapter=TX")) == {"Ann"}
    whole = boss.get("/members/new/?tab=all").content.decode()
    assert "Came to Grant writing, on day 70 of the membership." in whole

    boss.post("/members/new/nudge/", {"pick": ["Ann", "Bea", "Eve"]})

    assert said(boss) == "2 drafts wait in Approvals. 1 not. 1: No step is open."
    drafts = {each.imis_id: each for each in Proposal.objects.filter(kind="retention.message")}
    assert {name: each.made_from["day"] for name, each in drafts.items()} == {"Ann": 30, "Bea": 60}
    assert "Ann" in drafts["Ann"].payload["body"]
    assert not OutboxMessage.objects.exists()
    assert set(plans(boss)) == {"Dan"}
    assert plans(boss, "/members/new/?tab=all")["Ann"][0] == "asked"

    Proposal.objects.filter(imis_id="Ann").update(state="rejected")

    assert set(plans(boss)) == {"Dan", "Ann"}  # it came to nothing, so the step is open again


def test_introducing_needs_somebody_who_agreed_and_skipping_is_logged(new, page):
    manager = UserFactory(role="membership")
    boss = page(manager)
    boss.post("/members/new/introduce/", {"one": "Ann"})
    assert "No member of the chapter who agreed to be introduced is free." in said(boss)
    peer = MemberFactory(imis_id="Pat", name="Pat Peer", chapter=new["Ann"].chapter)
    promises.agree(imis_id="Pat", by=manager, now=NOW)
    for member in (peer, new["Ann"]):
        MemberVector.objects.create(pseudonym=member.pseudonym, values=[1.0] * DIMENSIONS, as_of=TODAY)

    boss.post("/members/new/introduce/", {"one": "Ann"})
    boss.post("/members/new/skip/", {"one": "Bea", "reason": "call"})

    draft = Proposal.objects.get(imis_id="Ann")
    assert "Pat Peer" in draft.payload["body"]
    assert Promise.objects.get(what="peer").proposal == draft
    assert AuditEntry.objects.filter(action="first year.skipped").count() == 1
    assert (
        f"Somebody calls instead. Skipped by {manager}." in boss.get("/members/new/?tab=all").content.decode()
    )
    hers = page(chapter_manager(new["Dan"].chapter))
    assert set(plans(hers)) == {"Dan"}
    hers.post("/members/new/skip/", {"pick": ["Dan", "Bea"]})
    assert plans(hers) == {}
    page(UserFactory(role="finance"))
    assert hers.post("/members/new/skip/", {"pick": ["Dan"]}).status_code == 403
