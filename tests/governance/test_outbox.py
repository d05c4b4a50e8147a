"""The outbox against a sandbox iMIS: one write per approval, in order, with a receipt, or not at all."""

import threading

import pytest
from django.db import IntegrityError, connection, transaction

from imis_ai.governance.models import AuditEntry, OutboxMessage, Proposal
from imis_ai.governance.outbox import cancel, checks, deliver_due, enqueue, followers
from imis_ai.governance.outbox.checks import Then
from imis_ai.governance.outbox.claim import claim
from imis_ai.governance.outbox.imis import ImisSender
from imis_ai.governance.outbox.message import IMIS, Message, objection
from imis_ai.governance.outbox.states import TRANSITIONS, State, move
from imis_ai.governance.refusals import Blocked, WhyNot
from imis_ai.mirror.models import MemberAlias
from tests.factories.accounts import UserFactory
from tests.factories.governance import NOW, ApprovedFactory, OutboxMessageFactory
from tests.governance.conftest import SETTLE, Outbox, activity, later, tag
from tests.imis.fake import Clock
from tests.imis.writing import writer

UNCLEAR = ["cut_after", "500_after_commit", "truncated", "cut_middle"]


def tags(site, imis_id):
    return [row["Segment"] for row in site.rows("AI_Tag", ID=imis_id)]


def outreach(site, message):
    return site.rows("Activity", OTHER_CODE=message.reference)


@pytest.mark.row("GOV-42")
def test_what_was_approved_is_written_read_back_and_has_a_receipt(outbox, site, someone):
    [first] = outbox.queue(tag(someone))
    outbox.deliver()
    [second] = outbox.queue(tag(someone, segment="At risk", risk_band="high"))
    outbox.deliver()

    first, second = outbox.again(first), outbox.again(second)
    assert (first.state, first.before, first.imis_key) == ("done", None, someone)
    assert second.before == {"segment": "Advocates", "risk_band": None}
    assert second.receipt["fields"]["segment"] == "At risk"
    assert second.receipt["reference"] == second.reference
    assert tags(site, someone) == ["At risk"]
    sent = AuditEntry.objects.filter(action="outbox.sent", object_id=str(second.pk))
    assert sent.count() == 1


@pytest.mark.row("GOV-33")
@pytest.mark.parametrize("fault", [*UNCLEAR, "late_commit"])
def test_an_unclear_answer_never_makes_two_entries(outbox, site, someone, fault):
    [message] = outbox.queue(activity(someone))
    site.faults({"fault": fault, "path": "/api/Activity", "method": "POST", "seconds": 0.2})
    outbox.deliver()
    first = outbox.again(message)
    outbox.deliver(later(60))
    waiting = outbox.again(message)
    threading.Event().wait(0.4)
    outbox.deliver(NOW + SETTLE)

    assert (first.state, waiting.state) == ("unknown", "unknown")
    assert first.settle_until == NOW + SETTLE
    assert outbox.again(message).state == "done"
    assert len(outreach(site, message)) == 1


@pytest.mark.row("GOV-33")
@pytest.mark.parametrize("fault", ["cut_before", "500", "503", "408", "html"])
def test_what_is_not_there_is_sent_once_more_and_then_left_to_a_person(outbox, site, someone, fault):
    [message] = outbox.queue(activity(someone))
    site.faults({"fault": fault, "path": "/api/Activity", "method": "POST", "times": 2})
    outbox.deliver()
    outbox.deliver(NOW + SETTLE)
    again = outbox.again(message)
    outbox.deliver(NOW + SETTLE + SETTLE)
    outbox.deliver(NOW + 4 * SETTLE)

    parked = outbox.again(message)
    assert (again.state, again.requeued) == ("queued", 1)
    assert (parked.state, parked.problem) == ("parked", "errors")
    assert outreach(site, message) == []


def test_a_setting_is_repeated_more_often_because_that_is_harmless(outbox, site, someone):
    [message] = outbox.queue(tag(someone))
    site.faults({"fault": "500", "path": "AI_Tag", "method": "POST", "times": 2})
    for step in range(4):
        outbox.deliver(NOW + step * 2 * SETTLE)
        outbox.deliver(NOW + step * 2 * SETTLE + SETTLE)

    assert outbox.again(message).state == "done"
    assert len(tags(site, someone)) == 1


@pytest.mark.parametrize(("status", "problem"), [("403", "rights")])
def test_a_refusal_is_final_and_says_why_in_plain_words(outbox, site, someone, status, problem):
    [message] = outbox.queue(activity(someone))
    site.faults({"fault": status, "path": "/api/Activity", "method": "POST"})
    outbox.deliver()
    outbox.deliver(NOW + SETTLE)

    message = outbox.again(message)
    assert (message.state, message.problem, message.tries) == ("dead", problem, 1)
    assert "right" in message.problem_text
    assert "permission" in message.answer


def test_a_pause_holds_everything_and_is_kept_to_the_second(outbox, site, someone, someone_else):
    first, second = outbox.queue(activity(someone), activity(someone_else))
    site.faults({"fault": "429", "path": "/api/Activity", "method": "POST", "retry_after": 40, "enforce": 0})
    outbox.deliver()
    held = [outbox.again(message) for message in (first, second)]
    outbox.deliver(later(20))

    assert [m.state for m in held] == ["queued", "queued"]
    assert min(m.next_try_at for m in held) > later(20)
    assert len([e for e in site.log() if e["status"] == 201]) == 0


def test_imis_being_away_costs_no_message_and_no_try_of_the_others(db, someone, someone_else):
    clock = Clock()
    with writer("http://127.0.0.1:9", clock=clock, sleep=clock.sleep) as nowhere:
        away = Outbox(ImisSender(nowhere))
        first, second = away.queue(tag(someone), tag(someone_else))
        away.deliver()

    first, second = away.again(first), away.again(second)
    assert (first.state, first.tries, first.problem) == ("queued", 1, "away")
    assert (second.state, second.tries) == ("queued", 0)
    assert second.next_try_at == first.next_try_at > NOW


@pytest.mark.row("GOV-07")
def test_only_listed_objects_can_be_queued(db):
    proposal = ApprovedFactory()
    wrong = [
        Message("append", "Subscription", "101", {"ItemId": "PRO"}),
        Message("set", "Party", "101", {"CustomerTypeCode": "FEL"}),
        Message("set", "tag", "101", {"login_count": 7}),
        Message("set", "activity", "101", {"summary": "x"}),
        Message("append", "tag", "101", {"segment": "x"}),
        Message("set", "tag", "", {"segment": "x"}),
    ]
    for message in wrong:
        assert objection(message)
        with pytest.raises(Blocked), transaction.atomic():
            enqueue(proposal=proposal, messages=[message], not_before=NOW, now=NOW)

    assert OutboxMessage.objects.count() == 0
    assert objection(tag("101")) == ""


def test_money_is_never_sent_but_entered_by_hand(outbox, site, someone):
    [message] = outbox.queue(Message("append", "billing", someone, {"what": "Credit", "amount": "12.50"}))
    outbox.deliver()

    message = outbox.again(message)
    assert (message.state, message.problem, message.tries) == ("parked", "by_hand", 0)
    assert site.log() == []


def test_nothing_leaves_before_its_hold_is_over(outbox, site, someone):
    [message] = outbox.queue(tag(someone), hold=600)

    outbox.deliver(later(599))
    early = outbox.again(message).state
    outbox.deliver(later(600))

    assert (early, outbox.again(message).state) == ("queued", "done")


def test_undoing_before_it_is_sent_takes_it_out_a3(outbox, site, someone):
    by = UserFactory()
    first, second = outbox.queue(tag(someone), activity(someone), hold=600)

    found = cancel(proposal=first.proposal, by=by, now=NOW)
    outbox.deliver(later(700))

    assert (found.cancelled, found.in_flight, found.done) == (2, 0, 0)
    assert {outbox.again(m).state for m in (first, second)} == {"cancelled"}
    assert site.log() == []


def test_undoing_while_it_is_on_its_way_is_flagged_and_told_when_done_a4(outbox, site, someone):
    told = []
    followers.on_done(name="reversal", follow=lambda m, now: told.append((m.pk, m.revoke_requested_at)))
    [message] = outbox.queue(activity(someone))
    site.faults({"fault": "cut_after", "path": "/api/Activity", "method": "POST"})
    outbox.deliver()

    found = cancel(proposal=message.proposal, by=None, now=later(5))
    outbox.deliver(NOW + SETTLE)

    assert (found.cancelled, found.in_flight) == (0, 1)
    assert outbox.again(message).state == "done"
    assert told == [(message.pk, later(5))]


def test_an_undo_in_the_last_moment_keeps_it_here(outbox, site, someone, monkeypatch):
    [message] = outbox.queue(tag(someone))
    look = outbox.hand.look

    def undo_meanwhile(held):
        plan = look(held)
        cancel(proposal=message.proposal, by=None, now=NOW)
        return plan

    monkeypatch.setattr(outbox.hand, "look", undo_meanwhile)
    outbox.deliver()

    assert outbox.again(message).state == "cancelled"
    assert site.log() == []


@pytest.mark.parametrize("change", [{"state": "undone"}, {"digest": "other"}])
def test_only_the_version_that_was_approved_is_sent_a9(outbox, site, someone, change):
    [message] = outbox.queue(tag(someone))
    Proposal.objects.filter(pk=message.proposal_id).update(**change)

    outbox.deliver()

    message = outbox.again(message)
    assert (message.state, message.problem) == ("cancelled", "undone")
    assert site.log() == []


@pytest.mark.parametrize(
    ("then", "state"), [(Then.STOP, "cancelled"), (Then.PARK, "parked"), (Then.WAIT, "queued")]
)
def test_checks_are_asked_again_right_before_sending_a13_a16(outbox, site, someone, then, state):
    why = WhyNot("Not sent: Hae-won paid at 09:14.", rule="paid meanwhile")
    checks.register(name="paid", look=lambda m, now: why if m.imis_id == someone else None, then=then)
    [message] = outbox.queue(tag(someone))

    outbox.deliver()

    message = outbox.again(message)
    assert (message.state, message.problem_text) == (state, why.sentence)
    assert site.log() == []


def test_a_change_between_looking_and_sending_stops_it_too(outbox, site, someone, monkeypatch):
    opted_out = []
    why = WhyNot("Not sent: no consent any more.", rule="consent")
    checks.register(name="consent", look=lambda m, now: why if opted_out else None)
    look = outbox.hand.look
    monkeypatch.setattr(outbox.hand, "look", lambda m: (look(m), opted_out.append(1))[0])
    [message] = outbox.queue(tag(someone))

    outbox.deliver()

    assert outbox.again(message).state == "cancelled"
    assert site.log() == []


@pytest.mark.row("GOV-02")
def test_without_a_gate_nothing_leaves_a14(outbox, site, someone):
    checks.GATES.clear()
    [message] = outbox.queue(tag(someone))

    outbox.deliver()

    assert outbox.again(message).state == "queued"
    assert site.log() == []


def test_a_member_that_changed_since_the_approval_is_parked_a8(outbox, site, someone):
    def still_pays(message, live):
        is_same = live.member.tier == message.proposal.made_from["tier"]
        return None if is_same else WhyNot("Not sent: the tier changed.", rule="live check")

    checks.invariant(kind="test.kind", look=still_pays)
    live = outbox.hand.writer.party(someone).member.tier
    [same] = outbox.queue(tag(someone), made_from={"tier": live})
    [other] = outbox.queue(activity(someone), made_from={"tier": "gone"})

    outbox.deliver()

    assert (outbox.again(same).state, outbox.again(other).problem) == ("done", "stale")
    assert outreach(site, other) == []


def test_a_merged_member_is_never_written_to_a17(outbox, site, someone, someone_else):
    [known] = outbox.queue(tag(someone))
    MemberAlias.objects.create(imis_id=someone, retained_imis_id=someone_else, merged_at=NOW)
    outbox.deliver()
    MemberAlias.objects.all().delete()
    site.edit(op="merge", discarded=someone, retained=someone_else)
    [unknown] = outbox.queue(activity(someone))
    outbox.deliver()

    assert (outbox.again(known).problem, outbox.again(unknown).problem) == ("merged", "gone")
    assert [e for e in site.log() if e["method"] != "EDIT"] == []


def test_one_member_has_one_message_in_flight_and_they_go_in_order(outbox, site, someone, someone_else):
    first, second, other = outbox.queue(activity(someone), tag(someone), tag(someone_else))
    site.faults({"fault": "cut_after", "path": "/api/Activity", "method": "POST"})
    outbox.deliver()
    between = [outbox.again(m).state for m in (first, second, other)]
    outbox.deliver(NOW + SETTLE)

    assert between == ["unknown", "queued", "done"]
    assert [outbox.again(m).state for m in (first, second)] == ["done", "done"]
    assert outbox.again(first).done_at <= outbox.again(second).done_at


def test_the_database_refuses_two_in_flight_for_one_member(db):
    sending = {"state": "sending", "claimed_at": NOW, "lease_until": NOW}
    OutboxMessageFactory(**sending)

    with pytest.raises(IntegrityError, match="one_in_flight"):
        OutboxMessageFactory(**sending)


def test_a_later_setting_of_the_same_fields_speaks_for_the_earlier(outbox, site, someone):
    [old] = outbox.queue(tag(someone, segment="A"))
    [new] = outbox.queue(tag(someone, segment="B", risk_band="low"))
    outbox.deliver()

    assert (outbox.again(old).state, outbox.again(old).problem) == ("cancelled", "replaced")
    assert outbox.again(new).state == "done"
    assert len([e for e in site.log() if "AI_Tag" in e["path"]]) == 1


def test_settings_of_other_fields_and_additions_are_never_dropped(outbox, site, someone):
    made = [
        *outbox.queue(tag(someone, segment="A", tier_fit="PRO")),
        *outbox.queue(tag(someone, segment="B")),
        *outbox.queue(activity(someone, "one")),
        *outbox.queue(activity(someone, "one")),
    ]
    outbox.deliver()

    assert {outbox.again(m).state for m in made} == {"done"}
    assert tags(site, someone) == ["B"]
    assert [len(outreach(site, m)) for m in made[2:]] == [1, 1]


def test_undoing_the_later_setting_leaves_the_earlier_to_be_sent(outbox, site, someone):
    [old] = outbox.queue(tag(someone, segment="A"))
    [new] = outbox.queue(tag(someone, segment="B"))
    cancel(proposal=new.proposal, by=None, now=NOW)
    outbox.deliver()

    assert (outbox.again(old).state, tags(site, someone)) == ("done", ["A"])


@pytest.mark.row("GOV-44")
def test_an_approved_segment_is_an_imis_group_and_joins_and_leaves_follow(
    outbox, site, someone, someone_else
):
    def belongs(imis_id, is_member):
        fields = {"segment_key": "AIDYNAMIC", "segment_name": "Advocates", "is_member": is_member}
        return Message("set", "AI_Segment", imis_id, fields)

    def group():
        rows = site.rows("GroupMember", GroupId="AIDYNAMIC")
        return {row["Party"]["PartyId"] for row in rows} & {someone, someone_else}

    refresh = Message("set", "group", "", {"group": "AIDYNAMIC"})
    outbox.queue(belongs(someone, is_member=True), refresh)
    outbox.deliver()
    first = group()
    last = outbox.queue(belongs(someone, is_member=False), belongs(someone_else, is_member=True), refresh)[-1]
    outbox.deliver()

    assert (first, group()) == ({someone}, {someone_else})
    assert outbox.again(last).receipt["members"] >= 1


def test_a_group_is_refreshed_only_after_its_members_are_written(outbox, site, someone):
    fields = {"segment_key": "AIDYNAMIC", "segment_name": "A", "is_member": True}
    refresh = Message("set", "group", "", {"group": "AIDYNAMIC"})
    member, group = outbox.queue(Message("set", "AI_Segment", someone, fields), refresh)
    site.faults({"fault": "cut_before", "path": "AI_Segment", "method": "POST"},
                {"fault": "cut_before", "path": "AI_Segment", "method": "PUT"})  # fmt: skip
    outbox.deliver()
    between = outbox.again(group).state
    outbox.deliver(NOW + SETTLE)
    outbox.deliver(NOW + SETTLE + SETTLE)

    assert between == "queued"
    assert [outbox.again(m).state for m in (member, group)] == ["done", "done"]


def test_a_group_that_does_not_exist_waits_for_a_person(outbox, site):
    [message] = outbox.queue(Message("set", "group", "", {"group": "NOSUCH"}))

    outbox.deliver()

    assert (outbox.again(message).state, outbox.again(message).problem) == ("parked", "missing")


def test_a_worker_that_stopped_while_sending_is_never_repeated_unseen_a6(outbox, site, someone):
    [message] = outbox.queue(activity(someone))
    held = claim(now=NOW, ways=IMIS)
    outbox.hand.send(held, outbox.hand.look(held), lambda: None)  # and the worker is gone

    outbox.deliver(later(301))
    expired = outbox.again(message)
    outbox.deliver(later(300) + SETTLE)

    assert (expired.state, expired.settle_until) == ("unknown", later(300) + SETTLE)
    assert outbox.again(message).state == "done"
    assert len(outreach(site, message)) == 1


def test_a_worker_that_slept_past_its_lease_sends_nothing(outbox, site, someone):
    [message] = outbox.queue(activity(someone))
    moments = iter([NOW, NOW, NOW, later(301), later(301), later(301)])

    outbox.deliver(clock=lambda: next(moments, later(302)))

    assert site.log() == []
    assert outbox.again(message).state in {"sending", "unknown"}


def test_an_object_that_is_not_ticked_as_available_is_refused_in_plain_words(outbox, site, someone):
    [message] = outbox.queue(tag(someone))
    site.edit(op="flag_panel", name="AI_Tag", available=False)
    outbox.deliver()
    site.edit(op="flag_panel", name="AI_Tag")

    message = outbox.again(message)
    assert (message.state, message.problem) == ("dead", "rights")
    assert "Available via the REST API" in message.problem_text


def test_every_state_has_its_ways_and_unknown_never_leads_to_sending():
    assert set(TRANSITIONS) == set(State.values)
    assert State.SENDING not in TRANSITIONS[State.UNKNOWN]
    assert [old for old, new in TRANSITIONS.items() if State.SENDING in new] == [State.QUEUED]
    with pytest.raises(ValueError, match="cannot go from unknown to sending"):
        move(OutboxMessage.objects.none(), State.UNKNOWN, State.SENDING)


def race(rounds: int) -> list:
    """Two workers claim while a person undoes: the rounds in which not exactly one of them won."""
    wrong = []
    for _ in range(rounds):
        proposal = ApprovedFactory()
        enqueue(proposal=proposal, messages=[tag("7")], not_before=NOW, now=NOW)
        barrier, taken, undone = threading.Barrier(3), [], []

        def work(barrier=barrier, taken=taken):
            barrier.wait()
            taken.append(claim(now=NOW, ways=IMIS))
            connection.close()

        def undo(barrier=barrier, undone=undone, proposal=proposal):
            barrier.wait()
            undone.append(cancel(proposal=proposal, by=None, now=NOW).cancelled)
            connection.close()

        threads = [threading.Thread(target=each) for each in (work, work, undo)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        won = len([each for each in taken if each])
        if won + sum(undone) != 1:
            wrong.append((won, undone))
        proposal.messages.all().delete()
    return wrong


@pytest.mark.django_db(transaction=True)
def test_of_two_workers_and_an_undo_exactly_one_wins_g5():
    assert race(40) == []


@pytest.mark.long
@pytest.mark.django_db(transaction=True)
def test_in_a_thousand_races_exactly_one_wins_g5():
    assert race(1000) == []


def test_the_clock_may_stand_still(outbox):
    assert deliver_due(now=NOW, senders={}).taken == 0
