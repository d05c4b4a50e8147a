"""What changed: figures with their breaks, marked where the programme changed."""

import datetime as dt

import pytest

from retention.models import Study
from tests.factories.mirror import ProgrammeChangeFactory
from tests.factories.retention import AS_OF
from tests.reading import html_of

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("the_day_of_the_pages")]
MONTHS = [f"{2024 + n // 12}-{n % 12 + 1:02}-01" for n in range(28)]


@pytest.fixture
def kept():
    ProgrammeChangeFactory(on=dt.date(2025, 5, 26), what="Dues rose in all tiers")
    step = {"before": 88.0, "size": -11.2, "low": -14.6, "high": -7.8, "month": "2025-06-01"}
    figures = [
        {
            "key": "renewed", "months": MONTHS, "values": [88.0] * 17 + [76.8] * 11,
            "found": [step | {"luck": 0.002, "near": "Dues rose in all tiers"}],
            "dated": [step | {"luck": None, "what": "Dues rose in all tiers", "on": "2025-05-26"}],
        },
        {"key": "visits", "months": MONTHS, "values": [1.6] * 28, "found": [], "dated": []},
    ]  # fmt: skip
    body = {"figures": figures, "changes": [["2025-05-26", "Dues rose in all tiers"]]}
    Study.objects.create(
        name="breaks", as_of=AS_OF, made_at=dt.datetime(2026, 6, 1, 6, tzinfo=dt.UTC), body=body
    )


@pytest.mark.row("CHURN-38")
def test_a_break_is_said_with_size_range_and_what_was_near_it(kept, as_role):
    client = as_role("executive")

    page = html_of(client.get("/retention/changes/"))

    assert "Fell by 11.2 in June 2025 (range 7.8 to 14.6). Near it: Dues rose in all tiers." in page
    assert "It may not be the cause." in page
    assert "No break that luck, season and a steady trend do not explain." in page
    assert page.count('<line class="mark"') == 2
    lines = b"".join(client.get("/retention/changes/export.csv").streaming_content).decode().splitlines()
    assert [line.split(",")[3] for line in lines[1:]] == ["found", "dated"]


def test_before_the_first_night_the_page_says_when_it_comes(as_role):
    assert "No figures yet." in html_of(as_role("membership").get("/retention/changes/"))
