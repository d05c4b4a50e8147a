"""One member's page: what is said of the risk, what happened, two years of behaviour."""

import datetime as dt
import re
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from imis_ai.mirror import timeline
from imis_ai.mirror.models import EnteredChange
from retention.queries import trends
from tests.factories.mirror import (
    ActivityFactory,
    ConsentFactory,
    EventFactory,
    InvoiceFactory,
    MemberFactory,
    PaymentAttemptFactory,
    RegistrationFactory,
    TermFactory,
)
from tests.factories.retention import AS_OF, RiskScoreFactory, UnscoredFactory
from tests.reading import html_of

ADDRESS = "/retention/members/104482/"

pytestmark = pytest.mark.usefixtures("the_day_of_the_pages")


def at(month, day, hour=12):
    return dt.datetime(2026, month, day, hour, tzinfo=dt.UTC)


@pytest.fixture
def dana(run):
    member = MemberFactory(
        imis_id="104482",
        first_name="Dana",
        name="Dana Whitfield",
        email="dana@example.org",
        joined_on=dt.date(2019, 3, 1),
    )
    RiskScoreFactory(
        run=run, member=member, risk=0.66, low_90=0.52, high_90=0.78, renews_on=dt.date(2026, 7, 16)
    )
    return member


def test_the_risk_is_said_in_words_with_its_range_date_and_horizons(dana, as_role):
    text = html_of(as_role("membership").get(ADDRESS))

    for said in (
        "About 2 in 3 likely to lapse by 30 August",
        "Of 100 members like Dana, 66 lapse",
        "range 52 to 78",
        "most around 16 July",
        "8 times in 10 between 9 Jul and 15 Aug",
        "member since March 2019",
        "churn model 2026.6.1",
    ):
        assert said in text
    assert [(s.label, s.score) for s in as_role("finance").get(ADDRESS).context["spans"]] == [
        ("30 days", 26),
        ("60 days", 46),
        ("90 days", 66),
        ("Next renewal", 69),
    ]


def test_in_grace_it_is_said_until_when_a_payment_counts(run, as_role):
    member = MemberFactory(imis_id="1")
    RiskScoreFactory(run=run, member=member, risk=0.001, risk_renewal=0.8, low_renewal=0.7, high_renewal=0.9,
                     renews_on=AS_OF - dt.timedelta(days=10))  # fmt: skip
    client = as_role("membership")

    text = html_of(client.get("/retention/members/1/"))
    listed = client.get("/retention/?view=grace").context["rows"]

    assert "About 4 in 5 likely not to renew" in text
    year = "( 2026)?"  # said only once it is some time ago
    assert re.search(
        f"The term ended on 22 May{year}; a payment until 21 July{year} still counts as renewed.", text
    )
    assert [(row.score, row.low, row.high) for row in listed] == [(80, 70, 90)]


def test_without_a_score_the_page_says_why(run, as_role):
    UnscoredFactory(run=run, member=MemberFactory(imis_id="1"))

    text = as_role("membership").get("/retention/members/1/").content.decode()

    assert "<b>Not scored.</b> Only 2 months of history; scored from 3." in text


@pytest.mark.row("CHURN-50")
def test_what_happened_is_told_newest_first_from_every_table(dana):
    ActivityFactory(member=dana, kind="login", at=at(5, 3))
    ActivityFactory(member=dana, kind="email_sent", at=at(5, 30))
    ActivityFactory(member=dana, kind="golf_day", at=at(5, 2), reference="Autumn cup")
    event = EventFactory(name="Regional meeting", starts_at=at(5, 9))
    RegistrationFactory(member=dana, event=event, registered_at=at(4, 1), attended=False)
    InvoiceFactory(member=dana, kind="dues", paid_on=dt.date(2026, 5, 20), amount=Decimal(620))
    PaymentAttemptFactory(member=dana, at=at(5, 10), succeeded=False, decline_code="insufficient_funds")
    TermFactory(member=dana, start_on=dt.date(2025, 7, 17), end_on=dt.date(2026, 7, 16))

    told = [(entry.words, entry.about) for entry in timeline.latest(member_id=dana.pk, limit=25)]

    assert told == [
        ("Paid an invoice", "dues"),
        ("A card payment failed", "insufficient funds"),
        ("Registered and did not come", "Regional meeting"),
        ("Signed in to the portal", ""),
        ("Golf day", "Autumn cup"),
        ("A membership term began", dana.tier.name),
    ]


def test_only_the_latest_entries_are_read_and_only_the_members_own(dana):
    for day in range(1, 29):
        ActivityFactory(member=dana, at=at(4, day))
    ActivityFactory(at=at(5, 1))

    with CaptureQueriesContext(connection) as queries:
        told = timeline.latest(member_id=dana.pk, limit=25)

    assert len(queries) == 1
    assert [entry.at.day for entry in told] == list(range(28, 3, -1))


def test_contact_is_shown_to_those_who_see_names_only(dana, as_role):
    ConsentFactory(member=dana, channel="email", granted=True)
    ConsentFactory(member=dana, channel="sms", granted=False)

    shown = as_role("membership").get(ADDRESS).context["reach"]
    hidden = as_role("admin").get(ADDRESS).content.decode()

    assert ("E-mail", "dana@example.org") in shown
    assert ("Agreed to", "email") in shown
    assert ("Refused", "sms") in shown
    assert "dana@example.org" not in hidden
    assert "Dana" not in hidden


@pytest.mark.row("CHURN-28")
def test_two_years_of_behaviour_are_drawn_as_they_were_known_then(dana, as_role, settings, tmp_path):
    settings.VAR_DIR = tmp_path
    TermFactory(member=dana, start_on=dt.date(2024, 1, 1), end_on=dt.date(2026, 12, 31))
    for month in range(1, 13):
        ActivityFactory(member=dana, kind="login", at=dt.datetime(2025, month, 15, 12, tzinfo=dt.UTC))
    rose = {"on": dt.date(2025, 9, 10), "kind": "price", "what": "Dues rose", "entered_by": "Priya"}
    EnteredChange.objects.create(**rose, entered_at=at(6, 1))

    page = as_role("membership").get(f"{ADDRESS}trends/")
    fragment = as_role("membership").get(f"{ADDRESS}trends/", headers={"HX-Request": "true"}).content.decode()

    drawn = {
        trend.label: dict(zip(trend.days, trend.values, strict=True)) for trend, _ in page.context["trends"]
    }
    assert drawn["Portal visits"][dt.date(2025, 12, 1)] == 3
    assert drawn["Portal visits"][dt.date(2026, 6, 1)] == 0
    assert drawn["Days since the last visit"][dt.date(2026, 6, 1)] == 168
    assert "Days since the last visit rose from" in fragment
    assert fragment.count("<title>Dues rose</title>") == len(drawn)
    assert "A change on that day may not be the cause." in fragment
    assert "<html" not in fragment
    assert "Dana Whitfield, two years" in page.content.decode()


def test_the_months_of_two_years():
    days = trends.months_back(dt.date(2026, 6, 15))

    assert (len(days), days[0], days[-1]) == (25, dt.date(2024, 7, 1), dt.date(2026, 6, 15))


@pytest.mark.row("GOV-19")
def test_behaviour_and_page_of_another_chapters_member_are_not_there(two_chapters):
    assert two_chapters.client.get("/retention/members/998811/trends/").status_code == 404
    assert two_chapters.client.get("/retention/members/104482/").status_code == 200
