"""Why members left: drivers of a quarter, the lapses behind them, a person's own word."""

import datetime as dt

import pytest

from imis_ai.governance.models import AuditEntry
from retention.models import LapseReason
from tests.factories.mirror import ChapterFactory, MemberFactory
from tests.factories.retention import LapseReasonFactory
from tests.reading import html_of

QUARTER = "?quarter=2026-Q1"
IN_Q4, IN_Q1 = dt.date(2025, 11, 20), dt.date(2026, 2, 10)

pytestmark = pytest.mark.usefixtures("the_day_of_the_pages")


@pytest.fixture
def left(two_chapters):
    """Twenty who left in one quarter, twelve in the one before; Dana's is first."""
    dana = LapseReasonFactory(member=two_chapters.dana, lapsed_on=IN_Q1, confidence=0.93)
    LapseReasonFactory(member=two_chapters.other, reason="price", lapsed_on=IN_Q1)
    for reason, number, day in (
        ("unused", 11, IN_Q1),
        ("job", 6, IN_Q1),
        ("died", 1, IN_Q1),
        ("unused", 2, IN_Q4),
        ("job", 10, IN_Q4),
    ):
        for _ in range(number):
            LapseReasonFactory(member=MemberFactory(chapter=two_chapters.texas), reason=reason, lapsed_on=day)
    return dana


@pytest.mark.row("CHURN-18", "U14")
def test_the_product_team_sees_drivers_beside_the_quarter_before(left, as_role):
    page = html_of(as_role("executive").get(f"/retention/lapses/{QUARTER}"))

    assert "<b>20</b> members left in Q1 2026, 12 in Q4 2025" in page
    assert "Stopped using the portal and its benefits" in page
    assert "More frequent than in the quarter before: stopped using the portal" in page
    assert "Less frequent than in the quarter before: other job." in page
    assert "Other job" in page
    assert "Win-back offer" in page
    assert "Dana" not in page
    assert "Set reason" not in page


def test_a_membership_manager_sees_evidence_with_dates_and_whose_it_is(left, as_role):
    page = html_of(as_role("membership").get(f"/retention/lapses/{QUARTER}&sort=-sure"))

    assert "Dana Whitfield" in page
    assert "Last of 14 portal visits in 18 months, 3 Oct 2025" in page
    assert "Ours" in page
    assert "Never written to" in page
    only = html_of(as_role("membership").get(f"/retention/lapses/{QUARTER}&route=never"))
    assert "1 to 1 of 1" in only
    assert "Dana Whitfield" not in only


@pytest.mark.row("CHURN-17")
def test_a_persons_word_replaces_what_was_found_and_is_in_the_audit_log(left, as_role):
    client = as_role("membership")

    client.post(
        f"/retention/lapses/{left.pk}/reason/",
        {"reason": "retired", "note": "Told me on the phone", "next": QUARTER},
    )

    page = html_of(client.get(f"/retention/lapses/{QUARTER}&reason=retired"))
    assert "Dana Whitfield" in page
    assert "found: Stopped using" in page
    assert "“Told me on the phone”" in page
    assert AuditEntry.objects.filter(action="lapse.reason chosen").count() == 1
    assert LapseReason.objects.get(pk=left.pk).reason == "unused"


def test_the_export_holds_exactly_the_lapses_listed(left, as_role):
    answer = as_role("membership").get(f"/retention/lapses/export.csv{QUARTER}&reason=job")

    lines = b"".join(answer.streaming_content).decode().splitlines()
    assert len(lines) == 1 + 6
    assert all("Other job,Theirs,Win-back offer" in line for line in lines[1:])


def test_a_chapter_manager_sees_own_lapses_only_and_sets_no_others(left, two_chapters):
    page = html_of(two_chapters.client.get(f"/retention/lapses/{QUARTER}"))
    stranger = LapseReason.objects.get(member=two_chapters.other)

    assert "<b>19</b> members left" in page
    assert "Stranger" not in page
    answer = two_chapters.client.post(f"/retention/lapses/{stranger.pk}/reason/", {"reason": "moved"})
    assert answer.status_code == 404


def test_too_few_lapses_are_not_counted_out(run, as_role):
    LapseReasonFactory(member=MemberFactory(chapter=ChapterFactory()), lapsed_on=IN_Q1)

    page = html_of(as_role("executive").get(f"/retention/lapses/{QUARTER}"))

    assert "Too few to tell." in page
    assert "Stopped using" not in page
