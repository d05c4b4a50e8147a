"""The policy: asked for by one, decided by another, in force with the next scores; crossings once."""

import datetime as dt
from dataclasses import replace

import pytest

from imis_ai.governance import proposals
from imis_ai.governance.models import AuditEntry
from imis_ai.governance.refusals import Blocked, NotAllowed
from imis_ai.mirror import access
from retention import actions
from retention.models import Call, Crossing, Policy
from retention.queries import candidates, crossings, policy_page
from retention.queries import list as risk
from retention.queries import policy as policies
from tests.factories.accounts import UserFactory
from tests.factories.messages import NOW as MESSAGES_NOW
from tests.factories.mirror import NOW, MemberFactory
from tests.factories.registry import TrainedModelFactory
from tests.factories.retention import RiskScoreFactory, ScoreRunFactory
from tests.retention.outreach import TODAY, ready, scored

pytestmark = pytest.mark.django_db
HOUR = dt.timedelta(hours=1, minutes=1)
WANTED = replace(policies.Policy(), high_from=0.8, medium_from=0.5, calls_a_week=25)


def decided(by=None, wanted=WANTED):
    first, second = by or (UserFactory(role="membership"), UserFactory(role="membership"))
    made = actions.propose_policy(wanted=wanted, effect=[], by=first, now=NOW)
    proposals.approve(
        proposal=made, as_seen=proposals.seen(proposal=made), by=second, now=NOW, note="as agreed"
    )
    return made


@pytest.mark.row("CHURN-08")
def test_one_person_asks_another_decides_and_it_takes_effect_after_the_hold():
    first, second = UserFactory(role="membership"), UserFactory(role="membership")
    made = actions.propose_policy(wanted=WANTED, effect=[], by=first, now=NOW)

    with pytest.raises(NotAllowed, match="someone else"):
        proposals.approve(proposal=made, as_seen=proposals.seen(proposal=made), by=first, now=NOW)
    proposals.approve(
        proposal=made, as_seen=proposals.seen(proposal=made), by=second, now=NOW, note="as agreed"
    )

    assert actions.take_effect(now=NOW) is None  # the hold
    assert policies.current() == policies.Policy()
    live = actions.take_effect(now=NOW + HOUR)
    assert (live.version, live.decided_by) == (1, f"{first} and {second}")
    assert policies.current() == replace(WANTED, version=1)
    assert actions.take_effect(now=NOW + HOUR) is None  # once
    assert AuditEntry.objects.filter(action="retention.policy").count() == 1


def test_the_next_version_replaces_the_one_before():
    decided()
    actions.take_effect(now=NOW + HOUR)
    again = replace(WANTED, high_from=0.9)
    decided(wanted=again)
    actions.take_effect(now=NOW + HOUR)

    assert policies.current() == replace(again, version=2)
    assert list(Policy.objects.filter(replaced_at=None).values_list("version", flat=True)) == [2]


def test_nothing_is_asked_where_nothing_would_change():
    with pytest.raises(Blocked, match="Nothing would change"):
        actions.propose_policy(wanted=policies.Policy(), effect=[], by=UserFactory(), now=NOW)


def test_saving_shows_who_enters_and_who_leaves():
    run = ScoreRunFactory(is_current=True)
    for imis_id, share in (("1", 0.9), ("2", 0.7), ("3", 0.4)):
        RiskScoreFactory(run=run, risk=share, member=MemberFactory(imis_id=imis_id))
    seen = access.members(UserFactory(role="membership"))

    high, medium = policy_page.shown(seen=seen, wanted=WANTED).moves

    assert (high.now, high.then, high.leaving, high.entering) == (2, 1, ["2"], [])
    assert (medium.now, medium.then, medium.entering, medium.leaving) == (1, 1, ["2"], ["3"])


@pytest.mark.row("CHURN-15")
def test_low_risk_gets_the_standard_notice_and_nothing_else():
    assert policies.cadence("lo") == ("notice",)
    assert "message" in policies.cadence("md")
    assert "call" not in policies.cadence("md")
    assert policies.cadence("hi") == ("call", "message", "notice")


def test_bands_of_a_run_are_those_of_its_policy_everywhere():
    run = ScoreRunFactory(is_current=True, medium_from=0.5, high_from=0.8)
    score = RiskScoreFactory(run=run, risk=0.7, member=MemberFactory())
    seen = access.members(UserFactory(role="membership"))

    listed = risk.listed(seen=seen, run=run, filters=risk.Filters(bands=("hi",)))

    assert list(listed) == []
    assert risk.row(score=risk.listed(seen=seen, run=run, filters=risk.Filters())[0], measure="90",
                    with_names=True).band == "md"  # fmt: skip
    assert score.run.bands.high == 80


@pytest.mark.row("CHURN-03")
def test_a_member_crosses_once_and_leaves_well_under_the_line():
    run, member = ScoreRunFactory(is_current=True), MemberFactory()
    score = RiskScoreFactory(run=run, risk=0.61, member=member)

    def after(share):
        type(score).objects.filter(pk=score.pk).update(risk_90=share)
        return actions.cross(run=run, now=NOW)["hi"]

    assert actions.cross(run=run, now=NOW)["hi"] == (1, 0)
    assert after(0.63) == (0, 0)  # still over it: the same crossing
    assert after(0.57) == (0, 0)  # a little under it: noise
    assert after(0.50) == (0, 1)
    assert after(0.57) == (0, 0)  # not over the line yet
    assert after(0.62) == (1, 0)  # a second crossing
    assert Crossing.objects.filter(member=member, band="hi").count() == 2
    assert crossings.standing("hi").get().member_id == member.pk


def test_scores_are_suggested_for_imis_once_in_a_period(run_of_today):
    monday = dt.datetime(2026, 6, 1, 12, tzinfo=dt.UTC)

    assert actions.propose_scores(by=None, now=monday) is not None
    assert actions.propose_scores(by=None, now=monday + dt.timedelta(days=2)) is None
    assert actions.propose_scores(by=None, now=monday + dt.timedelta(days=7)) is not None


@pytest.fixture
def run_of_today():
    TrainedModelFactory(name="churn", version="2026.6.1")
    run = ScoreRunFactory(is_current=True)
    RiskScoreFactory(run=run, risk=0.7)
    return run


@pytest.mark.row("CHURN-15")
def test_who_is_low_by_the_policy_is_neither_drafted_for_nor_called():
    run = ready()
    type(run).objects.filter(pk=run.pk).update(medium_from=0.5, high_from=0.8)
    low, medium = scored(run, risk=0.45, phone="+1 1"), scored(run, risk=0.55, phone="+1 2")

    wanted = {each.imis_id for each in candidates.of_the_night(now=MESSAGES_NOW, today=TODAY)}
    actions.plan_calls(now=MESSAGES_NOW)
    called = set(Call.objects.values_list("member__imis_id", flat=True))

    assert medium.imis_id in wanted
    assert medium.imis_id in called
    assert low.imis_id not in wanted | called
