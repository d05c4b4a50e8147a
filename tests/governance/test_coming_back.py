"""The way back, the nightly comparison, a restored backup, and what people do with what was refused."""

import pytest

from imis_ai.governance.models import AuditEntry, OutboxFinding, OutboxMessage, Proposal
from imis_ai.governance.outbox import Message, cancel, checks, enqueue, followers, reverse
from imis_ai.governance.outbox import people as hands
from imis_ai.governance.outbox.names import choose, names_in_force
from imis_ai.governance.outbox.reconcile import reconcile
from imis_ai.governance.outbox.restored import mark_restored
from imis_ai.governance.refusals import NotAllowed
from imis_ai.governance.wiring import guardrail_now, suggest_reversal
from imis_ai.imis.targets import new_reference
from imis_ai.imis.writes.bodies import row
from imis_ai.mirror.models import MemberAlias
from tests.factories.accounts import UserFactory
from tests.factories.governance import NOW, ApprovedFactory, OutboxMessageFactory
from tests.factories.guardrails import live_guardrail
from tests.governance.conftest import SETTLE, activity, later, tag

TASK = {"title": "Call Dana", "assignee": "PN", "due_on": "2026-12-01", "factors": "No visit for 92 days",
        "last_contacts": "Mail on 3 Nov", "draft": "Dear Dana", "status": "open"}  # fmt: skip


def insight(imis_id, score, run="churn"):
    return Message("set", "AI_MemberInsight", imis_id, {"run_key": run, "score": score})


def turn_back(outbox, proposal, now=NOW):
    """Approve and deliver the reversal of a proposal."""
    found = reverse(proposal=proposal)
    made = enqueue(proposal=ApprovedFactory(), messages=found.messages, not_before=now, now=now)
    outbox.deliver(now)
    return found, [outbox.again(message) for message in made]


def edit_in_imis(site, name, held, **values):
    """Somebody changes a row of a panel source by hand."""
    key = held["ID"] if "Ordinal" not in held else f"~{held['ID']}|{held['Ordinal']}"
    changed = {n: v for n, v in held.items() if v is not None} | values
    elements = [held["ID"], *([str(held["Ordinal"])] if "Ordinal" in held else [])]
    answer = site.http.put(f"/api/{name}/{key}", json=row(name, held["ID"], changed, elements))
    assert answer.status_code == 200, answer.text


@pytest.mark.row("GOV-42")
def test_what_was_changed_is_set_back_and_what_was_added_is_taken_away(outbox, site, someone):
    outbox.queue(tag(someone, segment="Before"), insight(someone, 11))
    outbox.deliver()
    made = outbox.queue(
        tag(someone, segment="After", risk_band="high"),
        insight(someone, 66),
        insight(someone, 7, run="other"),
        activity(someone),
        Message("append", "note", someone, {"text": "Noted"}),
        Message("append", "task", someone, TASK),
    )
    outbox.deliver()

    found, sent = turn_back(outbox, made[0].proposal)

    held = site.rows("AI_Tag", ID=someone)[0]
    assert (held["Segment"], held["RiskBand"]) == ("Before", None)
    assert {r["RunKey"]: r["ChurnScore"] for r in site.rows("AI_MemberInsight", ID=someone)} == {"churn": 11}
    assert site.rows("Activity", OTHER_CODE=made[3].reference) == []
    assert site.rows("PartyNote", PartyId=someone) == []
    assert site.rows("AI_Task", ID=someone) == []
    assert (found.refused, {m.state for m in sent}) == ([], {"done"})
    assert reverse(proposal=made[0].proposal).messages == []


@pytest.mark.row("GOV-42")
def test_a_field_that_imis_changed_since_is_not_overwritten_and_both_values_are_shown(outbox, site, someone):
    outbox.queue(tag(someone, segment="Before"))
    outbox.deliver()
    made = outbox.queue(tag(someone, segment="Ours"))
    outbox.deliver()
    edit_in_imis(site, "AI_Tag", site.rows("AI_Tag", ID=someone)[0], Segment="Theirs")

    _, [sent] = turn_back(outbox, made[0].proposal)

    assert (sent.state, sent.problem) == ("parked", "conflict")
    assert "ours “Ours”, in iMIS “Theirs”" in sent.problem_text
    assert site.rows("AI_Tag", ID=someone)[0]["Segment"] == "Theirs"


def test_an_addition_that_imis_changed_since_is_not_taken_away(outbox, site, someone):
    made = outbox.queue(Message("append", "task", someone, TASK))
    outbox.deliver()
    edit_in_imis(site, "AI_Task", site.rows("AI_Task", ID=someone)[0], Assignee="QX")

    _, [sent] = turn_back(outbox, made[0].proposal)

    assert (sent.problem, len(site.rows("AI_Task", ID=someone))) == ("conflict", 1)


def test_what_is_gone_already_needs_no_taking_back(outbox, site, someone):
    made = outbox.queue(activity(someone))
    outbox.deliver()
    site.http.delete(f"/api/Activity/{outbox.again(made[0]).imis_key}")

    _, [sent] = turn_back(outbox, made[0].proposal)

    assert sent.state == "done"


def test_a_taking_back_with_an_unclear_answer_is_looked_for(outbox, site, someone):
    made = outbox.queue(activity(someone))
    outbox.deliver()
    site.faults({"fault": "cut_after", "method": "DELETE", "path": "/api/Activity"})

    _, [sent] = turn_back(outbox, made[0].proposal)
    outbox.deliver(NOW + SETTLE)

    assert sent.state == "unknown"
    assert outbox.again(sent).state == "done"


def test_what_cannot_be_undone_says_so(outbox, site, someone):
    sent = {"subject": "Renewal", "text": "Dear", "address": "d@example.org"}
    made = outbox.queue(
        Message("append", "communication", someone, sent),
        tag(someone, segment="A"),
        tag(someone, segment="B"),
    )
    outbox.deliver()
    billing = outbox.queue(Message("append", "billing", someone, {"what": "Credit"}))[0]
    hands.confirm_by_hand(message=billing, imis_key="CM-1", by=UserFactory(), now=NOW)

    refused = reverse(proposal=made[0].proposal).refused
    assert [why for _, why in refused] == ["A message cannot be taken back. Write a correction."]
    assert "by hand" in reverse(proposal=billing.proposal).refused[0][1]


def test_an_earlier_write_is_not_undone_under_a_later_one(outbox, site, someone):
    [first] = outbox.queue(tag(someone, segment="A"))
    outbox.deliver()
    outbox.queue(tag(someone, segment="B"))
    outbox.deliver()

    found = reverse(proposal=first.proposal)

    assert found.messages == []
    assert "later approval" in found.refused[0][1]


@pytest.mark.row("GOV-42")
def test_the_night_finds_what_differs_what_is_doubled_and_what_nobody_here_knows_a15(outbox, site, someone):
    made = outbox.queue(insight(someone, 50), activity(someone), Message("append", "task", someone, TASK))
    outbox.deliver()
    edit_in_imis(site, "AI_MemberInsight", site.rows("AI_MemberInsight", ID=someone)[0], ChurnScore=5)
    stranger = new_reference()
    for reference in (made[1].reference, stranger):
        outbox.hand.writer.put("activity", someone, {"summary": "x"}, reference, None, lambda: None)

    found = reconcile(sender=outbox.hand, now=NOW, share=1.0)
    again = reconcile(sender=outbox.hand, now=later(60), share=1.0)

    first = outbox.again(made[0])
    assert (found.compared, found.differs, found.problems) == (3, 1, [])
    assert (first.problem, "ours “50”, in iMIS “5”" in first.problem_text) == ("differs", True)
    notes = OutboxFinding.objects.filter(reference__in=[stranger, made[1].reference])
    assert {n.what: n.reference for n in notes} == {"stranger": stranger, "doubled": made[1].reference}
    assert again.compared == 2
    assert OutboxFinding.objects.filter(reference=stranger).count() == 1


def test_the_night_takes_a_sample_of_the_writes_and_all_of_the_money(db, outbox, monkeypatch):
    from imis_ai.governance.outbox import reconcile as module
    from imis_ai.imis.targets import TARGETS

    made = {
        "state": "done",
        "done_at": NOW,
        "way": "append",
        "target": "activity",
        "fields": {"summary": "x"},
    }
    OutboxMessageFactory.create_batch(200, proposal=ApprovedFactory(), **made)
    few = len(module._sample(NOW, 0.05))
    monkeypatch.setitem(TARGETS, "activity", TARGETS["activity"].__class__(
        **{**vars(TARGETS["activity"]), "is_money": True}))  # fmt: skip

    assert 2 <= few <= 25
    assert len(module._sample(NOW, 0.05)) == 200


def test_a_setting_that_was_overwritten_by_ours_is_no_difference(outbox, site, someone):
    outbox.queue(tag(someone, segment="A"))
    outbox.deliver()
    outbox.queue(tag(someone, segment="B"))
    outbox.deliver()

    found = reconcile(sender=outbox.hand, now=NOW, share=1.0)

    assert (found.compared, found.differs) == (1, 0)


@pytest.mark.row("GOV-45")
@pytest.mark.parametrize("kept_as", ["AI_Task", "Activity"])
def test_a_task_has_its_context_and_comes_back_when_it_is_done(outbox, site, someone, kept_as):
    told = []
    followers.on_completed(name="tasks", follow=lambda message, now: told.append(message.pk))
    choose(target="task", object_name=kept_as, by=None, now=NOW)
    outbox.hand.writer.names = names_in_force()
    [message] = outbox.queue(Message("append", "task", someone, TASK))
    outbox.deliver()
    open_one = reconcile(sender=outbox.hand, now=NOW).completed
    if kept_as == "AI_Task":
        held = site.rows("AI_Task", ID=someone)[0]
        assert (held["Assignee"], held["DueOn"][:10], held["Draft"]) == ("PN", "2026-12-01", "Dear Dana")
        assert (held["Factors"], held["LastContacts"]) == ("No visit for 92 days", "Mail on 3 Nov")
        edit_in_imis(site, "AI_Task", held, Status="Done")
    else:
        held = site.rows("Activity", OTHER_CODE=message.reference)[0]
        assert (held["SOLICITOR_ID"], held["TICKLER_DATE"][:10]) == ("PN", "2026-12-01")
        assert "Why: No visit for 92 days" in held["NOTE"]
        site.edit(op="update", table="Activity", id=str(held["SEQN"]), TICKLER_DATE=None)

    found = reconcile(sender=outbox.hand, now=later(3600))

    assert (open_one, found.completed, told) == (0, 1, [message.pk])
    assert outbox.again(message).completed_at == later(3600)
    assert reconcile(sender=outbox.hand, now=later(7200)).completed == 0


def test_after_a_restored_backup_nothing_is_sent_twice_w10(outbox, site, someone, someone_else):
    sent, unsent = outbox.queue(activity(someone), activity(someone_else), tag(someone))[:2]
    outbox.hand.send(sent, outbox.hand.look(sent), lambda: None)  # after the backup was made

    marked = mark_restored(now=NOW)
    outbox.deliver()
    outbox.deliver(later(60))

    assert marked == 3
    assert {m.state for m in OutboxMessage.objects.all()} == {"done"}
    for message in (sent, unsent):
        assert len(site.rows("Activity", OTHER_CODE=message.reference)) == 1


@pytest.fixture
def refused(outbox, site, someone):
    """One message that iMIS refused."""
    [message] = outbox.queue(activity(someone))
    site.faults({"fault": "403", "path": "/api/Activity", "method": "POST"})
    outbox.deliver()
    return outbox.again(message)


def test_everything_that_stopped_for_one_reason_is_sent_again_together(outbox, site, refused):
    by = UserFactory()

    count = hands.retry_all(problem="rights", by=by, now=NOW)
    outbox.deliver()

    assert (count, outbox.again(refused).state) == (1, "done")
    assert AuditEntry.objects.filter(action="outbox.retried", actor_id=by.pk).count() == 1


def test_what_a_person_drops_is_over(outbox, refused):
    hands.drop(ids=[refused.pk], by=UserFactory(), reason="Known", now=NOW)
    outbox.deliver()

    message = outbox.again(refused)
    assert (message.state, message.problem, message.tries) == ("cancelled", "dropped", 1)
    assert hands.retry(ids=[refused.pk], by=None, now=NOW) == 0


def test_a_merged_member_s_message_goes_to_the_retained_one_when_a_person_says_so(
    outbox, site, someone, someone_else
):
    MemberAlias.objects.create(imis_id=someone, retained_imis_id=someone_else, merged_at=NOW)
    [message] = outbox.queue(activity(someone))
    outbox.deliver()

    retried = hands.retry(ids=[message.pk], by=None, now=NOW)
    hands.send_to_retained(message=outbox.again(message), by=UserFactory(), now=NOW)
    outbox.deliver()

    message = outbox.again(message)
    assert (retried, message.state, message.imis_id) == (0, "done", someone_else)


def test_money_for_a_merged_member_needs_an_approval_of_its_own(outbox, someone):
    MemberAlias.objects.create(imis_id=someone, retained_imis_id="1", merged_at=NOW)
    [message] = outbox.queue(Message("append", "billing", someone, {"what": "Credit"}))

    with pytest.raises(NotAllowed, match="its own approval"):
        hands.send_to_retained(message=message, by=None, now=NOW)


def test_what_was_entered_by_hand_is_confirmed_with_its_number_once(outbox, someone):
    by = UserFactory()
    [message] = outbox.queue(Message("append", "billing", someone, {"what": "Credit 12.50"}))

    with pytest.raises(NotAllowed, match="number"):
        hands.confirm_by_hand(message=message, imis_key=" ", by=by, now=NOW)
    hands.confirm_by_hand(message=message, imis_key="CM-7", by=by, now=NOW)
    with pytest.raises(NotAllowed, match="already"):
        hands.confirm_by_hand(message=message, imis_key="CM-8", by=by, now=NOW)
    [other] = outbox.queue(Message("append", "billing", someone, {"what": "Credit"}), state="undone")
    with pytest.raises(NotAllowed, match="withdrawn"):
        hands.confirm_by_hand(message=other, imis_key="CM-9", by=by, now=NOW)

    message = outbox.again(message)
    assert (message.state, message.imis_key, message.receipt) == ("done", "CM-7", {"entered_by": str(by)})


def test_a_difference_is_settled_for_us_or_for_imis(outbox, site, someone):
    [message] = outbox.queue(insight(someone, 50))
    outbox.deliver()
    edit_in_imis(site, "AI_MemberInsight", site.rows("AI_MemberInsight", ID=someone)[0], ChurnScore=5)
    reconcile(sender=outbox.hand, now=NOW, share=1.0)

    hands.keep_theirs(message=outbox.again(message), by=None, now=NOW)
    theirs = outbox.again(message)
    reconcile(sender=outbox.hand, now=NOW, share=1.0)
    hands.keep_ours(message=outbox.again(message), by=None, now=NOW)
    outbox.deliver()

    assert (theirs.state, theirs.problem) == ("done", "")
    assert outbox.again(message).state == "done"
    assert site.rows("AI_MemberInsight", ID=someone)[0]["ChurnScore"] == 50


def test_one_waiting_message_can_be_undone_alone(outbox, someone):
    first, second = outbox.queue(tag(someone), activity(someone), hold=60)

    assert hands.undo(message=first, by=UserFactory(), now=NOW) is True
    outbox.deliver(later(60))

    assert [outbox.again(m).state for m in (first, second)] == ["cancelled", "done"]
    assert hands.undo(message=second, by=None, now=NOW) is False


@pytest.mark.row("GOV-42")
def test_a_name_of_the_guides_is_chosen_and_another_is_refused(db):
    choose(target="AI_MemberInsight", object_name="AI_Member_Risk", by=UserFactory(), now=NOW)

    assert names_in_force().target("AI_MemberInsight").object == "AI_Member_Risk"
    assert AuditEntry.objects.get(action="outbox.name_chosen").object_id == "AI_MemberInsight"
    for target, name in (("AI_MemberInsight", "Invoice"), ("Invoice", "Invoice")):
        with pytest.raises(NotAllowed, match="cannot hold"):
            choose(target=target, object_name=name, by=None, now=NOW)


def test_a_proposal_without_messages_is_cancelled_quietly(db):
    assert cancel(proposal=ApprovedFactory(), by=None, now=NOW).cancelled == 0


@pytest.mark.row("GOV-42")
def test_what_was_undone_on_its_way_gets_its_reversal_suggested_once_it_arrived_a4(outbox, site, someone):
    followers.on_done(name="revoked", follow=suggest_reversal)
    first, second = outbox.queue(activity(someone), activity(someone))
    site.faults({"fault": "cut_after", "path": "/api/Activity", "method": "POST"})
    outbox.deliver()
    cancel(proposal=first.proposal, by=None, now=later(5))

    outbox.deliver(NOW + SETTLE)

    [made] = Proposal.objects.filter(kind="governance.reverse")
    assert (made.reverses_id, made.state) == (first.proposal_id, "suggested")
    assert [each["reverses"] for each in made.payload["messages"]] == [first.pk]
    assert outbox.again(second).state == "cancelled"


def test_a_guardrail_that_is_stricter_now_stops_what_was_approved_before_a13(outbox, site, someone):
    checks.register(name="guardrails", look=guardrail_now, then=checks.Then.PARK, problem="guardrail")
    [allowed] = outbox.queue(tag(someone), amount=50)
    outbox.deliver()
    [message] = outbox.queue(tag(someone, segment="B"), amount=50)
    live_guardrail("ceiling", measure="amount", most="10")

    outbox.deliver()

    assert outbox.again(allowed).state == "done"
    assert (outbox.again(message).state, outbox.again(message).problem) == ("parked", "guardrail")
