"""How far an area may go: each level its actions, up by two on evidence, down by one, the stop for all."""

import datetime as dt
import threading

import pytest
from django.db import IntegrityError, connection, transaction

from imis_ai.governance import kinds, proposals, rollout, wiring
from imis_ai.governance.guardrails import actions as guardrail_actions
from imis_ai.governance.models import (
    AuditEntry,
    ContactEntry,
    Decision,
    Guardrail,
    RolloutChange,
    RolloutStep,
    Standstill,
)
from imis_ai.governance.outbox import Then, checks
from imis_ai.governance.refusals import Blocked, Changed, NotAllowed
from imis_ai.governance.rollout import actions, blind, evidence, feedback, read
from imis_ai.mirror.models import Member
from imis_ai.rules.tree import ALWAYS, All, Among, Compare
from imis_ai.rules.wire import to_json
from tests.factories.accounts import UserFactory
from tests.factories.governance import NOW, ApprovedFactory, ProposalFactory
from tests.factories.guardrails import administrator, guardrail_owner, live_guardrail
from tests.factories.mirror import ChapterFactory, MemberFactory, TierFactory
from tests.governance.conftest import activity, later, tag
from tests.governance.deciding import draft, tag_kind

pytestmark = pytest.mark.django_db
EVERYBODY = to_json(ALWAYS)
STUDENTS = to_json(Compare("tier", "is", "STU"))
LEAVING = [name for name, action in rollout.ACTIONS.items() if action.leaves]


@pytest.fixture(autouse=True)
def read_only():
    """Every area as it is at the start."""
    RolloutStep.objects.all().delete()


@pytest.fixture(autouse=True)
def areas(monkeypatch):
    """An area of our own whose evidence is what the test says."""
    drawn = [rollout.Judged(str(n), "likely" if n < 10 else "unlikely", f"{n} of 100") for n in range(20)]
    asked = rollout.Blind(
        question="Likely to lapse?",
        choices=(("likely", "Likely"), ("unlikely", "Unlikely")),
        sample=lambda viewer, number, now: drawn[:number],
        facts=lambda viewer, imis_id: [("Number", imis_id)],
    )
    area = rollout.Area("pilots", "Pilots", owners=("membership",), prefix="/pilots/", blind=asked)
    monkeypatch.setitem(rollout.AREAS, "pilots", area)
    return area


@pytest.fixture
def proven(monkeypatch):
    """proven(accuracy=False …): what the evidence of the area says; met unless told otherwise."""
    said = dict.fromkeys(evidence.KINDS, True)

    def set_to(**more):
        said.update(more)

    for level in (1, 2):
        for kind in evidence.KINDS:
            measure = lambda area, now, kind=kind: evidence.Measured(f"{kind} figures.", is_met=said[kind])  # noqa: E731
            monkeypatch.setitem(evidence._measures, ("pilots", level, kind), ("enough", measure))
    return set_to


def step(level, scope=EVERYBODY, area="pilots"):
    return RolloutStep.objects.create(area=area, level=level, scope=scope, since=NOW)


def may(action, **scope):
    return rollout.may(area="pilots", scope=scope, action=action, now=NOW)


def allowed(**scope) -> set[str]:
    return {action for action in rollout.ACTIONS if may(action, **scope) is None}


def asked(by, *, to_level=1, scope=EVERYBODY):
    return actions.ask(area="pilots", to_level=to_level, scope=scope, reason="Ready", by=by, now=NOW)


@pytest.mark.row("GOV-02")
def test_each_level_allows_exactly_its_listed_actions():
    looking = {"look", "suggest"}
    assisted = looking | {"draft", "write", "message", "money"}

    assert allowed() == looking
    step(1)
    assert allowed() == assisted
    step(2)
    assert allowed() == assisted | {"automatic"} == set(rollout.ACTIONS)


@pytest.mark.row("GOV-02")
def test_an_area_nobody_knows_is_read_only():
    why = rollout.may(area="nowhere", scope={}, action="write", now=NOW)

    assert why.rule == "rollout phase"
    assert rollout.level(area="nowhere", scope={}, now=NOW) == 0


@pytest.mark.row("GOV-03")
def test_members_outside_the_pilot_get_no_draft_and_no_write():
    step(1)
    step(2, to_json(All((Compare("tier", "is", "STU"), Among("campaign", ("Spring", "Autumn"))))))

    assert rollout.level(area="pilots", scope={"tier": "STU", "campaign": "Spring"}, now=NOW) == 2
    assert rollout.level(area="pilots", scope={"tier": "STU"}, now=NOW) == 1
    RolloutStep.objects.filter(level=1).update(scope=STUDENTS)
    assert allowed(tier="FEL") == {"look", "suggest"}
    TierFactory(code="STU", name="Student")
    why = may("draft", tier="FEL")
    assert (why.rule, why.owner) == ("pilot scope", "membership managers")
    assert why.sentence == "Outside the pilot of Pilots: member's tier is Student."
    assert may("draft", tier="STU") is None


@pytest.mark.row("GOV-03")
@pytest.mark.parametrize("word", ["tier", "chapter", "segment", "source", "campaign", "member_type"])
def test_a_pilot_may_be_any_slice(word):
    step(1, to_json(Compare(word, "is", "A")))

    assert may("write", **{word: "A"}) is None
    assert may("write", **{word: "B"}).rule == may("write").rule == "pilot scope"


@pytest.mark.row("GOV-03")
def test_members_of_the_pilot_are_found_in_one_query(django_assert_num_queries):
    students = [MemberFactory(tier=TierFactory(code="STU"), chapter=ChapterFactory(code=c)) for c in "AB"]
    MemberFactory(tier=TierFactory(code="FEL"))
    step(1, to_json(All((Compare("tier", "is", "STU"), Compare("segment", "is", "New")))))

    def found(**given):
        return set(
            rollout.members_in(
                area="pilots", action="draft", members=Member.objects.all(), now=NOW, given=given
            )
        )

    with django_assert_num_queries(2):
        assert found(segment="New") == set(students)
    assert found() == found(segment="Old") == set()


def test_a_scope_that_cannot_be_read_lets_nobody_in():
    step(1, {"version": 9})

    assert may("write", tier="STU").rule == "pilot scope"


@pytest.mark.row("GOV-02", "GOV-59")
def test_a_step_up_needs_evidence_and_two_people_and_keeps_what_was_shown(proven):
    admin, owner = administrator(), UserFactory(role="membership")
    feedback.give(
        area="pilots",
        level=0,
        answers={"right": "3", "harm": "no"},
        minutes=20,
        note="Good",
        by=owner,
        now=NOW,
    )

    change = asked(admin)
    assert allowed() == {"look", "suggest"}
    actions.agree(change=change, by=owner, now=NOW)

    assert "message" in allowed()
    change.refresh_from_db()
    assert (change.state, change.decided_by) == ("done", owner)
    assert {piece["kind"]: piece["is_met"] for piece in change.evidence} == dict.fromkeys(
        evidence.KINDS, True
    )
    assert change.feedback[-1] == {"people": 1, "minutes": 20, "notes": ["Good"]}
    done = [entry.action for entry in AuditEntry.objects.order_by("seq")]
    assert done == ["rollout.feedback", "rollout.asked", "rollout.raised"]


@pytest.mark.row("GOV-02")
@pytest.mark.parametrize("missing", list(evidence.KINDS))
def test_without_one_piece_of_evidence_nobody_can_raise(proven, missing):
    admin, owner = administrator(), UserFactory(role="membership")
    change = asked(admin)
    proven(**{missing: False})

    with pytest.raises(Blocked, match=rf"Evidence missing\. {evidence.KINDS[missing]}: {missing} figures"):
        actions.agree(change=change, by=owner, now=NOW)
    actions.decline(change=change, by=admin, reason="", now=NOW)
    with pytest.raises(Blocked, match="Pilots stays in phase 1: read-only"):
        asked(admin)
    assert allowed() == {"look", "suggest"}


@pytest.mark.row("GOV-02")
def test_who_asks_does_not_agree_and_only_the_owner_of_the_area_does(proven):
    admin = administrator()
    change = asked(admin)

    for person, words in [
        (admin, "You asked for this"),
        (administrator(), "belongs to membership managers"),
        (UserFactory(role="finance"), "belongs to membership managers"),
    ]:
        with pytest.raises(NotAllowed, match=words):
            actions.agree(change=change, by=person, now=NOW)
    with pytest.raises(NotAllowed):
        asked(UserFactory(role="membership"))
    with pytest.raises(Changed, match="A change waits already"):
        asked(administrator())
    with pytest.raises(IntegrityError, match="second_person"), transaction.atomic():
        RolloutChange.objects.create(
            area="x", from_level=0, to_level=1, state="done", asked_by=admin, asked_at=NOW,
            decided_by=admin, decided_at=NOW,
        )  # fmt: skip


@pytest.mark.row("GOV-02")
def test_one_phase_at_a_time_and_no_further_than_there_is(proven):
    admin = administrator()
    with pytest.raises(Blocked, match="one phase at a time"):
        asked(admin, to_level=2)
    step(1), step(2)
    with pytest.raises(Blocked, match="one phase at a time"):
        asked(admin, to_level=3)


@pytest.mark.row("GOV-02")
def test_a_step_down_is_one_click_holds_at_once_and_overtakes_what_waits(proven):
    step(1), step(2)
    change = asked(administrator(), to_level=2, scope=STUDENTS)
    clerk = UserFactory(role="membership")

    actions.lower(area="pilots", to_level=0, reason="Wrong names", by=clerk, now=NOW)

    assert allowed() == {"look", "suggest"}
    change.refresh_from_db()
    assert change.state == "overtaken"
    with pytest.raises(Changed):
        actions.agree(change=change, by=clerk, now=NOW)
    with pytest.raises(NotAllowed):
        actions.lower(area="pilots", to_level=0, reason="", by=UserFactory(role="chapter"), now=NOW)


def test_the_pilot_changes_by_two_people_too(proven):
    step(1, STUDENTS)
    change = asked(administrator(), to_level=1)
    assert may("write", tier="FEL") is not None

    actions.agree(change=change, by=UserFactory(role="membership"), now=NOW)
    assert may("write", tier="FEL") is None


def test_everything_that_leaves_is_stopped_by_one_and_resumed_by_a_named_person():
    step(1), step(2)
    marta = UserFactory(role="finance", first_name="Marta", last_name="Silva")

    stop = actions.pause(reason="Odd numbers", by=marta, now=NOW)
    again = actions.pause(reason="Me too", by=administrator(), now=NOW)

    assert stop == again
    assert rollout.is_paused()
    assert allowed() == set(rollout.ACTIONS) - set(LEAVING)
    assert may("write").owner == "Marta Silva"
    with pytest.raises(NotAllowed, match="needs a reason"):
        actions.resume(reason=" ", by=marta, now=NOW)
    for role in ("chapter", "executive"):
        with pytest.raises(NotAllowed):
            actions.resume(reason="Fine", by=UserFactory(role=role), now=NOW)
        with pytest.raises(NotAllowed):
            actions.pause(reason="", by=UserFactory(role=role), now=NOW)

    actions.resume(reason="Numbers were right", by=marta, now=NOW)
    assert allowed() == set(rollout.ACTIONS)
    assert Standstill.objects.get().ended_by == marta
    with pytest.raises(Changed, match="Nothing is paused"):
        actions.resume(reason="Again", by=marta, now=NOW)
    done = [entry.action for entry in AuditEntry.objects.order_by("seq")]
    assert done == ["outgoing.paused", "outgoing.resumed"]


@pytest.mark.django_db(transaction=True)
def test_two_people_who_pause_at_once_make_one_pause():
    people, made = [administrator(), administrator()], []

    def stop(person):
        made.append(actions.pause(reason="", by=person, now=NOW).pk)
        connection.close()

    threads = [threading.Thread(target=stop, args=[person]) for person in people]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(set(made)) == Standstill.objects.filter(is_on=True).count() == 1


@pytest.fixture
def gated():
    """The gate and the check of the product, which the other tests of the outbox leave open."""
    checks.clear()
    checks.gate(name="rollout", look=wiring._phase)
    checks.register(name="guardrails", look=wiring.guardrail_now, then=Then.PARK, problem="guardrail")


@pytest.mark.row("GOV-02", "GOV-03")
def test_what_would_leave_is_not_approved_before_its_phase_nor_outside_the_pilot(monkeypatch):
    monkeypatch.setattr(kinds, "KINDS", dict(kinds.KINDS))
    tag_kind(area="pilots")
    MemberFactory(imis_id="101", tier=TierFactory(code="FEL"))
    MemberFactory(imis_id="102", tier=TierFactory(code="STU"))
    clerk = UserFactory(role="membership")

    def approve(*members, imis_id=""):
        made = proposals.propose(draft=draft(members=members, imis_id=imis_id), by=None, now=NOW)
        return proposals.approve(
            proposal=made, as_seen=proposals.seen(proposal=made), by=clerk, now=NOW
        ).state

    with pytest.raises(Blocked, match="Pilots stays as it is until phase 2: assisted"):
        approve("101", "102")
    step(1, STUDENTS)
    with pytest.raises(Blocked, match="Outside the pilot of Pilots"):
        approve("101", imis_id="101")
    actions.pause(reason="", by=administrator(), now=NOW)
    assert approve("102", imis_id="102") == "approved"
    assert approve("101", "102") == "approved"


@pytest.mark.row("A14", "GOV-02")
def test_in_read_only_nothing_is_written_to_imis_whatever_was_approved(outbox, site, someone, gated):
    messages = outbox.queue(tag(someone), activity(someone), area="pilots")
    outbox.deliver()
    outbox.deliver(later(3600))

    assert {outbox.again(message).state for message in messages} == {"queued"}
    assert site.log() == []


@pytest.mark.row("GOV-02")
def test_what_waited_leaves_with_the_phase_and_a_step_down_or_a_pause_holds_the_rest(
    outbox, site, someone, someone_else, gated
):
    [first] = outbox.queue(tag(someone), area="pilots")
    [second] = outbox.queue(tag(someone_else), area="pilots", scope={"tier": "FEL"})
    step(1, STUDENTS)
    MemberFactory(imis_id=someone, tier=TierFactory(code="STU"))
    actions.pause(reason="", by=administrator(), now=NOW)
    outbox.deliver()
    assert outbox.again(first).state == "queued"

    actions.resume(reason="Fine", by=administrator(), now=NOW)
    outbox.deliver(later(3600))
    assert (outbox.again(first).state, outbox.again(second).state) == ("done", "queued")

    RolloutStep.objects.update(scope=EVERYBODY)
    actions.lower(area="pilots", to_level=0, reason="", by=administrator(), now=NOW)
    outbox.deliver(later(7200))
    assert outbox.again(second).state == "queued"


@pytest.mark.row("A13", "GOV-30")
def test_a_guardrail_tightened_while_items_wait_stops_them_when_they_would_leave(
    outbox, site, someone, someone_else, gated
):
    Guardrail.objects.all().delete()
    step(1)
    owner = guardrail_owner(first_name="Marta", last_name="Silva")
    ceiling = live_guardrail("ceiling", name="Incentives", owner=owner, measure="incentive", most="100")
    [over] = outbox.queue(tag(someone), area="pilots", scope={"incentive": 80}, hold=600)
    [under] = outbox.queue(tag(someone_else), area="pilots", scope={"incentive": 40}, hold=600)

    version = guardrail_actions.draft(
        guardrail=ceiling.guardrail, entered={"measure": "incentive", "most": "50"}, reason="Budget",
        by=administrator(), now=NOW,
    )  # fmt: skip
    guardrail_actions.submit(version=version, by=version.proposed_by, now=NOW)
    guardrail_actions.agree(version=version, by=owner, now=NOW)
    outbox.deliver(later(700))

    over = outbox.again(over)
    assert (over.state, outbox.again(under).state) == ("parked", "done")
    assert over.problem == "guardrail"
    assert "The incentive of $80.00 is over the ceiling of $50.00." in over.problem_text
    assert site.rows("AI_Tag", ID=someone) == []


def judge(area, by, wrong=0, unsure=0):
    test = blind.start(area="pilots", by=by, now=NOW)
    for number, each in enumerate(test.answers.all(), 1):
        other = {"likely": "unlikely", "unlikely": "likely"}[each.model_says]
        says = blind.UNSURE if number <= unsure else other if number <= unsure + wrong else each.model_says
        blind.answer(test=test, number=number, says=says, now=NOW)
    return test


@pytest.mark.row("GOV-61")
def test_staff_label_20_members_blindly_and_see_how_often_they_agree():
    priya = UserFactory()
    test = judge("pilots", priya, wrong=4, unsure=2)

    found = blind.agreement(tests=[test])
    test.refresh_from_db()
    assert (found.same, found.judged, found.unsure) == (14, 18, 2)
    assert found.share == pytest.approx(14 / 18)
    assert found.low < found.share < found.high
    assert test.finished_at == NOW
    with pytest.raises(Changed, match="judged this member already"):
        blind.answer(test=test, number=1, says="likely", now=NOW)


@pytest.mark.row("GOV-61")
@pytest.mark.parametrize(
    ("wrong", "people", "is_met"), [(4, 1, True), (7, 1, False), (7, 2, False), (5, 2, True)]
)
def test_the_blind_test_is_evidence_for_the_second_phase(wrong, people, is_met):
    for _ in range(people):
        judge("pilots", UserFactory(), wrong=wrong)

    [piece] = [p for p in evidence.measured(area="pilots", to_level=1, now=NOW) if p.kind == "agreement"]
    assert piece.is_met is is_met
    assert f"agree on {people * (20 - wrong)} of {people * 20} members" in piece.said


def test_an_open_blind_test_is_gone_on_with_and_too_few_members_start_none(areas, monkeypatch):
    priya = UserFactory()
    test = blind.start(area="pilots", by=priya, now=NOW)
    assert blind.start(area="pilots", by=priya, now=NOW) == test

    few = rollout.Blind(areas.blind.question, areas.blind.choices, lambda *a: [], areas.blind.facts)
    short = rollout.Area("few", "Few", owners=(), prefix="/few/", blind=few)
    monkeypatch.setitem(rollout.AREAS, "few", short)
    with pytest.raises(Blocked, match="There are 0 members to judge; the test needs 20"):
        blind.start(area="few", by=priya, now=NOW)


def met(kind, to_level):
    found = evidence.measured(area="pilots", to_level=to_level, now=NOW)
    [piece] = [each for each in found if each.kind == kind]
    return piece.is_met, piece.said


@pytest.mark.row("GOV-02")
def test_an_area_without_proof_of_accuracy_goes_nowhere():
    assert met("accuracy", 1) == (False, "Not measured: this area shows no proof of it yet.")


@pytest.mark.row("GOV-02")
def test_agreement_for_automation_counts_what_was_approved_without_a_change():
    clerk = UserFactory()
    for n in range(40):
        proposal = ProposalFactory(area="pilots")
        if n < 3:
            Decision.objects.create(
                proposal=proposal, what="edit", by=clerk, at=NOW, version=1, digest=proposal.digest
            )
        if n == 39:
            assert met("agreement", 2) == (False, "39 decided in 90 days. 1 more reviewed suggestion needed.")
        what = "reject" if n == 3 else "approve"
        Decision.objects.create(
            proposal=proposal, what=what, by=clerk, at=NOW, version=1, digest=proposal.digest
        )

    assert met("agreement", 2) == (True, "36 of 40 were approved without a change.")
    Decision.objects.create(
        proposal=proposal, what="edit", by=clerk, at=NOW, version=1, digest=proposal.digest
    )
    assert met("agreement", 2)[0] is False


def test_complaints_are_opt_outs_among_messages_and_what_staff_saw():
    def sent(n, state="sent"):
        ContactEntry.objects.bulk_create(
            ContactEntry(
                imis_id=f"{state}{k}", channel="email", area="pilots", state=state, planned_at=NOW,
                sent_at=NOW - dt.timedelta(days=1), state_at=NOW, reference=f"{state}{k}",
            )
            for k in range(n)
        )  # fmt: skip

    sent(199)
    assert met("complaints", 2)[0] is False
    sent(1, "opted out")
    assert met("complaints", 2)[0] is True
    feedback.give(
        area="pilots", level=1, answers={"harm": "yes"}, minutes=5, note="", by=UserFactory(), now=NOW
    )
    assert met("complaints", 2)[0] is False


@pytest.mark.row("GOV-59")
def test_staff_minutes_and_answers_add_up_and_later_answers_replace_earlier_ones():
    people = [UserFactory() for _ in range(2)]
    for person, minutes in zip(people, (30, 90), strict=True):
        feedback.give(
            area="pilots", level=0, answers={"focus": "data"}, minutes=minutes, note="", by=person, now=NOW
        )
        if person == people[0]:
            assert met("minutes", 1)[0] is False
    assert met("minutes", 1) == (True, "2 people answered; half need at most 60 minutes a day.")

    feedback.give(
        area="pilots", level=0, answers={"focus": "speed"}, minutes=300, note="", by=people[1], now=NOW
    )
    assert met("minutes", 1)[0] is False
    focus = feedback.summary(area="pilots", level=0).answers[-1]
    assert dict(focus.counts)["The data behind it"] == dict(focus.counts)["How long it takes"] == 1


def test_the_demo_alone_starts_an_area_without_two_people(settings):
    settings.DEMO = False
    actions.set_for_demo(area="pilots", level=1, now=NOW)
    assert actions.top(area="pilots") == 0

    settings.DEMO = True
    actions.set_for_demo(area="pilots", level=1, now=NOW)
    actions.set_for_demo(area="pilots", level=1, now=NOW)
    assert actions.top(area="pilots") == 1
    assert read.history("pilots")[0].reason == "Set by the demo, without evidence"


def test_the_pages_of_an_area_tell_of_a_change_for_seven_days():
    step(1)
    actions.lower(area="pilots", to_level=0, reason="", by=administrator(last_name="Silva"), now=NOW)

    assert "Pilots was lowered to phase 1, read-only" in rollout.frame.current_phase("/pilots/", NOW).news
    assert rollout.frame.current_phase("/elsewhere/", NOW).news == ""
    assert rollout.frame.current_phase("/pilots/", later(8 * 86400)).news == ""


def test_the_approved_wait_also_when_their_message_has_no_area_with_a_phase(outbox, someone, gated):
    proposal = ApprovedFactory(area="nowhere")
    assert "rollout phase" in checks.objection(outbox.queue(tag(someone), area="nowhere")[0], NOW).why.rule
    assert proposal.area == "nowhere"
