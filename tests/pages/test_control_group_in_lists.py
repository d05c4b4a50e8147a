"""The control group in the list of members at risk: next step, filter, panel, export; lots by its bands."""

import csv
import io

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from imis_ai.governance.experiments import audience, plan
from imis_ai.governance.models import Experiment
from retention.queries import comparing
from tests.factories.experiments import planned, renewing, running
from tests.factories.governance import ProposalFactory
from tests.factories.messages import NOW, ContactFactory
from tests.factories.retention import RiskScoreFactory
from tests.reading import html_of

pytestmark = pytest.mark.django_db
SAID = "Dana is in the control group until 30 September, so we leave her alone."


@pytest.fixture
def compared(run):
    """Twenty members at risk, half of them left alone."""
    for member in renewing(20, gender="F"):
        RiskScoreFactory(run=run, member=member)
    made = running()
    rows = made.assignments.order_by("imis_id").values_list("imis_id", "arm__is_control")
    return [[imis_id for imis_id, held in rows if held is wanted] for wanted in (True, False)]


@pytest.mark.row("GOV-24")
def test_members_left_alone_are_marked_in_the_list_and_its_panel(compared, as_role, the_day_of_the_pages):
    held, free = compared
    ContactFactory(imis_id=free[0], sent_at=NOW.replace(month=5, day=22))
    ProposalFactory(imis_id=free[1], kind="retention.message")
    client = as_role("membership")

    page = html_of(client.get("/retention/"))
    panel = html_of(client.get(f"/retention/?panel={held[0]}"))
    other = html_of(client.get(f"/retention/?panel={free[0]}"))

    assert page.count(f'<span title="{SAID}"><span class="badge ">Control group</span>') == len(held)
    assert page.count("Sent 22 May") == 1
    assert page.count("Draft ready") == 1
    assert f"<b>{SAID}</b>" in panel
    assert f"<b>{SAID}</b>" not in other


@pytest.mark.row("GOV-24")
def test_the_list_is_narrowed_to_the_control_group_or_without_it_and_follows_a_stop(compared, as_role):
    held, free = compared
    client = as_role("membership")

    def shown(query):
        page = html_of(client.get(f"/retention/?{query}"))
        return {imis_id for imis_id in held + free if f'data-row="{imis_id}"' in page}, page

    inside, page = shown("control=in")
    assert inside == set(held)
    assert "10 members" in page or "of 10" in page
    assert shown("control=out")[0] == set(free)
    assert shown("control=sideways")[0] == set(held + free)
    Experiment.objects.update(state="stopped", ended_at=NOW)
    assert shown("control=in")[0] == set()


@pytest.mark.row("GOV-24")
def test_an_export_says_who_is_left_alone(compared, as_role):
    held, free = compared

    answer = as_role("membership").get("/retention/export.csv")

    text = b"".join(answer.streaming_content).decode("utf-8-sig")
    steps = {row["imis_id"]: row["next_step"] for row in csv.DictReader(io.StringIO(text))}
    assert steps == dict.fromkeys(held, "Control group") | dict.fromkeys(free, "")


def test_the_next_step_asks_for_nothing_more(run, as_role, django_assert_num_queries):
    for member in renewing(20):
        RiskScoreFactory(run=run, member=member)
    client = as_role("membership")

    with CaptureQueriesContext(connection) as before:
        client.get("/retention/?sort=name")
    running()
    with CaptureQueriesContext(connection) as after:
        client.get("/retention/?sort=-name")

    assert len(after) <= len(before) <= 12


@pytest.mark.row("GOV-24", "CHURN-34")
def test_lots_are_drawn_within_tier_and_band_among_members_at_risk(run):
    for risk, number in ((0.7, 24), (0.4, 22), (0.1, 30)):
        for member in renewing(number):
            RiskScoreFactory(run=run, member=member, risk=risk)

    made = running(audience=comparing.AT_RISK)

    sizes = dict.fromkeys(made.assignments.values_list("stratum", flat=True))
    assert sorted(sizes) == ["PRO, high risk", "PRO, medium risk"]
    for stratum, number in (("PRO, high risk", 24), ("PRO, medium risk", 22)):
        rows = made.assignments.filter(stratum=stratum)
        assert (rows.count(), rows.filter(arm__is_control=True).count()) == (number, number // 2)
    assert made.planned_rate == pytest.approx(1 - (24 * 0.735 + 22 * 0.42) / 46)
    assert comparing.AT_RISK not in dict(audience.choices("segments"))


def test_a_group_of_another_area_is_refused():
    with pytest.raises(plan.Blocked, match="belongs to another area"):
        planned(area="renewals", audience=comparing.AT_RISK)
