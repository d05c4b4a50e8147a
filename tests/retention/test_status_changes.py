"""Nothing about a member's status or record leaves without the approval of a named person, by any door."""

import datetime as dt

import pytest
from rest_framework.test import APIClient

from imis_ai.governance import proposals
from imis_ai.governance.models import (
    Decision,
    GuardrailVersion,
    OutboxMessage,
    Proposal,
    RolloutChange,
    RolloutStep,
)
from imis_ai.governance.outbox import checks
from imis_ai.governance.proposals import automatic
from imis_ai.governance.refusals import NotAllowed
from imis_ai.imis.targets import TARGETS
from retention import actions
from tests.factories.accounts import UserFactory
from tests.factories.governance import OutboxMessageFactory, ProposalFactory
from tests.factories.messages import NOW
from tests.factories.mirror import PaymentFactory
from tests.retention.outreach import TODAY, ready, scored

pytestmark = pytest.mark.django_db
LIBRARY = ("Member library",) * 3


def seen(proposal):
    return proposals.seen(proposal=proposal)


@pytest.fixture
def draft():
    member = scored(ready(), risk=0.45, uses=LIBRARY)
    return actions.draft_night(now=NOW).drafts[member.imis_id]


@pytest.mark.row("CHURN-46", "GOV-01")
def test_a_night_writes_nothing_and_whatever_is_queued_without_approval_is_stopped(draft):
    assert not OutboxMessage.objects.exists()
    targets = [*TARGETS, "email", "sms"]
    for target in targets:  # as if some code had put it there: a status, a tag, a task, a message
        way = target if target in ("email", "sms") else "set"
        held = ProposalFactory(kind="retention.message", payload={"n": target})
        OutboxMessageFactory(proposal=held, way=way, target=target, imis_id=draft.imis_id)

    refused = {each.target: checks.objection(each, NOW) for each in OutboxMessage.objects.all()}

    assert set(refused) == set(targets)
    assert {why.problem for why in refused.values()} == {"undone"}


@pytest.mark.row("CHURN-46", "GOV-01")
def test_no_door_lets_somebody_through_who_may_not_decide(draft, client):
    finance = UserFactory(role="finance", username="frank")
    client.force_login(finance)
    api = APIClient()
    api.force_login(finance)
    asked = {"do": "approve", "pick": [f"{draft.pk}:{seen(draft)}"], "seen": seen(draft), "shown": "1"}

    doors = [
        client.post(f"/retention/outreach/{draft.pk}/approve/", asked),
        client.post("/retention/outreach/several/", asked),
        client.post(f"/approvals/{draft.pk}/approve/", asked),
        client.post("/approvals/several/", asked),
        api.post(f"/api/v1/proposals/{draft.pk}/decisions/", {"what": "approve", "seen": seen(draft)}),
    ]
    with pytest.raises(NotAllowed):
        proposals.approve(proposal=draft, as_seen=seen(draft), by=finance, now=NOW)
    automatic.decide_due(now=NOW)

    assert [each.status_code for each in doors][:3] == [403, 403, 403]
    assert not OutboxMessage.objects.exists()
    draft.refresh_from_db()
    assert draft.state == "suggested"


@pytest.mark.row("CHURN-46")
def test_what_leaves_names_the_person_who_approved_exactly_that(draft):
    by = UserFactory(password=None)

    proposals.approve(proposal=draft, as_seen=seen(draft), by=by, now=NOW)

    message = OutboxMessage.objects.get()
    decision = Decision.objects.get(proposal=message.proposal, what="approve")
    assert (decision.by, decision.digest) == (by, message.digest)
    Proposal.objects.filter(pk=draft.pk).update(digest="another")
    assert checks.objection(message, NOW + dt.timedelta(hours=1)).problem == "undone"


@pytest.mark.row("CHURN-26", "GOV-02")
@pytest.mark.parametrize("is_relaxed", [False, True])
def test_in_the_third_phase_only_the_early_reminder_in_its_approved_words_leaves_by_itself(is_relaxed):
    """As shipped, a guardrail keeps medium risk with people; its owners may take that back for reminders."""
    run = ready()
    _third_phase()
    rule = GuardrailVersion.objects.filter(guardrail__name="High and medium risk is decided by a person")
    rule.update(state="retired" if is_relaxed else "live")
    for _ in range(2):  # so that the two below are not among the most valuable
        PaymentFactory(received_on=TODAY - dt.timedelta(days=200), amount="5000.00")
    reminded = scored(run, risk=0.45, uses=LIBRARY)
    campaign = scored(run, risk=0.8, renews_on=TODAY + dt.timedelta(days=60))
    made = actions.draft_night(now=NOW).drafts

    automatic.decide_due(now=NOW)

    states = dict(Proposal.objects.values_list("imis_id", "state"))
    notes = dict(Decision.objects.filter(what="note").values_list("proposal__imis_id", "note"))
    assert made[reminded.imis_id].payload["is_automatic"] is True
    assert states[campaign.imis_id] == "suggested"
    assert "It was not drafted as an automatic message" in notes[campaign.imis_id]
    if is_relaxed:
        assert states[reminded.imis_id] == "approved"
        assert Decision.objects.get(what="approve").policy is not None
    else:
        assert "The risk is not known to be low" in notes[reminded.imis_id]
    assert OutboxMessage.objects.count() == is_relaxed


def _third_phase():
    """Raised by one and agreed to by another."""
    RolloutStep.objects.update(level=2)
    RolloutChange.objects.create(
        area="retention",
        from_level=1,
        to_level=2,
        scope={},
        state="done",
        most_per_day=20,
        asked_by=UserFactory(password=None),
        asked_at=NOW,
        decided_by=UserFactory(password=None),
        decided_at=NOW,
    )
