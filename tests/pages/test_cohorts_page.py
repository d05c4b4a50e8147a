"""The cohort forecast: steepest decline first, how right it was, a plan for a group."""

import datetime as dt
from decimal import Decimal

import pytest

from imis_ai.governance.models import AuditEntry
from retention import actions
from retention.models import CohortPlan, Study
from retention.queries import cohorts
from tests.factories.mirror import ChapterFactory, MemberFactory, TermFactory, TierFactory
from tests.factories.retention import AS_OF
from tests.reading import html_of

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("the_day_of_the_pages")]


@pytest.fixture
def terms():
    """Texas loses more and more, Gulf does not; Utah has too few. Next terms end in August 2026."""
    tier = TierFactory(code="PRO", name="Professional")
    for name, number, lapsed in (("Texas", 30, 9), ("Gulf", 30, 1), ("Utah", 4, 0)):
        chapter = ChapterFactory(name=name)
        for each in range(number):
            member = MemberFactory(chapter=chapter, tier=tier, joined_on=dt.date(2023, 8, 10))
            years = [2023, 2024] if each < lapsed else [2023, 2024, 2025]
            for year in years:
                TermFactory(
                    member=member, start_on=dt.date(year, 8, 10), end_on=dt.date(year + 1, 8, 9),
                    price=Decimal("620.00"),
                )  # fmt: skip
    actions.study_cohorts(as_of=AS_OF, now=dt.datetime.combine(AS_OF, dt.time(6), tzinfo=dt.UTC))


@pytest.mark.row("CHURN-22")
def test_the_steepest_decline_stands_first_with_range_money_and_past_error(terms, as_role):
    page = html_of(as_role("executive").get("/retention/cohorts/?by=chapter"))
    rows = cohorts.rows(cohorts.newest(), by="chapter", sort="change")

    assert [row.cohort for row in rows] == ["Gulf", "Texas"]
    assert rows[1].expected < rows[0].expected
    assert all(row.low < row.expected < row.high for row in rows)
    assert rows[1].dues == Decimal("13020.00")
    assert "$13,020" in page
    assert "Q3 2026" in page
    assert "Utah" not in page
    assert "hidden: 1 of them" in page
    assert "cohorts came out inside" in page
    assert 'class="plot heat"' in page
    assert "Joined 2023, after 24 months: 54 of 64 renewed" in page


def test_hours_and_money_are_planned_by_row_and_logged(terms, as_role):
    client = as_role("membership")
    plan = {"by": "chapter", "cohort": "Texas", "quarter": "2026-Q3", "hours": "12.5", "money": "300"}

    client.post("/retention/cohorts/plan/", plan)
    client.post("/retention/cohorts/plan/", plan | {"cohort": "Utah"})

    assert list(CohortPlan.objects.values_list("cohort", "hours", "money")) == [
        ("Texas", Decimal("12.5"), Decimal("300.00"))
    ]
    assert AuditEntry.objects.filter(action="cohort.planned").count() == 1
    assert "Planned so far: 12.5 hours, $300.00." in html_of(client.get("/retention/cohorts/?by=chapter"))
    assert as_role("chapter").post("/retention/cohorts/plan/", plan).status_code == 403
    lines = b"".join(client.get("/retention/cohorts/export.csv?by=chapter").streaming_content).decode()
    assert [line.split(",")[0] for line in lines.splitlines()[1:]] == ["Gulf", "Texas"]


def test_without_a_forecast_the_page_says_when_it_comes(as_role):
    page = html_of(as_role("membership").get("/retention/cohorts/"))

    assert "No forecast yet." in page
    assert Study.objects.count() == 0
