"""Which version is live: decided by two people of two sides, after a hold, with a way back."""

import datetime as dt

import pytest

from imis_ai.governance import proposals
from imis_ai.governance.models import AuditDetail, AuditEntry
from imis_ai.governance.refusals import Blocked, NotAllowed
from imis_ai.jobs.models import JobRun
from imis_ai.mirror.models import EnteredChange
from imis_ai.registry import actions, queries
from imis_ai.registry.actions import candidates
from imis_ai.registry.models import Finding, Switch
from retention.models import ScoreRun
from tests.factories.accounts import UserFactory
from tests.factories.registry import NOW, checked, live, trained
from tests.factories.retention import RiskScoreFactory, ScoreRunFactory

HOUR = dt.timedelta(hours=1)
pytestmark = pytest.mark.django_db


@pytest.fixture
def marta():
    return UserFactory(role="admin")


@pytest.fixture
def priya():
    return UserFactory(role="membership")


@pytest.fixture
def old():
    return live(loss=0.40)


@pytest.fixture
def better(old):
    return trained(loss=0.36, now=NOW + HOUR)


def approve(made, by, now=NOW + 2 * HOUR):
    return proposals.approve(
        proposal=made, as_seen=proposals.seen(proposal=made), by=by, now=now, note="Looked at it"
    )


def state(model) -> str:
    model.refresh_from_db()
    return model.state


@pytest.mark.row("GOV-27")
def test_two_people_of_two_sides_make_a_better_candidate_live_after_the_hold(old, better, marta, priya):
    made = actions.propose(model=better, by=marta, now=NOW + HOUR)

    with pytest.raises(NotAllowed, match="someone else approves"):
        approve(made, marta)
    with pytest.raises(NotAllowed, match="same side"):
        approve(made, UserFactory(role="admin"))
    approve(made, priya)
    assert actions.take_effect(now=NOW + 2 * HOUR) == []
    assert state(better) == "candidate"

    actions.take_effect(now=NOW + 4 * HOUR)
    actions.take_effect(now=NOW + 5 * HOUR)

    assert (state(better), state(old)) == ("live", "retired")
    switch = Switch.objects.get(proposal=made.pk)
    assert (switch.before, switch.by, switch.digest) == (old.version, f"{marta} and {priya}", better.digest)
    entry = AuditEntry.objects.get(action="model.promoted", object_id=str(better))
    assert better.digest in AuditDetail.objects.get(entry=entry).detail


def test_what_a_machine_suggests_needs_one_of_each_side(old, better, marta, priya):
    made = actions.propose(model=better, by=None, now=NOW + HOUR)

    approve(made, priya)
    with pytest.raises(NotAllowed, match="same side"):
        approve(made, UserFactory(role="finance"))
    made.refresh_from_db()
    approve(made, marta)

    made.refresh_from_db()
    assert made.state == "approved"


@pytest.mark.row("GOV-27")
@pytest.mark.parametrize("loss", [0.41, None])
def test_a_candidate_that_is_not_better_is_refused_by_the_server(old, marta, loss):
    worse = trained(loss=loss, now=NOW + HOUR)

    with pytest.raises(Blocked, match="stays"):
        actions.propose(model=worse, by=marta, now=NOW + HOUR)

    assert not proposals.of_kind(kind="models.live").exists()


def test_a_file_whose_seal_is_broken_is_never_put_live(old, better, marta):
    better.artefact = bytes(better.artefact) + b"x"
    better.save()

    with pytest.raises(Blocked, match="seal"):
        actions.propose(model=better, by=marta, now=NOW + HOUR)


def test_a_decision_that_another_one_overtook_is_refused_and_kept(old, better, marta, priya):
    made = actions.propose(model=better, by=marta, now=NOW + HOUR)
    approve(made, priya)
    third = trained(loss=0.30, now=NOW + 2 * HOUR)
    actions.promote(model=third, by="two others", now=NOW + 2 * HOUR)

    assert actions.take_effect(now=NOW + 4 * HOUR) == []

    assert "went live meanwhile" in Switch.objects.get(proposal=made.pk).refused
    assert (state(third), state(better)) == ("live", "candidate")


@pytest.mark.row("GOV-22")
def test_going_back_brings_the_old_version_and_its_scores_back_live(old, better, marta, priya):
    yesterday = ScoreRunFactory(as_of=NOW.date(), model_version=old.version)
    kept = RiskScoreFactory(run=yesterday, risk=0.41)
    actions.promote(model=better, by="two", now=NOW + HOUR)
    newer = ScoreRunFactory(as_of=NOW.date(), model_version=better.version, is_current=True)
    RiskScoreFactory(run=newer, member=kept.member, risk=0.77)
    checked(old, NOW.date(), effect={"as_of": "2026-06-01", "members": 1, "changed": 1, "moves": []})
    made = actions.propose(model=old, by=priya, now=NOW + HOUR)

    approve(made, marta)
    actions.take_effect(now=NOW + 4 * HOUR)

    assert queries.live("churn").version == old.version
    assert ScoreRun.objects.get(is_current=True).pk == yesterday.pk
    assert kept.run.riskscore_set.get().risk_90 == 0.41
    assert newer.riskscore_set.get().risk_90 == 0.77  # old scores stay with their version
    assert AuditEntry.objects.filter(action="model.rolled_back").exists()


def test_without_scores_of_the_version_members_are_scored_anew(old, better):
    actions.promote(model=better, by="two", now=NOW + HOUR)
    ScoreRunFactory(as_of=NOW.date(), model_version=better.version, is_current=True)
    from imis_ai.registry import cards

    cards.find("churn").went_live(old, NOW + HOUR)

    assert JobRun.objects.filter(name="retention.score").count() == 1


class TestTriggers:
    """Each starts a candidate; none does where nothing happened (GOV-27)."""

    @staticmethod
    def why(now=NOW + dt.timedelta(days=10)):
        return candidates.reason(name="churn", today=now.date(), now=now)

    @pytest.mark.row("GOV-27")
    def test_nothing_happened(self, old):
        assert self.why() == ""

    def test_no_model_yet(self):
        assert self.why() == candidates.FIRST

    @pytest.mark.row("GOV-27")
    def test_the_calendar(self, old):
        assert "last 90 days" in self.why(NOW + dt.timedelta(days=90))

    @pytest.mark.row("GOV-27")
    def test_a_change_of_the_programme_that_staff_marked(self, old):
        entered = {"on": NOW.date(), "kind": "price", "entered_by": "Priya"}
        EnteredChange.objects.create(what="New portal", entered_at=NOW + HOUR, **entered)
        assert self.why() == ""
        EnteredChange.objects.create(what="Dues rose", entered_at=NOW + HOUR, retrains=True, **entered)

        assert self.why() == "The programme changed: Dues rose"

    @pytest.mark.row("GOV-27")
    def test_a_shift_that_nobody_left_as_it_is(self, old):
        found = Finding.objects.create(
            name="churn", version=old.version, kind="shift", about="portal.logins_90",
            sentence="Logins moved.", found_at=NOW + HOUR, seen_at=NOW + HOUR,
        )  # fmt: skip
        assert self.why() == "Logins moved."

        Finding.objects.filter(pk=found.pk).update(accepted_at=NOW, accepted_by="Marta", reason="Portal move")
        assert self.why() == ""

    def test_a_candidate_of_this_week_is_enough(self, old):
        trained(now=NOW + dt.timedelta(days=8))
        EnteredChange.objects.create(
            on=NOW.date(), kind="price", what="Dues rose", entered_by="Priya", retrains=True,
            entered_at=NOW + dt.timedelta(days=9),
        )  # fmt: skip

        assert self.why() == ""

    @pytest.mark.row("GOV-27")
    def test_enough_new_outcomes(self, old, monkeypatch):
        from dataclasses import replace

        from imis_ai.registry import cards

        for new, expected in ((899, ""), (900, "900 outcomes became certain since, 9,000 were known before")):
            card = replace(cards.find("churn"), labels=lambda after, until, new=new: new)
            monkeypatch.setitem(cards.CARDS, "churn", card)
            assert self.why() == expected


def test_the_proposal_says_how_many_members_would_change_band(old, better, marta):
    checked(better, NOW.date(), effect={"as_of": "2026-06-01", "members": 900, "changed": 41, "moves": []})

    made = actions.propose(model=better, by=marta, now=NOW + HOUR)

    assert made.made_from["effect"]["changed"] == 41
