"""Promises kept: said beside happened, ranges by tier, days of warning, and a banner where ranges slip."""

import datetime as dt
from io import StringIO

import pytest
from django.core.management import call_command

from imis_ai.registry.models import ModelCheck
from retention import actions
from retention.models import Study
from retention.queries import scorecard
from tests.factories.mirror import MemberFactory
from tests.factories.registry import models_page
from tests.factories.retention import AS_OF, LapseReasonFactory, RiskScoreFactory, ScoreRunFactory
from tests.reading import html_of

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("the_day_of_the_pages")]
NOW = dt.datetime.combine(AS_OF, dt.time(6), tzinfo=dt.UTC)
LAPSED = AS_OF - dt.timedelta(days=70)
READING = {
    "source": "scores",
    "tens": [
        {"low": 0, "high": 10, "members": 900, "said": 0.05, "happened": 40},
        {"low": 20, "high": 30, "members": 312, "said": 0.25, "happened": 81},
    ],
    "groups": [
        {"by": "Tier", "group": name, "members": 606, "happened": 60, "said": 0.1, "chosen": 9, "missed": 9,
         "alarms": 9, "ranges": 30, "held": held}
        for name, held in (("Associate", 25), ("Fellow", 12))
    ],
    "months": [{"month": "2026-02", "members": 1000, "groups": 20, "inside": 17}],
}  # fmt: skip


@pytest.fixture
def lapsers(run):
    """Twelve lapsers: eight flagged 90 days ahead, two 20, two never; what is computed later is no flag."""
    early, late = (ScoreRunFactory(as_of=LAPSED - dt.timedelta(days=days)) for days in (90, 20))
    afterwards = ScoreRunFactory(as_of=LAPSED - dt.timedelta(days=200), is_backfill=True)
    for number in range(12):
        member = MemberFactory()
        LapseReasonFactory(member=member, lapsed_on=LAPSED)
        RiskScoreFactory(run=early, member=member, risk=0.7 if number < 8 else 0.1)
        RiskScoreFactory(run=late, member=member, risk=0.7 if number < 10 else 0.1)
        RiskScoreFactory(run=afterwards, member=member, risk=0.9)


@pytest.fixture
def kept(lapsers):
    models_page()
    ModelCheck.objects.update(reading=READING)
    actions.keep_score(as_of=AS_OF, now=NOW)


@pytest.mark.row("U7", "CHURN-51")
def test_the_page_says_what_was_promised_and_what_came(kept, as_role):
    page = html_of(as_role("executive").get("/retention/promises/"))

    assert "Of 312 members we gave 20 to 30 of 100, 26 of 100 lapsed (range 23 to 29)." in page
    assert "25 of 30, 73 to 90" in page
    assert "Of 12 lapses, 10 were flagged beforehand (83 of 100): half of those 90 days ahead or more" in page
    assert "Ranges for tier Fellow held 40 times in 100; 80 are meant to (12 of 30)." in page


@pytest.mark.row("U7")
def test_a_slip_stands_on_the_list_until_the_next_night_finds_none(kept, as_role):
    client = as_role("membership")
    assert "Ranges for tier Fellow held 40 times in 100" in html_of(client.get("/retention/"))

    body = scorecard.newest().body | {"slips": []}
    Study.objects.create(name="promises", as_of=AS_OF + dt.timedelta(days=1), made_at=NOW, body=body)

    assert "Ranges for tier Fellow" not in html_of(client.get("/retention/"))


def test_the_card_for_the_documentation_comes_from_the_registry(kept):
    out = StringIO()

    call_command("model_card", "churn", stdout=out)

    card = out.getvalue()
    assert "# Lapse: model 2026.6.1" in card
    assert "| 20 to 30 | 312 | 25 | 26 | 23 to 29 |" in card
    assert "| Fellow | 606 | 10 | 10 | 8 to 12 | 12 of 30 |" in card
