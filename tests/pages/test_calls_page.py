"""Pages of calls, case and policy: what stands on them, one key an outcome, who sees what."""

import datetime as dt

import pytest
from django.utils import timezone

from imis_ai.registry.models import TrainedModel
from retention.models import Call
from tests.factories.accounts import UserFactory
from tests.factories.mirror import (
    ActivityFactory,
    ConsentFactory,
    EventFactory,
    InvoiceFactory,
    RegistrationFactory,
    TermFactory,
)
from tests.factories.registry import TrainedModelFactory
from tests.factories.retention import CallFactory, RiskScoreFactory
from tests.reading import html_of

NOW = timezone.now()
KEYS = {"reached": 1, "voicemail": 2, "wrong number": 3, "will renew": 4, "will not": 5, "ask again": 6}


@pytest.fixture
def listed(two_chapters):
    """Dana and the stranger on the list of this week."""
    period = NOW.date() - dt.timedelta(days=NOW.date().weekday())
    two_chapters.dana.phone = "+1 312 555 0142"
    two_chapters.dana.save()
    mine = CallFactory(
        member=two_chapters.dana, period=period, contacts=[{"text": "Wrote to us", "on": "2026-05-01"}]
    )
    CallFactory(member=two_chapters.other, period=period, place=2, points=[], best_hour="")
    return mine


@pytest.mark.row("CHURN-27", "CHURN-37")
def test_the_card_has_all_that_a_caller_needs_and_each_outcome_its_key(listed, as_role):
    client = as_role("membership")
    page = html_of(client.get("/retention/calls/"))

    assert "<b>0 of 2</b> done this week" in page
    for said in (
        "+1 312 555 0142", "No portal visit for 92 days", "Came to Spring meeting",
        "event registrations, 2 Apr",
        "Wrote to us", "10:00 to 12:00, from 7 of 9", "Estimate: risk x value", "Do not speak of the risk",
    ):  # fmt: skip
        assert said in page
    for outcome, key in KEYS.items():
        assert f'name="outcome" value="{outcome}" data-key="{key}"' in page
    for key in ("h", "r", "c"):
        assert f'data-key="{key}"' in page
    assert "The best hour is not known" in html_of(client.get("/retention/calls/?panel=998811"))
    assert client.get("/retention/calls/?panel=nobody").status_code == 404
    export = b"".join(client.get("/retention/calls/export.csv")).decode()
    assert export.count("\n") == 3
    assert "104482" in export


@pytest.mark.row("CHURN-45")
def test_an_outcome_brings_the_next_card_and_can_be_undone(listed, as_role):
    client = as_role("membership")
    done = client.post(
        f"/retention/calls/{listed.pk}/outcome/", {"outcome": "will renew", "minutes": "4"}, follow=True
    )
    page = html_of(done)

    listed.refresh_from_db()
    assert (listed.state, listed.outcome, listed.minutes) == ("done", "will renew", 4)
    assert "<b>1 of 2</b> done" in page
    assert 'data-member="998811"' in page  # the next card
    assert 'data-key="z"' in page
    again = client.post(f"/retention/calls/{listed.pk}/outcome/", {"outcome": "reached"})
    assert again.status_code == 409
    client.post(f"/retention/calls/{listed.pk}/undo/")
    assert Call.objects.get(pk=listed.pk).state == "open"
    nothing = client.post(f"/retention/calls/{listed.pk}/skip/", {})
    assert nothing.status_code == 422
    assert "It needs a reason" in html_of(nothing)
    client.post(f"/retention/calls/{listed.pk}/later/", {"until": "week", "reason": "away"})
    assert Call.objects.get(pk=listed.pk).later_until == timezone.localdate() + dt.timedelta(days=7)
    helper = UserFactory(role="membership")
    client.post("/retention/calls/assign/", {"pick": [listed.pk], "to": helper.pk})
    assert Call.objects.get(pk=listed.pk).owner == helper


def test_a_chapter_manager_neither_sees_nor_decides_for_another_chapter(listed, two_chapters):
    client = two_chapters.client
    other = Call.objects.get(member__imis_id="998811")

    assert "998811" not in html_of(client.get("/retention/calls/"))
    assert client.post(f"/retention/calls/{other.pk}/outcome/", {"outcome": "reached"}).status_code == 404
    assert "104482" in html_of(client.get("/retention/calls/"))


def test_the_page_asks_as_much_for_three_calls_as_for_one(run, as_role):
    client, period = as_role("membership"), NOW.date() - dt.timedelta(days=NOW.date().weekday())
    CallFactory(member=RiskScoreFactory(run=run).member, period=period)
    client.get("/retention/calls/")
    one = _queries(client)
    for place in (2, 3):
        CallFactory(member=RiskScoreFactory(run=run).member, period=period, place=place)

    assert _queries(client) == one


def _queries(client):
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    with CaptureQueriesContext(connection) as caught:
        client.get("/retention/calls/")
    return len(caught)


@pytest.mark.row("CHURN-23")
def test_the_case_shows_all_eight_facts_what_changed_and_what_would_keep_the_member(two_chapters, as_role):
    dana, ago = two_chapters.dana, lambda days: NOW - dt.timedelta(days=days)
    ActivityFactory(member=dana, kind="login", at=ago(92))
    ActivityFactory(member=dana, kind="community_post", at=ago(30))
    ActivityFactory(member=dana, kind="case_opened", reference="Invoice wrong", at=ago(3))
    ActivityFactory(member=dana, kind="unsubscribe", at=ago(12))
    ConsentFactory(member=dana, channel="sms", granted=False)
    event = EventFactory(starts_at=ago(60))
    RegistrationFactory(member=dana, event=event, attended=True)
    InvoiceFactory(member=dana, due_on=ago(300).date(), paid_on=ago(290).date())
    TermFactory(member=dana, start_on=ago(100).date(), end_on=ago(-265).date())

    page = html_of(as_role("membership").get("/retention/members/104482/"))

    labels = (
        "Last login",
        "RSVPs",
        "Posts",
        "Tenure",
        "Tier",
        "Open tickets",
        "Unsubscribes",
        "Past payments",
    )
    assert all(f"<dt>{label}</dt>" in page for label in labels)
    for said in (
        "92 days ago",
        "Came to 1 of 1",
        "1 in a year",
        "Invoice wrong",
        "Refused: sms",
        "0 of 1 on time",
    ):
        assert said in page
    assert "Since last week" in page
    assert "Opened a case" in page
    assert "Show the benefits in the portal" in page
    assert "association only" in page


@pytest.mark.row("CHURN-08")
def test_the_policy_page_shows_each_line_on_the_own_past_and_who_would_move(two_chapters, as_role):
    TrainedModelFactory(
        name="churn", version="2026.6.1", state=TrainedModel.State.LIVE,
        reading={"by_score": {
            "members": [10] * 101, "lapsed": [at // 20 for at in range(101)], "weeks": 20.0,
            "first": "2026-01-01", "last": "2026-05-20",
        }},
    )  # fmt: skip
    client = as_role("membership")
    page = html_of(client.get("/retention/policy/?preset=over-85"))

    assert "With high from 60: 20.5 calls a week would have reached" in page  # 41 scores x 10 / 20 weeks
    assert "1,010 memberships ended between" in page
    assert "Ask a second person to agree" in page
    assert "<b>2 members</b> leave" in page
    asked = {
        "mode": "cut", "high_from": 85, "medium_from": 30, "top_share": 10, "calls_a_week": 12,
        "hysteresis": 5, "publish_every": "week",
    }  # fmt: skip
    made = client.post("/retention/policy/ask/", asked)
    assert made.status_code == 302
    decision = html_of(client.get(made.url))
    assert "<del>60 of 100</del>" in decision
    assert "<ins>85 of 100</ins>" in decision
    wrong = client.post("/retention/policy/ask/", asked | {"medium_from": 90})
    assert wrong.status_code == 422
    assert as_role("admin").post("/retention/policy/ask/", asked).status_code == 403
    assert len(b"".join(client.get("/retention/policy/lines.csv")).splitlines()) == 101
