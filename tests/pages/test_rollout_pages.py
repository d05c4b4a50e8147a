"""Rollout in the browser's terms: the phases, the step by two people, feedback, the blind test, the stop."""

import pytest

from imis_ai.governance import rollout
from imis_ai.governance.models import BlindTest, Feedback, RolloutChange, RolloutStep, Standstill
from imis_ai.governance.rollout import actions, evidence
from imis_ai.rules.tree import ALWAYS
from imis_ai.rules.wire import to_json
from retention.queries import rollout as proof
from tests.factories.accounts import UserFactory
from tests.factories.mirror import NOW, MemberFactory, TierFactory
from tests.factories.retention import RiskScoreFactory
from tests.reading import html_of

PAGE = "/settings/rollout/retention/"


@pytest.fixture
def proven(monkeypatch):
    """All evidence of the area is met."""
    for level in (1, 2):
        for kind in evidence.KINDS:
            measure = lambda area, now: evidence.Measured("Good figures.", is_met=True)  # noqa: E731
            monkeypatch.setitem(evidence._measures, ("retention", level, kind), ("enough", measure))


def reach(level):
    RolloutStep.objects.create(area="retention", level=level, scope=to_json(ALWAYS), since=NOW)


@pytest.mark.row("GOV-02")
def test_a_step_up_goes_from_the_administrator_to_the_owner_of_the_area(as_role, proven):
    tier = TierFactory(code="STU", name="Student")
    admin, owner = as_role("admin"), as_role("membership")

    asked = admin.post(PAGE, {"to_level": "1", "reason": "Ready", "tiers": [tier.code]}, follow=True)
    change = RolloutChange.objects.get()
    own = admin.post(f"{PAGE}decide/", {"change": change.pk, "do": "agree"})
    agreed = owner.post(f"{PAGE}decide/", {"change": change.pk, "do": "agree"}, follow=True)

    assert "Waits for a second person" in html_of(asked)
    assert own.status_code == 403
    assert "You asked for this, so someone else agrees to it." in html_of(own)
    assert "Retention is now in phase 2: assisted." in html_of(agreed)
    assert "For member's tier is Student" in html_of(agreed).replace("&#x27;", "'")
    assert rollout.level(area="retention", scope={"tier": "STU"}, now=NOW) == 1
    assert rollout.level(area="retention", scope={"tier": "FEL"}, now=NOW) == 0


@pytest.mark.row("GOV-02", "GOV-61")
def test_missing_evidence_is_named_on_the_page_and_blocks_the_step(as_role):
    admin = as_role("admin")

    page = html_of(admin.get(PAGE))
    refused = admin.post(PAGE, {"to_level": "1", "reason": "Ready"})

    for said in (
        "Accuracy, not met.",
        "No churn model is live yet.",
        "Agreement of staff, not met.",
        "Nobody has finished the blind test yet.",
        "Complaints, met.",
        "Staff minutes, not met.",
    ):
        assert said in page
    assert refused.status_code == 422
    assert "Evidence missing." in html_of(refused)
    assert not RolloutChange.objects.exists()


@pytest.mark.row("GOV-02")
def test_stepping_back_is_one_click_for_those_who_may(as_role):
    reach(1)

    assert as_role("chapter").post(f"{PAGE}lower/", {"to_level": "0"}).status_code == 403
    done = as_role("finance").post(f"{PAGE}lower/", {"to_level": "0"}, follow=True)

    assert "Retention is back in phase 1: read-only." in html_of(done)
    assert actions.top(area="retention") == 0
    assert "Retention was lowered to phase 1, read-only" in html_of(as_role("membership").get("/retention/"))


def test_the_foot_of_every_page_says_the_phase_and_stops_everything(as_role, run):
    reach(1)
    clerk = as_role("membership")
    page = html_of(clerk.get("/retention/"))
    assert "Phase 2: assisted" in page
    assert "Messages leave after a person approved each" in page
    assert "Approved templates to members of low risk" not in page

    paused = clerk.post("/settings/rollout/pause/", {"next": "/retention/"}, follow=True)

    assert paused.redirect_chain[-1][0] == "/retention/"
    assert "Everything that leaves is paused by Priya Nair" in html_of(paused)
    assert Standstill.objects.get(is_on=True)
    assert "Pause everything that leaves" not in html_of(paused)
    elsewhere = clerk.post("/settings/rollout/pause/", {"next": "https://evil.example/"})
    assert elsewhere["Location"] == "/"


def test_it_goes_on_only_with_a_name_and_a_reason(as_role):
    actions.pause(reason="Odd", by=UserFactory(role="admin"), now=NOW)
    finance = as_role("finance")

    finance.post("/settings/rollout/pause/", {"do": "resume", "reason": ""})
    assert rollout.is_paused()
    finance.post("/settings/rollout/pause/", {"do": "resume", "reason": "Checked the numbers"})

    assert not rollout.is_paused()
    assert as_role("executive").post("/settings/rollout/pause/").status_code == 403


@pytest.mark.row("GOV-59")
def test_answers_of_staff_stand_beside_the_next_step(as_role):
    clerk, admin = as_role("membership"), as_role("admin")
    given = {"right": "2", "true": "3", "useful": "2", "harm": "no", "focus": "wording", "minutes": "25"}

    incomplete = clerk.post(f"{PAGE}feedback/", given | {"focus": ""})
    clerk.post(f"{PAGE}feedback/", given | {"note": "Fewer names, please"})

    assert incomplete.status_code == 422
    assert Feedback.objects.get().minutes == 25
    page = html_of(admin.get(PAGE))
    assert "1 person in this phase" in page
    assert "The wording 1" in page
    assert "“Fewer names, please”" in page
    assert 'value="25"' in html_of(clerk.get(f"{PAGE}feedback/"))
    assert admin.get(f"{PAGE}feedback/").status_code == 403


@pytest.fixture
def scored(run):
    """Thirty members, half above the line of the list."""
    for n in range(30):
        member = MemberFactory(imis_id=str(7_700_500 + n), name=f"Member {n}")
        RiskScoreFactory(run=run, member=member, risk=0.7 if n < 15 else 0.1)


@pytest.mark.row("GOV-61")
def test_the_blind_test_hides_the_score_until_the_end_and_then_compares(scored, as_role):
    clerk = as_role("membership")
    page = f"{PAGE}blind/"
    clerk.post(page)
    test = BlindTest.objects.get()
    assert test.answers.filter(model_says=proof.LIKELY).count() == 10

    for number in range(1, 21):
        shown = html_of(clerk.get(page))
        assert f"{number} of 20" in shown
        assert "of 100" not in shown
        assert test.answers.get(number=number).imis_id not in shown
        assert "Member " in shown
        clerk.post(page, {"number": number, "says": proof.LIKELY})

    result = html_of(clerk.get(page))
    assert "You and the model agree on 10 of 20" in result
    assert "70 of 100 within 90 days" in result
    assert "agree on 10 of 20 members" in html_of(as_role("admin").get(PAGE))


def test_too_few_scored_members_start_no_blind_test(run, as_role):
    response = as_role("membership").post(f"{PAGE}blind/")

    assert response.status_code == 422
    assert "There are 0 members to judge" in html_of(response)


def test_an_unknown_area_is_nothing_here(as_role):
    assert as_role("admin").get("/settings/rollout/elsewhere/").status_code == 404


def test_the_overview_lists_what_each_phase_allows(as_role):
    page = html_of(as_role("admin").get("/settings/rollout/"))

    for action in rollout.ACTIONS.values():
        assert action.says in page
    for name in ("Phase 1: read-only", "Phase 2: assisted", "Phase 3: automatic within limits"):
        assert name in page
