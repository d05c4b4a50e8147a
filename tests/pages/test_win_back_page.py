"""Win-back: who would return and for what, who is never written to, drafts with facts that hold."""

import datetime as dt
from types import SimpleNamespace

import pytest
from django.utils import timezone

from imis_ai.governance.models import OfferUse, OutboxMessage, Proposal
from retention.models import LapseReason
from retention.queries import winback
from tests.factories.accounts import UserFactory
from tests.factories.messages import NOW, reachable
from tests.factories.mirror import ActivityFactory, EventFactory
from tests.factories.retention import LapseReasonFactory
from tests.reading import html_of
from tests.retention.outreach import ready

LEFT = NOW.date() - dt.timedelta(days=150)
ROUTED = ("died", "retired", "employer", "service")

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("the_day_of_the_pages")]


@pytest.fixture(autouse=True)
def today(monkeypatch):
    """The pages and what they call stand on the day of the planted association."""
    monkeypatch.setattr(timezone, "now", lambda: NOW)


@pytest.fixture
def left():
    """Four who may be written to and four who never are."""
    ready()
    gone = {
        reason: LapseReasonFactory(
            member=reachable(first_name=reason.title(), name=f"{reason.title()} Gone"),
            reason=reason, lapsed_on=LEFT, dues="620.00", chance=chance, chance_low=chance / 2,
            chance_high=chance * 2,
        )
        for reason, chance in (
            ("price", 0.1), ("unused", 0.08), ("forgot", 0.25), ("payment", 0.2),
            *((reason, 0.02) for reason in ROUTED),
        )
    }  # fmt: skip
    used = gone["unused"].member
    EventFactory(name="Bridge walk", chapter=used.chapter, starts_at=NOW + dt.timedelta(days=12))
    for days in (160, 170, 180):
        at = NOW - dt.timedelta(days=days)
        ActivityFactory(member=used, kind="benefit_use", reference="Code hotline", at=at)
    return SimpleNamespace(**gone)


@pytest.mark.row("CHURN-18", "U14")
def test_the_list_says_who_would_return_and_routes_the_others_elsewhere(left, as_role):
    client = as_role("finance")

    back = html_of(client.get("/retention/win-back/"))
    elsewhere = html_of(client.get("/retention/win-back/?view=elsewhere"))

    assert back.index("Forgot Gone") < back.index("Payment Gone") < back.index("Price Gone")
    assert "<b>25</b>" in back
    assert "13 to 50" in back
    assert "Last year" in back
    assert "two people approve it" in back
    assert "$60.00" in back
    assert "of $4,500 left" in back
    assert not [reason for reason in ROUTED if f"{reason.title()} Gone" in back]
    assert "Died Gone" in elsewhere
    assert "Never written to" in elsewhere
    assert "Retired category" in elsewhere
    assert "Make drafts" not in back


@pytest.mark.row("CHURN-18", "CHURN-40")
def test_drafts_state_only_facts_and_the_routed_are_never_written_to(left, as_role):
    client = as_role("membership")
    everybody = [lapse.member.imis_id for lapse in vars(left).values()]

    page = html_of(client.post("/retention/win-back/drafts/", {"pick": everybody}))

    drafts = {draft.imis_id: draft for draft in Proposal.objects.filter(kind="retention.message")}
    assert set(drafts) == {vars(left)[key].member.imis_id for key in ("price", "unused", "forgot", "payment")}
    assert "4 members got no draft" in page
    assert "Reason: died. No message goes out for it." in page
    said = drafts[left.unused.member.imis_id].payload["body"]
    assert "you used Code hotline 3 times" in said
    assert "Bridge walk" in said
    assert "you keep your renewal date and pay $" in said
    assert not any(word in said.casefold() for word in ("lapse", "stopped", "risk", "reason"))
    assert drafts[left.price.member.imis_id].made_from["offer"].startswith("Last year's price")
    assert drafts[left.price.member.imis_id].amount == 60
    assert drafts[left.unused.member.imis_id].amount is None
    assert OfferUse.objects.filter(given_back_at=None).count() == 4
    assert not OutboxMessage.objects.exists()
    again = html_of(client.post("/retention/win-back/drafts/", {"pick": everybody}))
    assert "8 members got no draft" in again
    assert "written to about this lapse already" in again


def test_the_composer_shows_how_the_dues_come_about(left, as_role):
    page = html_of(as_role("membership").get(f"/retention/win-back/members/{left.unused.member.imis_id}/"))
    left.unused.refresh_from_db()
    part = winback.to_return(left.unused, NOW.date())

    assert f"${part.amount:,.2f}" in page
    assert f"$620.00 a year \N{MULTIPLICATION SIGN} {part.days} of {part.of} days" in page
    assert "Code hotline 3 times" in page
    assert "Bridge walk" in page
    routed = html_of(as_role("membership").get(f"/retention/win-back/members/{left.died.member.imis_id}/"))
    assert "No message goes out for this reason." in routed
    assert "Make the draft" not in routed


def test_an_offer_is_chosen_by_reason_and_only_one_that_fits(left, as_role):
    client = as_role("membership")

    wrong = client.post("/retention/win-back/offer/", {"reason": "forgot", "offer": "Complimentary webinar"})
    client.post("/retention/win-back/offer/", {"reason": "price", "offer": "none"})

    assert wrong.status_code == 422
    assert winback.matches()["price"] is None
    assert winback.matches()["forgot"].version.offer.name == "Welcome back"


def test_who_came_back_is_not_asked_back_and_strangers_see_nobody(left, as_role):
    LapseReason.objects.filter(pk=left.forgot.pk).update(returned_on=NOW.date())

    assert "Forgot Gone" not in html_of(as_role("membership").get("/retention/win-back/"))
    assert as_role("chapter").get("/retention/win-back/").status_code == 403
    lines = b"".join(as_role("membership").get("/retention/win-back/export.csv").streaming_content).decode()
    assert len(lines.splitlines()) == 1 + 3
    assert UserFactory(role="finance").may("winback.read")
