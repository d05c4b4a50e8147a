"""Passing decisions on: what one may decide, to who may decide it, and both names on the decision."""

import datetime as dt

import pytest
from django.db import IntegrityError, transaction

from imis_ai.governance import kinds, proposals
from imis_ai.governance.models import AuditEntry, Decision
from imis_ai.governance.proposals import standing_in
from imis_ai.governance.refusals import Blocked, NotAllowed
from tests.factories.accounts import UserFactory, chapter_manager
from tests.factories.mirror import ChapterFactory
from tests.governance.deciding import KIND, NOW, assisted, draft, money_kind, tag_kind

TODAY = NOW.date()
WEEK = dt.timedelta(days=7)


@pytest.fixture(autouse=True)
def kinds_of_the_test(monkeypatch, db):
    assisted()
    monkeypatch.setattr(kinds, "KINDS", {})
    tag_kind()


@pytest.fixture
def priya(db):
    return UserFactory(first_name="Priya", last_name="Raman")


@pytest.fixture
def marta(db):
    return UserFactory(first_name="Marta", last_name="Silva")


def pass_on(by, to, *, area="", kind="", from_on=TODAY, to_on=TODAY + WEEK, now=NOW):
    return standing_in.pass_on(
        to=to, area=area, kind=kind, from_on=from_on, to_on=to_on, reason="Holiday", by=by, now=now
    )


def approve(proposal, by, now=NOW):
    return proposals.approve(proposal=proposal, as_seen=proposals.seen(proposal=proposal), by=by, now=now)


@pytest.mark.row("GOV-05")
def test_the_decision_names_both_people(priya, marta):
    pass_on(priya, marta)
    proposal = proposals.propose(draft=draft(), by=None, now=NOW)

    approve(proposal, marta)

    decision = proposal.decisions.get(what="approve")
    assert (decision.by, decision.on_behalf_of) == (marta, priya)
    detail = AuditEntry.objects.get(action="proposal.approve").kept.detail
    assert '"on_behalf_of":"Priya Raman"' in detail


def test_it_holds_from_its_first_to_its_last_day_and_no_longer(priya, marta):
    pass_on(priya, marta, from_on=TODAY + dt.timedelta(days=1), to_on=TODAY + dt.timedelta(days=2))
    proposal = proposals.propose(draft=draft(), by=None, now=NOW)

    on_behalf = [
        standing_in.behalf_of(proposal=proposal, by=marta, now=NOW + dt.timedelta(days=day))
        for day in range(4)
    ]

    assert on_behalf == [None, priya, priya, None]


def test_what_was_passed_on_leaves_the_inbox_of_one_and_stays_in_that_of_the_other(priya, marta):
    pass_on(priya, marta, kind=KIND)
    proposals.propose(draft=draft(), by=None, now=NOW)

    assert not proposals.waiting_for(viewer=priya, now=NOW).exists()
    assert proposals.waiting_for(viewer=marta, now=NOW).exists()


def test_nobody_passes_on_what_they_do_not_decide(marta, db):
    frank = UserFactory(role="finance")

    with pytest.raises(NotAllowed, match="You do not decide on this yourself"):
        pass_on(frank, marta, kind=KIND)


def test_standing_in_lends_no_right(priya, db):
    frank = UserFactory(role="finance", first_name="Frank", last_name="Osei")

    with pytest.raises(NotAllowed, match=r"Frank Osei does not decide on: tags\. Standing in lends no right"):
        pass_on(priya, frank)


@pytest.mark.parametrize("who", [{"role": "admin"}, {"role": "executive", "is_auditor": True}])
def test_people_who_may_approve_nothing_do_not_stand_in(priya, who):
    with pytest.raises(NotAllowed):
        pass_on(priya, UserFactory(**who))


def test_a_chapter_manager_stands_in_only_for_chapters_they_see(db):
    tag_kind(name="test.chapter", decides="retention.members")
    texas, gulf = ChapterFactory(code="TX"), ChapterFactory(code="GU")
    both, one = chapter_manager(texas, gulf), chapter_manager(texas)

    with pytest.raises(NotAllowed, match="fewer chapters"):
        pass_on(both, one, kind="test.chapter")
    assert pass_on(one, both, kind="test.chapter").stand_in == both


def test_who_stands_in_does_not_approve_in_the_name_of_the_one_who_made_it(priya, marta):
    """Otherwise passing on would be a way to approve one's own work."""
    pass_on(priya, marta)
    proposal = proposals.propose(draft=draft(), by=priya, now=NOW)

    approve(proposal, marta)

    assert proposal.decisions.get(what="approve").on_behalf_of is None


def test_the_same_person_never_counts_twice_through_somebody_else(priya, marta):
    tag_kind(friction=kinds.Friction.SECOND)
    pass_on(priya, marta)
    proposal = approve(proposals.propose(draft=draft(), by=None, now=NOW), marta)
    assert proposal.state == "half"

    with pytest.raises(NotAllowed, match=r"Marta Silva approved this on your behalf already"):
        approve(proposal, priya)


def test_money_stays_within_the_limit_of_who_decides(db):
    money_kind()
    rich = UserFactory(role="finance", approval_limit=1000)
    poor = UserFactory(role="finance", approval_limit=10)
    pass_on(rich, poor, kind="test.credit")
    proposal = proposals.propose(draft=draft(kind="test.credit", amount="500"), by=None, now=NOW)

    assert approve(proposal, poor).state == "half"


def test_what_is_assigned_to_somebody_else_is_not_decided_on_behalf(priya, marta):
    pass_on(priya, marta)
    proposal = proposals.propose(draft=draft(), by=None, now=NOW)
    proposals.assign(proposal=proposal, to=marta, by=priya, now=NOW)

    assert standing_in.behalf_of(proposal=proposal, by=marta, now=NOW) is None


@pytest.mark.parametrize(
    ("days", "said"),
    [((-1, 3), "has passed"), ((3, 1), "before the first"), ((0, 120), "longer than 90 days")],
)
def test_days_that_make_no_sense_are_refused(priya, marta, days, said):
    first, last = (TODAY + dt.timedelta(days=day) for day in days)

    with pytest.raises(Blocked, match=said):
        pass_on(priya, marta, from_on=first, to_on=last)


def test_the_same_is_not_passed_on_twice_nor_in_a_circle(priya, marta):
    pass_on(priya, marta, kind=KIND)

    with pytest.raises(Blocked, match="You have passed this on to Marta Silva"):
        pass_on(priya, UserFactory())
    with pytest.raises(Blocked, match="Priya Raman has passed this on"):
        pass_on(marta, priya)


def test_either_of_the_two_ends_it_at_once_and_a_third_does_not(priya, marta):
    made = pass_on(priya, marta)

    with pytest.raises(NotAllowed):
        standing_in.end(delegation=made, by=UserFactory(), now=NOW)
    standing_in.end(delegation=made, by=marta, now=NOW)

    assert standing_in.standing(person=priya, now=NOW).given == []
    assert [e.action for e in AuditEntry.objects.filter(action__startswith="delegation")] == [
        "delegation.made",
        "delegation.ended",
    ]


def test_the_database_refuses_a_decision_on_behalf_of_oneself_or_of_the_maker(priya, marta):
    proposal = proposals.propose(draft=draft(), by=priya, now=NOW)
    fields = {"proposal": proposal, "what": "approve", "at": NOW, "version": 1, "digest": "x"}

    for by, behalf in ((marta, marta), (marta, priya)):
        with pytest.raises(IntegrityError), transaction.atomic():
            Decision.objects.create(by=by, on_behalf_of=behalf, drafted_by=priya, **fields)
