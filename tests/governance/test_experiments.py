"""Comparisons: lots drawn before the first contact, kept for good; no list reaches the control group."""

import datetime as dt
import json
from collections import Counter
from dataclasses import replace

import pytest
from django.db import Error, connection, transaction

from imis_ai.governance import kinds, messages, outreach, proposals, wiring
from imis_ai.governance.experiments import draw, enter, plan, start
from imis_ai.governance.messages import ledger
from imis_ai.governance.messages.senders import MessageSender
from imis_ai.governance.models import (
    Assignment,
    AuditDetail,
    AuditEntry,
    ContactEntry,
    Experiment,
    RolloutStep,
)
from imis_ai.governance.outbox import Message, checks, deliver_due, enqueue
from imis_ai.governance.refusals import Blocked, NotAllowed
from imis_ai.mirror.models import Member, MemberAlias
from imis_ai.rules.tree import ALWAYS
from imis_ai.rules.wire import to_json
from tests.factories.accounts import UserFactory
from tests.factories.experiments import ENDS, OUTCOME_BY, planned, renewing, renews, running
from tests.factories.governance import ApprovedFactory
from tests.factories.messages import NOW, ContactFactory, VersionFactory
from tests.factories.mirror import PaymentFactory

pytestmark = pytest.mark.django_db
PLAIN = "Dear {{ first_name }},\n\nReply if we can help."
LATER = NOW + dt.timedelta(minutes=11)


@pytest.fixture(autouse=True)
def kind(monkeypatch):
    monkeypatch.setattr(kinds, "KINDS", dict(kinds.KINDS))
    RolloutStep.objects.create(area="retention", level=1, scope=to_json(ALWAYS), since=NOW)
    asked = {"label": "Message", "reads": "retention.members", "decides": "retention.members"}
    kinds.register(outreach.message_kind(area="renewals", is_service=True, **asked))
    return kinds.register(outreach.message_kind(area="retention", **asked))


def propose(*members, **more):
    asked = {"area": "retention", "channel": "email", "now": NOW}
    asked["versions"] = more.pop("versions", None) or [VersionFactory(body=PLAIN)]
    return outreach.propose(imis_ids=[member.imis_id for member in members], **(asked | more))


def on_record(action: str) -> dict:
    """Detail of the newest such entry of the audit log."""
    return json.loads(AuditDetail.objects.filter(entry__action=action).latest("pk").detail)


def of(experiment: Experiment, *, control: bool) -> list[Assignment]:
    return list(experiment.assignments.filter(arm__is_control=control).order_by("pk"))


def may(imis_id: str, now=NOW, **more):
    return messages.may_contact(imis_id=imis_id, channel="email", area="retention", now=now, **more)


def test_lots_give_each_group_its_shares_and_each_member_the_same_chance():
    strata = {f"m{n}": f"group {n % 3}" for n in range(300)}

    one = draw.draw(seed="a", strata=strata, shares=(0.5, 0.3, 0.2))
    again = draw.draw(seed="a", strata=dict(reversed(strata.items())), shares=(0.5, 0.3, 0.2))
    often = Counter(
        draw.draw(seed=str(n), strata={"m": "alone"}, shares=(0.9, 0.1))["m"] for n in range(4000)
    )

    assert one == again != draw.draw(seed="b", strata=strata, shares=(0.5, 0.3, 0.2))
    for group in range(3):
        inside = Counter(arm for member, arm in one.items() if strata[member] == f"group {group}")
        assert all(abs(inside[arm] - share * 100) <= 1 for arm, share in enumerate((0.5, 0.3, 0.2)))
    assert often[1] / 4000 == pytest.approx(0.1, abs=0.015)


@pytest.mark.row("GOV-24")
def test_lots_are_drawn_from_who_can_renew_and_the_record_says_how():
    due, gone, renewed, later = renewing(40), *renewing(3)
    gone.gone_at = NOW
    gone.save()
    renews(renewed)
    term = later.term_set.get()
    term.end_on = dt.date(2027, 6, 30)
    term.save()

    made = running()

    assert set(made.assignments.values_list("imis_id", flat=True)) == {each.imis_id for each in due}
    assert len(of(made, control=True)) == len(of(made, control=False)) == 20
    assert {each.at for each in made.assignments.all()} == {NOW}
    kept = on_record("experiment.started")
    assert (kept["seed"], kept["after"]) == ("seven", {"Control group": 20, "Call": 20})


@pytest.mark.row("GOV-58")
def test_the_most_valuable_members_are_not_drawn_and_always_hear_from_a_person():
    due = renewing(60)
    for member in due[:3]:
        PaymentFactory(member=member, amount="9000.00", received_on=NOW.date() - dt.timedelta(days=90))

    made = running()

    drawn = set(made.assignments.values_list("imis_id", flat=True))
    assert drawn == {each.imis_id for each in due[3:]}
    assert "always hears from a person" in may(due[0].imis_id, is_automatic=True).sentence
    assert may(due[0].imis_id) is None


def refused(query: str, *values) -> str:
    """What the database answers to a statement of our own."""
    with pytest.raises(Error) as caught, transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(query, values)
    return str(caught.value)


@pytest.mark.row("GOV-23", "GOV-24")
def test_the_database_itself_refuses_a_second_draw():
    renewing(40)
    made = running()
    one = of(made, control=True)[0]
    other = made.arms.get(is_control=False)

    moved = refused("UPDATE governance_assignment SET arm_id = %s WHERE id = %s", other.pk, one.pk)
    taken = refused("DELETE FROM governance_assignment WHERE id = %s", one.pk)
    seed = refused("UPDATE governance_experiment SET seed = 'mine' WHERE id = %s", made.pk)
    day = refused("UPDATE governance_experiment SET outcome_by = '2030-01-01' WHERE id = %s", made.pk)
    back = refused(
        "UPDATE governance_experiment SET state = 'draft', started_at = NULL WHERE id = %s", made.pk
    )
    size = refused("UPDATE governance_arm SET share = 0.1 WHERE id = %s", other.pk)
    gone = refused("DELETE FROM governance_experiment WHERE id = %s", made.pk)

    assert "never changes" in moved
    assert "never changes" in taken
    assert all("fixed when it starts" in said for said in (seed, day, back, size))
    assert "stays" in gone


def test_the_database_refuses_who_was_contacted_before():
    *due, late = renewing(41)
    ContactFactory(imis_id=late.imis_id, state="planned", sent_at=NOW, reference=None)
    made = running()
    values = {
        "experiment": made,
        "arm": made.arms.first(),
        "imis_id": late.imis_id,
        "stratum": "PRO",
        "term_end": ENDS,
        "decided_on": OUTCOME_BY,
        "is_late": True,
        "at": LATER,
    }

    assert len(due) == made.assignments.count() == 40
    with pytest.raises(Error, match="before the first contact"), transaction.atomic():
        Assignment.objects.create(**values)
    assert enter.let_in(experiment=made, now=LATER) == set()


def test_without_a_control_group_or_a_reason_the_database_starts_nothing():
    renewing(40)
    made = planned(
        control_share=0, arms=(plan.ArmPlan("A"), plan.ArmPlan("B")), no_control_reason="Both are due"
    )
    Experiment.objects.filter(pk=made.pk).update(no_control_reason="")

    with pytest.raises(Error, match="a reason why there is none"), transaction.atomic():
        start.begin(experiment=made, now=NOW)


@pytest.mark.row("GOV-24")
def test_a_control_group_is_part_of_every_plan_and_leaving_it_out_needs_a_reason():
    two = (plan.ArmPlan("Letter A"), plan.ArmPlan("Letter B"))

    assert [arm.is_control for arm in planned().arms.all()] == [True, False]
    with pytest.raises(Blocked, match="Keep it, or write why not"):
        planned(arms=two, control_share=0)
    planned(arms=two, control_share=0, no_control_reason="Both letters are due by law")
    assert on_record("experiment.planned")["reason"] == "Both letters are due by law"


@pytest.mark.row("GOV-24")
def test_no_road_leads_a_message_to_the_control_group():
    renewing(40, first_name="Ravi", gender="M")
    made = running()
    left_alone, free = of(made, control=True), of(made, control=False)
    said = "Ravi is in the control group until 30 September, so we leave him alone."

    by_hand = may(left_alone[0].imis_id)
    members = [each.imis_id for each in left_alone + free]
    bulk = outreach.propose(
        imis_ids=members, area="retention", channel="email", versions=[VersionFactory(body=PLAIN)], now=NOW
    )
    portal = messages.choose_channel(imis_id=left_alone[0].imis_id, area="retention", now=NOW)

    assert (by_hand.sentence, by_hand.rule) == (said, "control group")
    assert set(bulk.proposals) == {each.imis_id for each in free}
    assert {bulk.left_out[each.imis_id].sentence for each in left_alone} == {said}
    assert (portal.channel, portal.reason) == ("", said)
    assert may(free[0].imis_id) is not None, "one contact is planned already"


@pytest.mark.parametrize(("gender", "word"), [("M", "him"), ("female", "her"), ("", "them"), ("x", "them")])
def test_the_word_for_a_person_comes_from_imis_and_is_never_guessed(gender, word):
    renewing(20, first_name="Ravi", gender=gender)
    made = running()

    assert may(of(made, control=True)[0].imis_id).sentence.endswith(f"so we leave {word} alone.")


@pytest.mark.row("GOV-24")
def test_what_was_approved_before_the_draw_is_stopped_when_it_would_leave(mailoutbox):
    members = renewing(40)
    proposal = propose(members[0]).proposals[members[0].imis_id]
    by = UserFactory(password=None)
    proposals.approve(proposal=proposal, as_seen=proposals.seen(proposal=proposal), by=by, now=NOW)
    ContactEntry.objects.all().delete()  # else who has something on its way would not be drawn
    running(seed=seed_that_holds(members[0]))

    sender = MessageSender(clock=lambda: LATER, look=lambda imis_id, at: None)
    deliver_due(now=LATER, senders={"email": sender})

    assert mailoutbox == []
    [message] = proposal.messages.all()
    assert (message.state, message.problem) == ("cancelled", "control group")
    assert "is in the control group until 30 September" in message.problem_text


def seed_that_holds(member) -> str:
    """One by which this member is left alone."""
    strata = {each.imis_id: "PRO" for each in Member.objects.all()}
    for seed in map(str, range(50)):
        if draw.draw(seed=seed, strata=strata, shares=(0.5, 0.5))[member.imis_id] == 0:
            return seed
    raise AssertionError


@pytest.mark.row("GOV-24")
def test_a_task_to_call_stops_at_the_door_too_and_a_service_message_does_not():
    renewing(20)
    made = running()
    held = of(made, control=True)[0].imis_id
    checks.register(name="control group", look=wiring.control_group)
    call, invoice = ApprovedFactory(kind="retention.message"), ApprovedFactory(kind="renewals.message")
    task = Message("append", "task", held, {"title": "Call about renewal"})
    letter = Message("email", "email", held, {})

    [to_call] = enqueue(proposal=call, messages=[task], not_before=NOW, now=NOW)
    [invoiced] = enqueue(proposal=invoice, messages=[letter], not_before=NOW, now=NOW)

    assert checks.objection(to_call, NOW).problem == "stopped"
    assert checks.objection(to_call, NOW).why.sentence.startswith("Not sent: ")
    assert checks.objection(invoiced, NOW) is None


@pytest.mark.row("GOV-24")
def test_a_call_to_one_member_is_refused_when_made_and_when_approved(kind):
    kinds.register(replace(kind, name="retention.call", facts=lambda made: {}, messages=lambda payload: ()))
    members = renewing(40)
    draft = proposals.Draft(kind="retention.call", title="By hand", payload={}, imis_id=members[0].imis_id)
    made = proposals.propose(draft=draft, by=None, now=NOW)
    running(seed=seed_that_holds(members[0]))
    other = replace(draft, title="Again", payload={"again": True})

    with pytest.raises(Blocked, match="is in the control group"):
        proposals.make.refuse_blocked(proposal=made, now=NOW)
    with pytest.raises(Blocked, match="is in the control group"):
        proposals.propose(draft=other, by=None, now=NOW)


@pytest.mark.row("GOV-24")
def test_invoices_and_answers_reach_the_control_group_by_their_kind_alone():
    renewing(20)
    made = running(is_everywhere=True)
    held = of(made, control=True)[0]
    version = VersionFactory(body=PLAIN, template__area="renewals")

    invoice = outreach.propose(
        imis_ids=[held.imis_id], area="renewals", channel="email", versions=[version], now=NOW
    )
    claimed = messages.may_contact(imis_id=held.imis_id, channel="email", area="segments", now=NOW)

    assert set(invoice.proposals) == {held.imis_id}
    assert outreach.still_true(invoice.proposals[held.imis_id], NOW) == []
    assert claimed.rule == "control group", "everywhere means everywhere"


def test_other_areas_and_later_days_are_free():
    renewing(20)
    made = running()
    held = of(made, control=True)[0].imis_id

    assert messages.may_contact(imis_id=held, channel="email", area="segments", now=NOW) is None
    assert may(held, now=NOW.replace(month=9, day=30)) is not None
    assert may(held, now=NOW.replace(month=10, day=2)) is None


def test_a_merged_member_stays_where_the_lot_put_the_earlier_record():
    renewing(20)
    made = running()
    held = of(made, control=True)[0].imis_id
    [kept] = renewing(1)

    MemberAlias.objects.create(imis_id=held, retained_imis_id=kept.imis_id, merged_at=NOW)

    assert may(kept.imis_id).rule == "control group"


@pytest.mark.row("GOV-23")
def test_each_arm_says_its_own_words():
    renewing(60)
    first, second = VersionFactory(body=PLAIN), VersionFactory(body=f"Hello. {PLAIN}")
    arms = (
        plan.ArmPlan("Short", templates=[first.template_id]),
        plan.ArmPlan("Long", templates=[second.template_id]),
    )
    made = running(arms=arms, control_share=0.2)
    members = list(made.assignments.values_list("imis_id", flat=True))

    sent = outreach.propose(imis_ids=members, area="retention", channel="email", versions=[first], now=NOW)

    assert len(sent.proposals) == 48
    for arm, version in (("Short", first), ("Long", second)):
        drafts = [each for each in sent.proposals.values() if each.made_from["arm"] == arm]
        assert {each.payload["template_version"] for each in drafts} == {version.pk}
        assert len(drafts) == made.assignments.filter(arm__label=arm).count() == 24


@pytest.mark.row("GOV-23")
def test_who_comes_later_is_drawn_at_entry_by_the_same_seed():
    renewing(40)
    made = running()
    newcomers = renewing(60)

    propose(*newcomers, now=LATER)

    rows = {row.imis_id: row for row in made.assignments.filter(is_late=True)}
    assert set(rows) == {each.imis_id for each in newcomers}
    assert {row.at for row in rows.values()} == {LATER}
    for imis_id, row in rows.items():
        assert row.arm.number == draw.late(seed="seven", member=imis_id, shares=(0.5, 0.5))
    assert 15 <= sum(row.arm.is_control for row in rows.values()) <= 45
    contacted = set(ContactEntry.objects.values_list("imis_id", flat=True))
    assert contacted == {imis_id for imis_id, row in rows.items() if not row.arm.is_control}


@pytest.mark.row("GOV-24")
def test_an_area_keeps_a_control_group_by_itself_unless_somebody_says_why_not():
    members = renewing(120)
    version = VersionFactory(body=PLAIN)

    few = propose(*members[:20], versions=[version], now=NOW - dt.timedelta(days=40))
    ContactEntry.objects.update(state="stopped")
    many = propose(*members, versions=[version])

    [made] = Experiment.objects.all()
    assert len(few.proposals) == 20
    assert made.is_standing
    held = {row.imis_id for row in of(made, control=True)}
    assert len(held) == 12
    assert {imis_id for imis_id, why in many.left_out.items() if why.rule == "control group"} == held


@pytest.mark.row("GOV-24")
def test_switching_the_control_group_off_needs_a_reason_and_is_on_record():
    members, by = renewing(120), UserFactory(role="membership", password=None)

    with pytest.raises(NotAllowed):
        enter.switch(area="retention", is_on=False, reason="x", by=UserFactory(role="finance"), now=NOW)
    with pytest.raises(Blocked, match="Write why it is switched off"):
        enter.switch(area="retention", is_on=False, reason=" ", by=by, now=NOW)
    enter.switch(area="retention", is_on=False, reason="One letter to all by statute", by=by, now=NOW)
    made = propose(*members)

    assert len(made.proposals) == 120
    assert not Experiment.objects.exists()
    assert AuditEntry.objects.get(action="experiment.holdout").actor_id == by.pk
    assert on_record("experiment.holdout")["reason"] == "One letter to all by statute"


def test_an_erased_member_leaves_a_mark_that_leads_to_nobody():
    renewing(20)
    made = running()
    held = of(made, control=True)[0]

    ledger.forget(imis_id=held.imis_id)

    mark = Assignment.objects.get(pk=held.pk).imis_id
    assert mark.startswith("erased-")
    assert made.assignments.count() == 20


@pytest.mark.row("GOV-23", "GOV-24")
def test_one_person_asks_another_decides_and_lots_are_drawn_after_the_hold():
    renewing(40)
    asking, deciding = UserFactory(role="membership"), UserFactory(role="membership")
    made = planned(by=asking)

    proposal = start.ask(experiment=made, by=asking, now=NOW)
    with pytest.raises(NotAllowed, match="someone else approves"):
        approve(proposal, asking)
    approve(proposal, deciding)
    assert not start.due(NOW + dt.timedelta(minutes=59))
    assert start.due(NOW + dt.timedelta(minutes=61))
    [begun] = start.begin_due(now=NOW + dt.timedelta(minutes=61))

    assert (begun.state, begun.assignments.count(), len(begun.seed)) == ("running", 40, 32)
    assert not start.due(NOW + dt.timedelta(minutes=62))
    assert "halved: you can see" in proposal.evidence["checks"][0]["sentence"]


def test_what_cannot_start_goes_back_with_the_reason():
    members, by = renewing(40), UserFactory(role="membership")
    made = planned(by=by)
    approve(start.ask(experiment=made, by=by, now=NOW), UserFactory(role="membership"))
    for member in members[:25]:
        renews(member)

    [back] = start.begin_due(now=NOW + dt.timedelta(hours=2))

    assert (back.state, back.proposal) == ("draft", None)
    assert "Only 15 members can be compared; 20 are needed." in back.end_reason


def approve(proposal, by, now=NOW):
    return proposals.approve(proposal=proposal, as_seen=proposals.seen(proposal=proposal), by=by, now=now)
