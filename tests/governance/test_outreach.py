"""From a drafted message to the member's mailbox, through a person and past every rule."""

import datetime as dt

import pytest
from django.core import mail as outbox_of_django

from imis_ai.governance import kinds, outreach, proposals
from imis_ai.governance.messages import ledger
from imis_ai.governance.messages.senders import MessageSender
from imis_ai.governance.models import ContactEntry, Generation, OutboxMessage, RolloutStep
from imis_ai.governance.outbox import deliver_due
from imis_ai.governance.refusals import Blocked, Changed
from imis_ai.rules.tree import ALWAYS
from imis_ai.rules.wire import to_json
from tests.factories.accounts import UserFactory
from tests.factories.messages import NOW, VersionFactory, reachable
from tests.factories.mirror import EventFactory, MemberFactory, PaymentFactory, RegistrationFactory

pytestmark = pytest.mark.django_db
LATER = NOW + dt.timedelta(minutes=11)
BODY = "Dear {{ first_name }},\n\nYou attended {{ events_attended }} this year. Reply if we can help."


@pytest.fixture(autouse=True)
def kind(monkeypatch):
    monkeypatch.setattr(kinds, "KINDS", dict(kinds.KINDS))
    return kinds.register(
        outreach.message_kind(
            area="retention", label="Message", reads="retention.members", decides="retention.members"
        )
    )


@pytest.fixture(autouse=True)
def assisted():
    """Retention may send what a person approved."""
    return RolloutStep.objects.create(area="retention", level=1, scope=to_json(ALWAYS), since=NOW)


@pytest.fixture
def member():
    found = reachable(first_name="Dana", name="Dana Whitfield")
    for number in range(3):
        event = EventFactory(starts_at=NOW - dt.timedelta(days=20 + number))
        RegistrationFactory(member=found, event=event)
    return found


@pytest.fixture
def version():
    return VersionFactory(body=BODY)


@pytest.fixture
def propose(version):
    def propose(*members, **more):
        ids = [member.imis_id for member in members]
        asked = {"area": "retention", "channel": "email", "versions": [version], "now": NOW}
        return outreach.propose(imis_ids=ids, **(asked | more))

    return propose


def approve(proposal, by=None, now=NOW):
    by = by or UserFactory(password=None)
    return proposals.approve(proposal=proposal, as_seen=proposals.seen(proposal=proposal), by=by, now=now)


def deliver(now=LATER):
    sender = MessageSender(clock=lambda: now, look=lambda imis_id, at: None)
    deliver_due(now=now, senders={"email": sender, "sms": sender})
    return outbox_of_django.outbox


@pytest.mark.row("CHURN-25", "GOV-31")
def test_a_draft_travels_through_one_person_to_the_member(propose, member):
    proposal = propose(member, reason="E-mail: the member agreed to it.").proposals[member.imis_id]
    assert deliver() == []
    approve(proposal)
    assert deliver(NOW) == []

    [letter] = deliver()

    assert letter.body.startswith("Dear Dana,\n\nYou attended 3 events this year.")
    assert "Dana" not in proposal.title
    entry = ContactEntry.objects.get()
    assert (entry.proposal, entry.state, entry.reason) == (
        proposal,
        "sent",
        "E-mail: the member agreed to it.",
    )
    assert Generation.objects.get().proposal == proposal


def test_who_worded_it_may_send_it_and_the_wording_is_kept(propose, member):
    proposal, by = propose(member).proposals[member.imis_id], UserFactory(password=None)
    body = proposal.payload["body"].replace("Dear Dana", "Good morning Dana")

    proposals.edit(proposal=proposal, changes={"body": body}, by=by, now=NOW)
    proposal.refresh_from_db()
    approve(proposal, by)

    assert deliver()[0].body.startswith("Good morning Dana")
    assert proposal.decisions.get(what="edit").before["body"].startswith("Dear Dana")


@pytest.mark.row("GOV-31")
@pytest.mark.parametrize(
    "words", ["You get 10 % off.", "You are at risk of leaving.", "See www.evil.example"]
)
def test_a_forbidden_word_never_reaches_the_queue(propose, member, words):
    proposal = propose(member).proposals[member.imis_id]

    with pytest.raises(Blocked):
        proposals.edit(
            proposal=proposal,
            changes={"body": f"{proposal.payload['body']} {words}"},
            by=UserFactory(password=None),
            now=NOW,
        )

    assert not OutboxMessage.objects.exists()


@pytest.mark.row("U8")
def test_what_changed_since_the_draft_is_said_when_somebody_approves(propose, member):
    proposal = propose(member).proposals[member.imis_id]
    PaymentFactory(member=member, received_on=NOW.date())

    with pytest.raises(Changed, match="a payment came in"):
        approve(proposal)

    assert not OutboxMessage.objects.exists()


def test_members_who_may_not_be_contacted_are_named_with_the_rule(propose, member):
    silent, quiet = MemberFactory(), reachable(first_name="Quinn")
    paid = reachable()
    PaymentFactory(member=paid, received_on=NOW.date())

    made = propose(member, silent, quiet, paid)

    assert list(made.proposals) == [member.imis_id]
    assert {imis_id: why.rule for imis_id, why in made.left_out.items()} == {
        silent.imis_id: "consent",
        quiet.imis_id: "templates",
        paid.imis_id: "payment just in",
    }


@pytest.mark.row("U8")
def test_a_draft_counts_as_planned_until_it_is_turned_down(propose, member):
    proposal = propose(member).proposals[member.imis_id]
    again = propose(member)
    assert [why.rule for why in again.left_out.values()] == ["contact limit"]

    proposals.reject(proposal=proposal, reason="timing", by=UserFactory(password=None), now=NOW)

    assert propose(member).left_out == {}


@pytest.mark.row("GOV-58", "K4")
def test_a_guardrail_and_the_ledger_keep_the_most_valuable_from_automatic_mail(propose, member):
    PaymentFactory(member=member, amount=9000, received_on=dt.date(2025, 1, 1))

    made = propose(member, is_automatic=True)

    assert made.proposals == {}
    assert propose(member).left_out == {}


def test_an_undone_approval_sends_nothing(propose, member):
    proposal, by = propose(member).proposals[member.imis_id], UserFactory(password=None)
    approve(proposal, by)
    proposal.refresh_from_db()
    proposals.undo(proposal=proposal, by=by, now=NOW)

    assert deliver() == []


def test_the_page_shows_facts_with_their_source(propose, member, client):
    proposal = propose(member).proposals[member.imis_id]
    client.force_login(UserFactory(password=None))

    html = client.get(f"/approvals/{proposal.pk}/").content.decode()

    assert "Dana Whitfield" in html
    assert 'title="Events attended in 12 months: iMIS registrations, read 2026-06-01"' in html
    assert ">3 events</mark>" in html


def test_a_stop_between_approval_and_the_end_of_the_hold_is_obeyed(propose, member):
    approve(propose(member).proposals[member.imis_id])
    ledger.opt_out(imis_id=member.imis_id, kind="no marketing", source="stop page", now=NOW)

    assert deliver() == []
    assert OutboxMessage.objects.get().state == "cancelled"
