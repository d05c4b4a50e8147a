"""The review queue as people work through it, and what the churn model is not sure of."""

import datetime as dt

import pytest
from django.utils import timezone

from imis_ai.governance.models import Correction, ReviewItem
from imis_ai.governance.reviewing import fill
from retention.queries import unsure
from tests.factories.accounts import UserFactory
from tests.factories.governance import ReviewItemFactory
from tests.factories.mirror import ActivityFactory, MemberFactory, TermFactory
from tests.factories.retention import AS_OF, RiskScoreFactory
from tests.reading import html_of

LINE_HELD = {"risk": 0.31, "low_90": 0.18, "high_90": 0.47}
ENDED = AS_OF - dt.timedelta(days=200)

pytestmark = pytest.mark.usefixtures("the_day_of_the_pages")


@pytest.fixture
def unsure_ones(run):
    """Two scores whose range holds the line, one above it; and two terms that ended half a year ago."""
    for number, fields in (("201", LINE_HELD), ("202", LINE_HELD | {"high_90": 0.6}), ("203", {"risk": 0.8})):
        RiskScoreFactory(run=run, member=MemberFactory(imis_id=number), **fields)
    silent, busy = MemberFactory(imis_id="301", joined_on=ENDED), MemberFactory(imis_id="302")
    for member in (silent, busy):
        TermFactory(member=member, start_on=ENDED - dt.timedelta(days=364), end_on=ENDED)
    TermFactory(member=busy, start_on=ENDED + dt.timedelta(days=1), end_on=ENDED + dt.timedelta(days=365))
    for days in range(5):
        ActivityFactory(member=busy, kind="download", at=moment(ENDED - dt.timedelta(days=86 + days)))
    ActivityFactory(member=silent, kind="login", at=moment(ENDED + dt.timedelta(days=100)))


def moment(day):
    return dt.datetime.combine(day, dt.time(12), tzinfo=dt.UTC)


@pytest.mark.row("GOV-29")
def test_the_model_is_not_sure_where_its_range_holds_the_line_and_known_cases_are_of_the_past(unsure_ones):
    now = moment(AS_OF)

    cases = unsure.unsure(now)
    known = unsure.known(6, now)

    assert [case.imis_id for case in cases] == ["202", "201"]  # the wider first
    assert cases[1].why == "Its range, 18 to 47 of 100, holds the line of the list, 30."
    assert {(case.imis_id, case.known_answer) for case in known} == {("301", "likely"), ("302", "unlikely")}
    days = {(ENDED - case.as_of).days for case in known}
    assert (min(days) >= 14, max(days) <= 84) == (True, True)
    priya, seen = UserFactory(role="membership"), {case.imis_id: case.as_of for case in known}
    facts = unsure.facts(priya, "301", seen["301"])
    assert ("Term ends in", f"{(ENDED - seen['301']).days} days") in facts
    assert not any("portal" in value for _, value in facts)  # what came afterwards is not shown
    assert not any(str(ENDED.year) in value for _, value in facts)  # nor which day it was
    assert "Downloaded" in dict(unsure.facts(priya, "302", seen["302"])).values()


@pytest.mark.row("GOV-29")
def test_keys_judge_and_only_then_the_model_is_shown_and_the_next_comes(unsure_ones, signed_in):
    fill.fill_all(now=timezone.now())
    priya = UserFactory(role="membership", first_name="Priya", last_name="Nair")
    client = signed_in(priya)
    assert "Risks to judge" in html_of(client.get("/"))
    assert client.get("/review/")["Location"] == "/review/risk/"
    client.post("/review/risk/take/")
    page = client.get("/review/risk/")
    first, text = page.context["current"], page.content.decode()
    assert [f'data-key="{key}"' in text for key in (1, 2, 3)] == [True] * 3
    assert "Priya Nair" in text  # whose they are
    assert (first.shown in text, first.model_says in (first.says,)) == (False, False)
    opened = page.context["opened"]

    answer = client.post(
        "/review/risk/", {"item": first.pk, "says": "unlikely", "opened": opened}, follow=True
    )

    assert f"You: likely to stay. The model: likely to lapse, {first.shown}." in html_of(answer)
    assert "You and the model agree on 0 of 1 case" in html_of(answer)
    first.refresh_from_db()
    assert (first.said_by, first.opened_at is not None) == (priya, True)
    assert Correction.objects.get().imis_id == first.imis_id
    again = client.post("/review/risk/", {"item": first.pk, "says": "likely"})
    assert (again.status_code, "judged this already" in again.content.decode()) == (409, True)
    assert client.post("/review/risk/", {"item": 0, "says": "likely"}).status_code == 409


def test_a_chapter_manager_judges_own_members_and_an_executive_nobody(two_chapters, as_role):
    ReviewItemFactory(imis_id="998811")
    ours = ReviewItemFactory(imis_id="104482")

    page = two_chapters.client.get("/review/risk/")

    assert [row.pk for row in page.context["rows"]] == [ours.pk]
    other = ReviewItem.objects.exclude(pk=ours.pk).get()
    assert two_chapters.client.post("/review/risk/", {"item": other.pk, "says": "likely"}).status_code == 409
    assert as_role("executive").get("/review/risk/").status_code == 403
    assert as_role("membership").get("/review/nowhere/").status_code == 404
