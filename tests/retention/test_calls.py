"""The call list: who is on it, one key an outcome, iMIS told after the hold, undone within half an hour."""

import datetime as dt

import pytest

from imis_ai.governance import proposals
from imis_ai.governance.experiments import uplift
from imis_ai.governance.models import ContactEntry, Experiment, OutboxMessage, Proposal, RolloutStep
from imis_ai.governance.outbox import followers
from imis_ai.governance.refusals import Blocked, Changed
from imis_ai.mirror import access
from imis_ai.rules.tree import ALWAYS
from imis_ai.rules.wire import to_json
from retention import actions
from retention.models import Call, Crossing, Policy
from retention.queries import calls as listed
from retention.queries import list as risk
from retention.queries import worth
from tests.factories.accounts import UserFactory, chapter_manager
from tests.factories.experiments import renewing, renews, running, started
from tests.factories.mirror import (
    ActivityFactory,
    ChapterFactory,
    ConsentFactory,
    MemberFactory,
    PaymentFactory,
    RelationshipFactory,
)
from tests.factories.retention import RiskScoreFactory, ScoreRunFactory

pytestmark = pytest.mark.django_db
NOW = dt.datetime(2026, 6, 2, 14, 0, tzinfo=dt.UTC)  # a Tuesday
TODAY = NOW.date()
HALF_HOUR = dt.timedelta(minutes=31)


@pytest.fixture
def run():
    RolloutStep.objects.create(area="retention", level=1, scope=to_json(ALWAYS), since=NOW)
    patron = MemberFactory(name="Rich Patron", phone="+1 312 555 0100")
    PaymentFactory(member=patron, received_on=TODAY - dt.timedelta(days=200), amount="90000.00")
    made = ScoreRunFactory(is_current=True, as_of=TODAY)
    scored(made, "patron", 0.35, 10, member=patron)
    return made


def scored(run, imis_id, share, value, *, member=None, **fields):
    member = member or MemberFactory(imis_id=imis_id, **({"phone": f"+1 312 555 {imis_id:>04}"} | fields))
    RiskScoreFactory(run=run, member=member, risk=share, value=value)
    return member


def three_calls(run):
    Policy.objects.create(
        version=1, high_from=0.6, medium_from=0.3, calls_a_week=3, proposal=1, decided_by="two", live_from=NOW
    )
    scored(run, "1", 0.9, 100)
    scored(run, "2", 0.5, 1000)
    scored(run, "3", 0.4, 2000)
    return actions.plan_calls(now=NOW)


def numbers():
    return [call.member.imis_id for call in Call.objects.select_related("member")]


@pytest.mark.row("CHURN-37", "CHURN-27")
def test_the_list_is_sized_to_capacity_most_valuable_first_then_by_worth(run):
    scored(run, "4", 0.99, 5000, phone="")  # nobody can call
    refused = scored(run, "5", 0.99, 5000)
    ConsentFactory(member=refused, channel="phone", granted=False)
    scored(run, "6", 0.1, 5000)  # not at risk

    assert three_calls(run) == 3
    patron, *others = Call.objects.select_related("member")
    assert (patron.member.name, patron.why) == ("Rich Patron", "value")
    assert [call.member.imis_id for call in others] == ["3", "2"]  # 800 and 500 of money; 1 would be 90
    assert [call.method for call in others] == ["estimate", "estimate"]
    assert actions.plan_calls(now=NOW + HALF_HOUR) == 0  # twice changes nothing

    assert listed.standing(today=TODAY) == {"period": "2026-06-01", "total": 3, "done": 0, "capacity": 3}
    shown = listed.shown(
        seen=access.members(UserFactory(role="membership")), viewer=UserFactory(), now=NOW, with_names=True
    )
    assert (shown.done, shown.total, shown.capacity, shown.words) == (0, 3, 3, "this week")


def test_a_week_later_a_new_list_and_who_was_reached_rests(run):
    three_calls(run)
    call = Call.objects.get(member__imis_id="3")
    actions.record_call(call=call, outcome="reached", by=UserFactory(role="membership"), now=NOW)
    actions.plan_calls(now=NOW + dt.timedelta(days=7))

    new = Call.objects.filter(period=dt.date(2026, 6, 8))
    assert sorted(new.values_list("member__imis_id", flat=True)[1:]) == ["1", "2"]
    assert set(Call.objects.filter(period=dt.date(2026, 6, 1)).values_list("state", flat=True)) == {
        "done",
        "skipped",
    }


def test_members_left_alone_to_compare_are_not_on_it(run):
    scored(run, "104482", 0.9, 9000)
    started(pk=1, imis_id="104482")

    three_calls(run)

    assert "104482" not in numbers()


def test_lots_are_drawn_before_the_first_call_and_once(run):
    members = renewing(120)
    for member in members:
        RiskScoreFactory(run=run, member=member, risk=0.7, value=100)
    actions.plan_calls(now=NOW)

    made = Experiment.objects.get(is_standing=True)
    held = set(made.assignments.filter(arm__is_control=True).values_list("imis_id", flat=True))
    assert 5 <= len(held) <= 20
    assert held.isdisjoint(numbers())
    drawn = made.assignments.count()
    actions.plan_calls(now=NOW + dt.timedelta(days=7))
    assert Experiment.objects.count() == 1
    assert made.assignments.count() == drawn


def _known(imis_id):
    return access.members(UserFactory(role="membership")).filter(imis_id=imis_id).first()


@pytest.mark.row("CHURN-45", "CHURN-07")
def test_one_key_logs_the_call_counts_as_contact_and_leaves_after_the_hold(run):
    three_calls(run)
    call, caller = Call.objects.get(member__imis_id="3"), UserFactory(role="membership")

    why = actions.record_call(call=call, outcome="ask again", by=caller, now=NOW, minutes=7)

    assert why == ""
    call.refresh_from_db()
    assert (call.state, call.outcome, call.minutes, call.decided_by) == ("done", "ask again", 7, caller)
    activity, task = OutboxMessage.objects.order_by("number")
    assert (activity.target, activity.fields["summary"]) == ("activity", "Call: ask again, 7 minutes")
    assert (task.target, task.fields["due_on"]) == ("task", "2026-06-09")
    assert activity.not_before == NOW + dt.timedelta(minutes=10)
    entry = ContactEntry.objects.get(imis_id="3")
    assert (entry.channel, entry.state) == ("call", "sending")
    with pytest.raises(Changed, match="faster"):
        actions.record_call(call=call, outcome="reached", by=caller, now=NOW)
    actions.plan_calls(now=NOW + HALF_HOUR)
    entry.refresh_from_db()
    assert (entry.state, entry.sent_at) == ("sent", NOW)


def test_within_the_hold_everything_is_taken_back(run):
    three_calls(run)
    call, caller = Call.objects.get(member__imis_id="3"), UserFactory(role="membership")
    actions.record_call(call=call, outcome="voicemail", by=caller, now=NOW)
    actions.undo_call(call=call, by=caller, now=NOW + dt.timedelta(minutes=5))

    call.refresh_from_db()
    assert (call.state, call.outcome, call.proposal) == ("open", "", None)
    assert set(OutboxMessage.objects.values_list("state", flat=True)) == {"cancelled"}
    assert ContactEntry.objects.get(imis_id="3").state == "stopped"


def test_where_nothing_may_leave_the_outcome_is_kept_and_says_so(run):
    three_calls(run)
    RolloutStep.objects.all().delete()
    call = Call.objects.get(member__imis_id="3")

    why = actions.record_call(call=call, outcome="reached", by=UserFactory(role="membership"), now=NOW)

    assert why
    call.refresh_from_db()
    assert call.state == "done"
    assert OutboxMessage.objects.count() == 0


def test_later_needs_a_day_and_a_reason_and_comes_back(run):
    three_calls(run)
    call, caller = Call.objects.get(member__imis_id="3"), UserFactory(role="membership")
    with pytest.raises(Blocked, match="reason"):
        actions.put_off(call=call, until=TODAY + dt.timedelta(days=1), reason="", by=caller, now=NOW)
    with pytest.raises(Blocked, match="passed"):
        actions.put_off(call=call, until=TODAY, reason="away", by=caller, now=NOW)
    actions.put_off(call=call, until=TODAY + dt.timedelta(days=9), reason="away", by=caller, now=NOW)

    later = NOW + dt.timedelta(days=9)
    actions.plan_calls(now=later)
    seen = access.members(caller)
    assert "3" in set(
        listed.on_the_list(seen=seen, today=later.date()).values_list("member__imis_id", flat=True)
    )


@pytest.mark.row("CHURN-39", "GOV-45")
def test_a_finished_task_in_imis_flows_back_to_the_call(run):
    three_calls(run)
    Crossing.objects.create(member=_known("3"), band="hi", risk=0.9, policy=1, entered_at=NOW, asked_at=None)
    made = actions.propose_crossed(now=NOW)
    proposals.approve(
        proposal=made, as_seen=proposals.seen(proposal=made), by=UserFactory(role="membership"), now=NOW
    )
    task = OutboxMessage.objects.filter(target="task").first()

    followers.call_completed(message=task, now=NOW)

    assert Call.objects.get(member__imis_id="3").done_in_imis_at == NOW


@pytest.mark.row("CHURN-33", "CHURN-03", "CHURN-39")
def test_crossing_the_high_line_asks_for_three_effects_once(run):
    member = scored(run, "7", 0.9, 500)
    RelationshipFactory(member=member, kind="staff_owner", other_imis_id="900")
    ActivityFactory(member=member, kind="case_opened", reference="Invoice", at=NOW - dt.timedelta(days=3))
    actions.cross(run=run, now=NOW)

    made = actions.propose_crossed(now=NOW)

    row = next(row for row in made.payload["enter"] if row["imis_id"] == "7")
    assert (row["assignee"], row["due_on"], row["call_on"]) == ("900", "2026-06-05", "2026-06-09")
    assert "No portal visit for 92 days" in row["factors"]
    assert "Opened a case: Invoice" in row["last_contacts"]
    assert actions.propose_crossed(now=NOW) is None  # once per crossing
    assert actions.cross(run=run, now=NOW)["hi"] == (0, 0)
    proposals.approve(
        proposal=made, as_seen=proposals.seen(proposal=made), by=UserFactory(role="membership"), now=NOW
    )
    sent = OutboxMessage.objects.filter(imis_id="7").order_by("number")
    assert [message.target for message in sent] == ["task", "AI_Segment", "task"]
    assert sent[1].fields["segment_name"] == "High Risk - 90 Days"
    assert len({message.reference for message in sent}) == 3

    run.riskscore_set.filter(member=member).update(risk_30=0.1, risk_60=0.1, risk_90=0.2)
    actions.cross(run=run, now=NOW)
    again = actions.propose_crossed(now=NOW)
    assert (again.payload["enter"], again.payload["leave"]) == ([], ["7"])
    assert Proposal.objects.filter(kind="retention.crossed").count() == 2


@pytest.mark.row("U5")
def test_the_list_of_members_at_risk_sorts_by_worth_and_says_the_method(run):
    scored(run, "1", 0.9, 100)
    scored(run, "2", 0.5, 1000)
    seen, filters = access.members(UserFactory(role="membership")), risk.Filters(sort="-worth")

    def order(run):
        found = risk.page(seen=seen, run=run, filters=filters, start=0, stop=10)
        return [score.member.imis_id for score in found if score.member.imis_id in "12"]

    assert order(run) == ["2", "1"]
    assert worth.method(run).sentence.startswith("Estimate")
    run.worth = {
        "mode": "uplift",
        "n": 400,
        "effects": {
            "high risk": {"value": 0.5, "low": 0.3, "high": 0.7, "n": 200},
            "medium risk": {"value": -0.1, "low": -0.2, "high": -0.05, "n": 200},
            "": {"value": 0.2, "low": 0.1, "high": 0.3, "n": 400},
        },
    }
    run.save()
    assert order(run) == ["1", "2"]
    assert "Measured" in worth.method(run).sentence
    alone = list(risk.page(seen=seen, run=run, filters=filters, start=0, stop=10))
    rows = {row.imis_id: row for row in risk.rows(scores=alone, measure="90", with_names=True)}
    assert "Contact cost renewals" in rows["2"].alone
    assert rows["2"].next_step == "Leave alone"
    assert rows["1"].alone == ""


def test_a_chapter_manager_sees_calls_of_the_own_chapter(run):
    texas = ChapterFactory(code="TX")
    scored(run, "1", 0.9, 4000, chapter=texas)
    scored(run, "2", 0.9, 4000)
    actions.plan_calls(now=NOW)
    manager = chapter_manager(texas)

    shown = listed.shown(seen=access.members(manager), viewer=manager, now=NOW, with_names=True)

    assert [row.imis_id for row in shown.rows] == ["1"]


@pytest.mark.row("U5")
def test_what_contact_changed_is_counted_from_comparisons_that_were_read(run):
    members = renewing(44)
    for member in members:
        RiskScoreFactory(run=run, member=member, risk=0.7)
    made = running(now=NOW)
    drawn = dict(made.assignments.values_list("imis_id", "arm__is_control"))
    treated = [member for member in members if drawn.get(member.imis_id) is False]
    for member in treated[:15]:
        renews(member)
    assert uplift.by_group(area="retention", groups=list(worth.GROUPS)) == []  # it still runs
    Experiment.objects.filter(pk=made.pk).update(state="done", ended_at=NOW, result=None)

    [found] = uplift.by_group(area="retention", groups=list(worth.GROUPS))

    assert found == ("high risk", 15, len(treated), 0, len(drawn) - len(treated))
    kept = worth.measured()
    assert (kept["mode"], kept["n"]) == ("estimate", len(drawn))
    assert kept["effects"]["high risk"]["value"] > 0.3
