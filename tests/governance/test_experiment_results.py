"""Outcomes from the mirror, read on their day and once; influenced and caused; stop, widen, cycles."""

import datetime as dt
import json
from decimal import Decimal

import pytest
from django.db import Error, transaction

from imis_ai.governance import kinds, outreach, proposals
from imis_ai.governance.experiments import ending, plan, pooled, results, start, widen
from imis_ai.governance.messages import control
from imis_ai.governance.models import AuditDetail, Experiment, RolloutStep
from imis_ai.governance.refusals import Blocked, Changed, NotAllowed
from imis_ai.mirror.models import Feed
from imis_ai.rules.tree import ALWAYS
from imis_ai.rules.wire import to_json
from tests.factories.accounts import UserFactory
from tests.factories.experiments import ENDS, OUTCOME_BY, planned, renewing, renews, running
from tests.factories.messages import NOW, ContactFactory, VersionFactory
from tests.factories.mirror import InvoiceFactory

pytestmark = pytest.mark.django_db
AFTER = dt.datetime(2026, 10, 1, 12, tzinfo=dt.UTC)
SOON = NOW + dt.timedelta(days=1)


@pytest.fixture
def messages(monkeypatch):
    """Retention may draft messages."""
    monkeypatch.setattr(kinds, "KINDS", dict(kinds.KINDS))
    RolloutStep.objects.create(area="retention", level=1, scope=to_json(ALWAYS), since=NOW)
    asked = {"label": "Message", "reads": "retention.members", "decides": "retention.members"}
    return kinds.register(outreach.message_kind(area="retention", **asked))


def by_id(members):
    return {member.imis_id: member for member in members}


def arms(made):
    """Ids of the control group and of the first other arm."""
    rows = made.assignments.order_by("imis_id").values_list("imis_id", "arm__number")
    return [[imis_id for imis_id, number in rows if number == wanted] for wanted in (0, 1)]


@pytest.fixture
def campaign():
    """Of 60 left alone 30 renew; of 60 drawn for a call 54 do, whoever was reached."""
    members = by_id(renewing(120))
    made = running()
    control_group, called = arms(made)
    for imis_id in control_group[:30] + called[:54]:
        renews(members[imis_id])
    for imis_id in called[50:]:
        ContactFactory(imis_id=imis_id, sent_at=SOON)
    return made


@pytest.mark.row("GOV-24", "CHURN-41", "CHURN-34")
def test_everybody_counts_where_the_lot_put_them_and_influenced_is_less_than_caused(campaign):
    found = results.result(experiment=campaign, now=AFTER)

    left_alone, called = found.lines
    [against] = found.against
    assert (left_alone.renewed, left_alone.known, left_alone.contacted) == (30, 60, 0)
    assert (called.renewed, called.known) == (54, 60)
    assert (called.contacted, called.influenced) == (10, 4)
    assert against.verdict == results.MORE
    assert against.difference == pytest.approx(0.4)
    assert 0.2 < against.low < 0.4 < against.high < 0.6
    assert against.caused == pytest.approx(24)
    assert called.cost == 20.0
    assert against.earned == pytest.approx(24 * 250 - 20)


@pytest.mark.row("GOV-24")
def test_before_its_day_it_is_too_early_and_afterwards_it_is_read_once(campaign):
    before = results.result(experiment=campaign, now=AFTER - dt.timedelta(days=1))
    with pytest.raises(Changed, match="not the day"):
        ending.read(experiment=campaign, now=AFTER - dt.timedelta(days=1))

    read = ending.read(experiment=campaign, now=AFTER)
    renews_late = campaign.assignments.filter(arm__number=0).order_by("imis_id")[40]
    after = results.result(experiment=read, now=AFTER + dt.timedelta(days=90))

    assert before.against[0].verdict == results.EARLY
    assert (read.state, after) == ("done", results.from_json(read.result))
    assert after.against[0].verdict == results.MORE
    assert renews_late.imis_id not in control.held(
        imis_ids=[renews_late.imis_id], area="retention", now=AFTER
    )
    with pytest.raises(Error, match="read once"), transaction.atomic():
        Experiment.objects.filter(pk=read.pk).update(result={"verdict": "mine"})


def test_a_renewal_counts_from_terms_and_invoices_and_never_from_a_contact():
    members = by_id(renewing(40))
    made = running()
    early, late, paid, contacted = arms(made)[0][:4]
    renews(members[early])
    renews(members[late], after=dt.date(2026, 9, 20))
    renews(members[paid], after=dt.date(2026, 9, 20))
    InvoiceFactory(member=members[paid], term_start=dt.date(2026, 9, 21), paid_on=dt.date(2026, 8, 20))
    ContactFactory(imis_id=contacted, sent_at=SOON, state="replied")

    [base, _] = results.result(experiment=made, now=AFTER).lines

    assert base.renewed == 2, "one on time, one paid within the window; not too late, not for an answer"


def test_reading_waits_until_imis_was_read_after_the_day(campaign):
    tried = AFTER - dt.timedelta(days=2)
    Feed.objects.create(name="terms", health="fresh", last_success_at=tried, last_try_at=tried)

    assert ending.read_due(now=AFTER) == []
    Feed.objects.update(last_success_at=AFTER)
    assert ending.read_due(now=AFTER) == [campaign]
    assert ending.read_due(now=AFTER) == []


@pytest.mark.row("GOV-23")
def test_two_texts_are_compared_without_a_control_group_when_somebody_says_why():
    members = by_id(renewing(80))
    two = (plan.ArmPlan("Short"), plan.ArmPlan("Long"))
    made = running(arms=two, control_share=0, no_control_reason="Both are due by the statute")
    short, long = arms(made)
    for imis_id in short[:20] + long[:38]:
        renews(members[imis_id])

    found = results.result(experiment=made, now=AFTER)

    assert (found.base, found.against[0].label, found.against[0].verdict) == ("Short", "Long", results.MORE)
    assert not control.rows(area="retention", on=NOW.date()).exists()


def test_too_few_outcomes_are_too_small_to_tell_even_at_the_end():
    members = by_id(renewing(20))
    made = running()
    for imis_id in arms(made)[0][:4] + arms(made)[1][:7]:
        renews(members[imis_id])

    [against] = results.result(experiment=made, now=AFTER).against

    assert against.verdict == results.SMALL
    assert against.caused is None


@pytest.mark.row("GOV-24")
def test_a_stop_is_at_once_has_a_reason_and_can_be_taken_back_for_half_an_hour(campaign):
    by = UserFactory(role="membership", password=None)
    held = arms(campaign)[0][0]

    with pytest.raises(NotAllowed):
        ending.stop(experiment=campaign, reason="x", by=UserFactory(role="chapter", password=None), now=SOON)
    with pytest.raises(Blocked, match="needs a reason"):
        ending.stop(experiment=campaign, reason=" ", by=by, now=SOON)
    ending.stop(experiment=campaign, reason="The text was wrong", by=by, now=SOON)
    assert control.held(imis_ids=[held], area="retention", now=SOON) == {}
    ending.undo_stop(experiment=campaign, by=by, now=SOON + dt.timedelta(minutes=29))
    assert held in control.held(imis_ids=[held], area="retention", now=SOON)
    ending.stop(experiment=campaign, reason="Really", by=by, now=SOON)
    with pytest.raises(Changed, match="more than 30 minutes ago"):
        ending.undo_stop(experiment=campaign, by=by, now=SOON + dt.timedelta(minutes=31))

    entry = AuditDetail.objects.filter(entry__action="experiment.stopped").latest("pk")
    assert json.loads(entry.detail)["reason"] == "Really"
    assert results.result(experiment=campaign, now=AFTER).against[0].verdict == results.EARLY


@pytest.mark.row("GOV-24")
def test_cycles_are_read_together_after_as_many_as_were_set():
    seen = []
    for cycle in range(2):
        ends = ENDS + dt.timedelta(days=200 * cycle)
        members = by_id(renewing(40, ends=ends))
        now, by_day = NOW + dt.timedelta(days=200 * cycle), OUTCOME_BY + dt.timedelta(days=200 * cycle)
        fields = {"outcome_by": by_day, "now": now, "series": "calls", "cycle": cycle + 1, "cycles": 2}
        made = running(**fields)
        control_group, called = arms(made)
        for imis_id in control_group[:10] + called[:17]:
            renews(members[imis_id], after=ends)
        ending.read(experiment=made, now=now + dt.timedelta(days=130))
        seen.append(pooled.series(made))

    assert (seen[0].read, seen[0].planned, seen[0].against) == (1, 2, None)
    assert (seen[1].read, seen[1].members) == (2, 80)
    assert seen[1].against.verdict == results.MORE
    assert seen[1].against.difference == pytest.approx(0.35)
    assert pooled.of_the_year(now=NOW + dt.timedelta(days=340)).difference == pytest.approx(0.35)
    assert pooled.of_the_year(now=NOW + dt.timedelta(days=900)) is None


def test_the_next_cycle_is_a_plan_with_the_same_arms_and_its_own_start(campaign):
    by = UserFactory(role="membership", password=None)
    with pytest.raises(Blocked, match="not over"):
        ending.again(experiment=campaign, by=by, now=SOON)

    made = ending.again(experiment=ending.read(experiment=campaign, now=AFTER), by=by, now=AFTER)

    assert (made.state, made.cycle, made.series, made.seed) == ("draft", 2, campaign.series, "")
    assert [arm.label for arm in made.arms.all()] == ["Control group", "Call"]
    assert made.outcome_by == AFTER.date() + (OUTCOME_BY - NOW.date())


@pytest.mark.row("GOV-23")
def test_widening_is_asked_by_one_and_decided_by_another_and_ends_the_control_group(messages):
    version, other = (
        VersionFactory(body="Dear {{ first_name }}."),
        VersionFactory(body="Hi {{ first_name }}."),
    )
    renewing(40)
    tried = (
        plan.ArmPlan("New", templates=[version.template_id], cost=Decimal(1)),
        plan.ArmPlan("Old", templates=[other.template_id]),
    )
    made = running(arms=tried, control_share=0.25)
    asking, deciding = UserFactory(role="membership"), UserFactory(role="membership")
    held = arms(made)[0]

    proposal = widen.ask(experiment=made, arm=made.arms.get(label="New"), by=asking, now=SOON)
    for by, note in ((asking, "x"), (deciding, "")):
        with pytest.raises((NotAllowed, Blocked)):
            approve(proposal, by, note)
    approve(proposal, deciding, "It is cheap enough")
    assert not widen.due(SOON + dt.timedelta(minutes=59))
    assert widen.due(SOON + dt.timedelta(minutes=61))
    [done] = widen.apply_due(now=SOON + dt.timedelta(minutes=61))
    sent = outreach.propose(imis_ids=held, area="retention", channel="email", versions=[other], now=SOON)

    assert (done.state, done.adopted.label) == ("stopped", "New")
    assert not widen.due(SOON + dt.timedelta(minutes=62))
    assert {each.payload["template_version"] for each in sent.proposals.values()} == {version.pk}


def test_an_arm_that_did_harm_cannot_be_widened():
    members = by_id(renewing(120))
    made = running()
    for imis_id in arms(made)[0][:55] + arms(made)[1][:30]:
        renews(members[imis_id])
    read = ending.read(experiment=made, now=AFTER)

    proposal = widen.ask(
        experiment=read, arm=read.arms.get(label="Call"), by=UserFactory(role="membership"), now=AFTER
    )

    with pytest.raises(Blocked, match="Fewer renewed"):
        approve(proposal, UserFactory(role="membership"), "anyway", AFTER)


def approve(proposal, by, note="", now=SOON):
    seen = proposals.seen(proposal=proposal)
    return proposals.approve(proposal=proposal, as_seen=seen, by=by, now=now, note=note)


def test_a_plan_can_be_dropped_until_it_starts():
    renewing(20)
    by = UserFactory(role="membership", password=None)
    plan.drop(experiment=planned(), by=by, now=NOW)
    made = start.begin(experiment=planned(), now=NOW)

    with pytest.raises(Changed, match="stays on record"):
        plan.drop(experiment=made, by=by, now=NOW)

    assert list(Experiment.objects.all()) == [made]
