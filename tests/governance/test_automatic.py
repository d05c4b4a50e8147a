"""The third phase: what a policy approves without a person, and all that it never does."""

import datetime as dt
import threading

import pytest
from django.db import IntegrityError, connection, transaction

from imis_ai.governance import kinds, proposals, rollout, tasks, wiring
from imis_ai.governance.models import (
    Decision,
    GuardrailVersion,
    OutboxMessage,
    Proposal,
    RolloutChange,
    RolloutStep,
)
from imis_ai.governance.outbox import Message, checks
from imis_ai.governance.proposals import automatic
from imis_ai.governance.rollout import actions
from imis_ai.rules.tree import ALWAYS, Compare
from imis_ai.rules.wire import to_json
from tests.factories.accounts import UserFactory
from tests.factories.guardrails import live_guardrail
from tests.factories.mirror import MemberFactory, PaymentFactory, TierFactory
from tests.governance.deciding import KIND, NOW, assisted, draft, tag_kind

MINUTE = dt.timedelta(minutes=1)


@pytest.fixture(autouse=True)
def one_kind(monkeypatch, db):
    monkeypatch.setattr(kinds, "KINDS", {})
    assisted()
    declare()
    GuardrailVersion.objects.update(is_off=True)  # the shipped ones have a test of their own


def declare(**changes):
    return tag_kind(**({"automatic": kinds.Automatic(most_per_day=10)} | changes))


@pytest.fixture
def members(db):
    """Forty members; the first two have paid most."""
    tier = TierFactory(code="PRO")
    made = MemberFactory.create_batch(40, tier=tier)
    for number, member in enumerate(made):
        PaymentFactory(member=member, amount=1000 - number, received_on=NOW.date())
    return [member.imis_id for member in made]


@pytest.fixture
def policy(members):
    return raise_area()


def raise_area(scope=ALWAYS, most_per_day=5, now=NOW):
    """As `ask` and `agree` leave it; their evidence has tests of its own."""
    marta = UserFactory(role="admin", first_name="Marta", last_name="Silva")
    priya = UserFactory(first_name="Priya", last_name="Raman")
    RolloutStep.objects.update_or_create(
        area="retention", level=2, defaults={"scope": to_json(scope), "since": now}
    )
    return RolloutChange.objects.create(
        area="retention",
        from_level=1,
        to_level=2,
        scope=to_json(scope),
        most_per_day=most_per_day,
        state="done",
        asked_by=marta,
        asked_at=now,
        decided_by=priya,
        decided_at=now,
    )


def suggest(imis_id, by=None, **more):
    return proposals.propose(draft=draft(members=(imis_id,), imis_id=imis_id, **more), by=by, now=NOW)


def left(proposal):
    """The words with which it was left to people; empty when it was approved."""
    proposal.refresh_from_db()
    if proposal.state == "approved":
        return ""
    return proposal.decisions.filter(what="note").last().note


@pytest.mark.row("GOV-02")
def test_it_is_approved_by_the_policy_with_the_names_of_who_raised_it_and_waits_its_hold(policy, members):
    proposal = suggest(members[20])

    found = automatic.decide_due(now=NOW)

    proposal.refresh_from_db()
    decision = proposal.decisions.get(what="approve")
    assert (found.approved, found.left) == (1, 0)
    assert (decision.by, decision.policy) == (None, policy)
    assert decision.who() == "the policy raised by Marta Silva and Priya Raman"
    assert proposal.hold_until == NOW + 10 * MINUTE
    assert OutboxMessage.objects.get().not_before == proposal.hold_until


@pytest.mark.row("GOV-02")
def test_a_person_undoes_it_during_its_hold(policy, members):
    proposal = suggest(members[20])
    automatic.decide_due(now=NOW)

    undone = proposals.undo(proposal=Proposal.objects.get(), by=UserFactory(), now=NOW + MINUTE)

    assert undone.state == "undone"
    assert OutboxMessage.objects.get().state == "cancelled"
    assert proposal.decisions.last().what == "undo"


@pytest.mark.row("GOV-01", "GOV-02")
def test_below_the_third_phase_nothing_is_decided(members):
    suggest(members[20])

    assert not automatic.is_due(NOW)
    assert automatic.decide_due(now=NOW).approved == 0


def test_kinds_that_do_not_declare_it_are_left_alone(policy, members):
    declare(automatic=None)
    suggest(members[20])

    assert not automatic.is_due(NOW)


@pytest.mark.parametrize("friction", [kinds.Friction.BULK, kinds.Friction.SECOND, kinds.Friction.ERASE])
def test_no_kind_with_more_than_one_click_can_declare_it(friction):
    with pytest.raises(ValueError, match="only what one click decides"):
        declare(friction=friction)


@pytest.mark.row("GOV-56")
def test_money_is_never_approved_without_a_person(policy, members):
    by_amount = suggest(members[20], amount="10")
    declare(
        messages=lambda payload: [
            Message("append", "credit_memo", payload["members"][0], {"amount": "10.00", "reason": "x"})
        ]
    )
    by_target = suggest(members[21])

    automatic.decide_due(now=NOW)

    assert left(by_amount) == left(by_target) == "Left to a person: money is never moved without a person."


@pytest.mark.row("GOV-58")
def test_the_most_valuable_members_and_unknown_ones_hear_from_a_person(policy, members):
    first, second, third = suggest(members[0]), suggest(members[1]), suggest(members[2])
    stranger = suggest("nobody")

    automatic.decide_due(now=NOW)

    assert "most valuable" in left(first)
    assert "most valuable" in left(second)
    assert left(third) == ""
    assert "most valuable" in left(stranger)


@pytest.mark.row("GOV-03")
def test_only_the_pilot_of_the_third_phase(members):
    raise_area(scope=Compare("tier", "is", "STU"))
    outside = suggest(members[20])

    automatic.decide_due(now=NOW)

    assert "Outside the pilot" in left(outside)


def test_what_people_agreed_on_and_what_the_kind_allows_cap_the_day_and_midnight_begins_a_new_one(members):
    declare(automatic=kinds.Automatic(most_per_day=3))
    raise_area(most_per_day=2)
    for member in members[10:13]:
        suggest(member)

    today = automatic.decide_due(now=NOW)
    suggest(members[14])
    tomorrow = automatic.decide_due(now=NOW + dt.timedelta(days=1))

    assert (today.approved, today.left) == (2, 1)
    assert (tomorrow.approved, tomorrow.left) == (1, 0)


@pytest.mark.row("GOV-30")
def test_a_guardrail_that_speaks_of_automatic_stops_it_and_a_person_still_may(policy, members):
    live_guardrail("person", name="Half of them", share=50)
    proposal, cheap = suggest(members[15]), suggest(members[30])

    automatic.decide_due(now=NOW)

    assert "Left to a person" in left(proposal)
    assert left(cheap) == ""
    seen = proposals.seen(proposal=proposal)
    assert proposals.approve(proposal=proposal, as_seen=seen, by=UserFactory(), now=NOW).state == "approved"


@pytest.mark.row("GOV-02")
def test_as_shipped_only_a_risk_known_to_be_low_goes_without_a_person(policy, members):
    GuardrailVersion.objects.update(is_off=False)
    proposal = suggest(members[20])

    automatic.decide_due(now=NOW)

    assert "risk is not known to be low" in left(proposal)


def test_the_kinds_own_condition_counts(policy, members):
    declare(automatic=kinds.Automatic(10, why_not=lambda proposal, now: "the risk is high."))
    proposal = suggest(members[20])

    automatic.decide_due(now=NOW)

    assert left(proposal) == "Left to a person: the risk is high."


def test_a_warning_an_edit_a_name_or_a_maker_leaves_it_to_people(policy, members):
    warned = suggest(members[10], checks=(proposals.Check("steady", "It moved.", "warn"),))
    edited, named = suggest(members[11]), suggest(members[12])
    priya = UserFactory()
    proposals.edit(proposal=edited, changes={"segment": "Other"}, by=priya, now=NOW)
    proposals.assign(proposal=named, to=priya, by=UserFactory(), now=NOW)
    made = suggest(members[13], by=priya)

    automatic.decide_due(now=NOW)

    assert "It moved" in left(warned)
    assert "changed it" in left(edited)
    assert "asked by name" in left(named)
    assert Proposal.objects.get(pk=made.pk).state == "suggested"


def test_what_was_left_is_not_looked_at_again(policy, members):
    suggest(members[0])
    automatic.decide_due(now=NOW)

    assert not automatic.is_due(NOW)
    assert Decision.objects.filter(what="note").count() == 1


@pytest.mark.row("GOV-02")
def test_stopping_holds_at_once_also_for_what_is_in_its_hold(policy, members):
    suggest(members[20])
    automatic.decide_due(now=NOW)
    waiting = suggest(members[21])
    message = OutboxMessage.objects.get()
    checks.gate(name="rollout", look=wiring._phase)
    assert checks.objection(message, NOW + 11 * MINUTE) is None

    actions.lower(area="retention", to_level=1, reason="", by=UserFactory(), now=NOW)

    assert checks.objection(message, NOW + 11 * MINUTE).problem == "rollout"
    assert automatic.decide_due(now=NOW).approved == 0
    assert Proposal.objects.get(pk=waiting.pk).state == "suggested"


def test_the_stop_for_everything_stops_it_too(policy, members):
    suggest(members[20])
    actions.pause(reason="", by=UserFactory(), now=NOW)

    assert not automatic.is_due(NOW)
    assert automatic.decide_due(now=NOW).approved == 0


def test_a_policy_of_the_demo_without_two_names_decides_nothing(members):
    RolloutStep.objects.create(area="retention", level=2, scope=to_json(ALWAYS), since=NOW)
    suggest(members[20])

    assert rollout.policy("retention") is None
    assert automatic.decide_due(now=NOW).approved == 0


def test_the_database_refuses_an_approval_that_nobody_stands_for(policy, members):
    proposal = suggest(members[20])

    with pytest.raises(IntegrityError), transaction.atomic():
        Decision.objects.create(proposal=proposal, what="approve", at=NOW, version=1, digest="x")


@pytest.mark.django_db(transaction=True)
def test_two_workers_at_once_stay_within_the_day(members):
    raise_area(most_per_day=3)
    for member in members[10:18]:
        suggest(member)
    start = threading.Barrier(2)

    def work():
        start.wait()
        automatic.decide_due(now=NOW)
        connection.close()

    workers = [threading.Thread(target=work) for _ in range(2)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()

    assert Proposal.objects.filter(state="approved").count() == 3
    assert OutboxMessage.objects.count() == 3


def test_the_dispatcher_asks_for_it(policy, members):
    from imis_ai.jobs import registry

    suggest(members[20])

    assert registry.find("governance.decide").due(NOW)
    assert tasks.decide  # the job the dispatcher requests
    assert KIND in kinds.KINDS
