"""The member's page: who it is, what is next, what happened, a card per area, and how it stood once."""

import datetime as dt
from decimal import Decimal
from types import SimpleNamespace

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from imis_ai.accounts.models import AccessEntry
from imis_ai.governance.models import ContactEntry, Decision, OptOut, Pause, StaffItem
from imis_ai.views import member as view
from tests.factories.accounts import UserFactory
from tests.factories.governance import ProposalFactory
from tests.factories.mirror import (
    ActivityFactory,
    ConsentFactory,
    EventFactory,
    FeedFactory,
    InvoiceFactory,
    MemberFactory,
    PaymentAttemptFactory,
    RegistrationFactory,
    RelationshipFactory,
    TermFactory,
    TextFactory,
    TierFactory,
)
from tests.factories.retention import AS_OF, QUIET, SEATED, RiskScoreFactory, ScoreRunFactory
from tests.pages.conftest import SHOWN_ON
from tests.reading import html_of

ADDRESS = "/members/104482/"
SCORES = {"as_of": "2026-06-01", "model": "churn 2026.6.1", "rows": []}

pytestmark = pytest.mark.usefixtures("the_day_of_the_pages", "on_the_day")


@pytest.fixture(autouse=True)
def on_the_day(monkeypatch):
    clock = SimpleNamespace(localtime=lambda: timezone.localtime(SHOWN_ON), make_aware=timezone.make_aware)
    monkeypatch.setattr(view, "timezone", clock)


def at(month, day, hour=12):
    return dt.datetime(2026, month, day, hour, tzinfo=dt.UTC)


def before(**span):
    return SHOWN_ON - dt.timedelta(**span)


@pytest.fixture
def dana(run):
    member = MemberFactory(
        imis_id="104482",
        first_name="Dana",
        last_name="Whitfield",
        name="Dana Whitfield",
        email="dana@example.org",
        tier=TierFactory(code="FEL", name="Fellow"),
        joined_on=dt.date(2019, 3, 1),
        paid_through=dt.date(2026, 7, 16),
    )
    TermFactory(member=member, start_on=dt.date(2025, 7, 17), end_on=dt.date(2026, 7, 16), price=Decimal(620))
    RiskScoreFactory(run=run, member=member, risk=0.66, low_90=0.52, high_90=0.78, factors=[QUIET])
    return member


def cards(response) -> dict:
    return {card.name: card.context for card in response.context["page"].cards}


def order(response) -> list[str]:
    return [card.name for card in response.context["page"].cards]


def told(response) -> list[tuple[str, str]]:
    return [(entry.words, entry.about) for entry in response.context["page"].entries]


def contacted(**fields):
    base = {
        "imis_id": "104482",
        "channel": "email",
        "area": "retention",
        "state_at": SHOWN_ON,
        "state": "sent",
    }
    return ContactEntry.objects.create(**base | fields)


def test_the_header_says_who_it_is_what_they_agreed_to_and_until_when_they_paid(dana, as_role):
    ConsentFactory(member=dana, channel="email", granted=True)
    ConsentFactory(member=dana, channel="sms", granted=False)
    RelationshipFactory(member=dana, other_imis_id="9", key="r")
    MemberFactory(imis_id="9", name="Marta Silva")

    response = as_role("membership").get(ADDRESS)

    text = html_of(response)
    for said in ("Dana Whitfield", "104482", "Fellow", "member since March 2019", "Paid through 16 Jul",
                 "dana@example.org", "Marta Silva"):  # fmt: skip
        assert said in text
    assert cards(response)["reach"]["consents"] == [("E-mail", True), ("SMS", False)]


def test_the_risk_stands_with_range_reasons_and_model_and_both_pages_link(dana, as_role):
    client = as_role("membership")

    text = html_of(client.get(ADDRESS))

    for said in ("About 2 in 3 likely to lapse by 30 August", "range 52 to 78", "No portal visit for 92 days",
                 "of 1 Jun, churn model 2026.6.1", 'href="/retention/members/104482/"'):  # fmt: skip
        assert said in text
    assert f'href="{ADDRESS}"' in client.get("/retention/members/104482/").content.decode()


def test_the_timeline_tells_of_every_area_with_its_source(dana, as_role):
    ActivityFactory(member=dana, kind="login", at=at(5, 3))
    TextFactory(member=dana, at=at(5, 2), source="survey", body="Secret words")
    old = ScoreRunFactory(as_of=dt.date(2026, 5, 20))
    RiskScoreFactory(run=old, member=dana, risk=0.2)
    made = ProposalFactory(kind="retention.scores", payload=SCORES, imis_id="104482", state="rejected")
    marta = UserFactory(first_name="Marta", last_name="Silva")
    Decision.objects.create(proposal=made, what="reject", by=marta, at=at(5, 25), version=1, digest="d")
    contacted(planned_at=at(5, 1), sent_at=at(5, 4), reference="r")

    response = as_role("membership").get(ADDRESS)

    assert [(e.words, e.about, e.source) for e in response.context["page"].entries] == [
        ("Moved to high risk", "66 of 100", "churn model 2026.6.1"),
        ("Rejected: Scores to iMIS", "by Marta Silva", "imis_ai"),
        ("E-mail sent", "", "imis_ai"),
        ("Signed in to the portal", "", "iMIS"),
        ("Wrote to us", "survey", "iMIS"),
        ("A membership term began", "Fellow", "iMIS"),
    ]
    assert "Secret words" not in response.content.decode()


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        ("portal", ["Signed in to the portal"]),
        ("other", ["Golf day"]),
        ("membership", ["A membership term began"]),
        ("scores", []),
        ("decisions", []),
        ("money", ["A card payment failed"]),
    ],
)
def test_the_timeline_is_narrowed_to_one_kind(dana, as_role, kind, words):
    ActivityFactory(member=dana, kind="login", at=at(5, 3))
    ActivityFactory(member=dana, kind="golf_day", at=at(5, 2))
    PaymentAttemptFactory(member=dana, at=at(5, 1), succeeded=False)

    response = as_role("membership").get(f"{ADDRESS}?kind={kind}")

    assert [said for said, _ in told(response)] == words


def test_25_entries_at_a_time_and_none_twice(dana, as_role):
    for hour in range(60):
        ActivityFactory(member=dana, kind="login", at=at(4, 1) + dt.timedelta(hours=hour))
    client = as_role("membership")

    parts = [client.get(f"{ADDRESS}?start={start}").context["page"] for start in (0, 25, 50)]

    moments = [entry.at for part in parts for entry in part.entries]
    assert [len(part.entries) for part in parts] == [25, 25, 11]
    assert [part.has_more for part in parts] == [True, True, False]
    assert moments == sorted(moments, reverse=True)
    fragment = client.get(f"{ADDRESS}?start=25", headers={"HX-Request": "true", "HX-Target": "timeline"})
    assert "<html" not in fragment.content.decode()


def test_the_contact_card_counts_what_was_sent_and_says_what_stands_against_more(dana, as_role):
    for days in (2, 10, 45):
        contacted(planned_at=before(days=days), sent_at=before(days=days), reference=f"r{days}")
    manager = UserFactory()
    for ends, reason in ((SHOWN_ON + dt.timedelta(days=9), "dispute"), (before(days=1), "complaint")):
        Pause.objects.create(imis_id="104482", reason=reason, note="Said on the phone", by=manager,
                             since=before(days=20), until=ends)  # fmt: skip
    OptOut.objects.create(
        imis_id="104482", kind="channel", channel="sms", source="stop page", at=before(days=3)
    )
    contacted(imis_id="1", planned_at=before(days=1), sent_at=before(days=1), reference="other")

    response = as_role("membership").get(ADDRESS)

    card = cards(response)["contact"]
    assert (card["used"], card["most"], card["last"]) == (2, 3, before(days=2))
    assert card["pauses"] == ["Paused until 11 Jun: dispute."]
    assert card["refused"] == ["No messages by this channel (SMS)."]
    assert response.context["page"].step.what == "Leave alone"
    assert "Said on the phone" not in response.content.decode()


def test_money_shows_what_is_open_and_how_late(dana, as_role):
    InvoiceFactory(member=dana, paid_on=None, due_on=dt.date(2026, 5, 21), balance=Decimal("410.50"))
    InvoiceFactory(member=dana, paid_on=None, due_on=dt.date(2026, 7, 1), balance=Decimal(20))
    InvoiceFactory(member=dana, paid_on=None, due_on=dt.date(2026, 1, 1), balance=Decimal(0))
    InvoiceFactory(member=dana, due_on=dt.date(2026, 1, 31), paid_on=dt.date(2026, 2, 20))
    client = as_role("finance")

    response = client.get(ADDRESS)

    card = cards(response)["money"]
    assert [(each.owed, each.days_late) for each in card["unpaid"]] == [
        (Decimal("410.50"), 12),
        (Decimal(20), 0),
    ]
    assert (card["owed"], card["paid"], card["late"]) == (Decimal("430.50"), 1, 1)
    assert response.context["page"].step.why == "$410.50 is overdue, the oldest for 12 days."


@pytest.mark.parametrize(
    ("plant", "what"),
    [
        ("item", "Answer this member"),
        ("proposal", "Decide"),
        ("", "Call first"),
    ],
)
def test_the_next_step_is_the_weightiest_and_says_why(dana, as_role, plant, what):
    InvoiceFactory(member=dana, paid_on=None, due_on=dt.date(2026, 5, 21), balance=Decimal(1))
    if plant == "item":
        StaffItem.objects.create(imis_id="104482", why="asked", key="1", opened_at=before(hours=3))
    if plant in ("item", "proposal"):
        ProposalFactory(kind="retention.scores", payload=SCORES, imis_id="104482", created_at=before(days=1))

    step = as_role("membership").get(ADDRESS).context["page"].step

    assert step.what == what
    assert step.why


def test_each_role_sees_its_cards_first(dana, as_role):
    assert order(as_role("membership").get(ADDRESS))[:2] == ["risk", "contact"]
    assert order(as_role("finance").get(ADDRESS))[:2] == ["money", "tier"]
    assert "money" not in order(as_role("admin").get(ADDRESS))


@pytest.mark.row("GOV-18")
def test_names_are_initials_until_they_are_revealed_and_executives_see_nobody(dana, as_role):
    RelationshipFactory(member=dana, other_imis_id="9", key="r")
    MemberFactory(imis_id="9", name="Marta Silva")
    client = as_role("admin")

    hidden = client.get(ADDRESS).content.decode()

    for word in ("Dana", "Whitfield", "dana@example.org", "Marta"):
        assert word not in hidden
    assert "D. W." in hidden
    client.post("/account/reveal/", {"reason": "a call", "next": ADDRESS})
    assert "Dana Whitfield" in client.get(ADDRESS).content.decode()
    assert as_role("executive").get(ADDRESS).status_code == 403


@pytest.mark.row("GOV-19")
def test_a_member_of_another_chapter_is_not_there(two_chapters):
    client = two_chapters.client

    assert client.get("/members/998811/").status_code == client.get("/members/nobody/").status_code == 404
    assert client.get("/members/998811/?on=2026-01-01").status_code == 404
    assert client.get("/members/104482/").status_code == 200


@pytest.mark.row("GOV-06")
def test_each_view_is_in_the_access_log(dana, signed_in):
    manager = UserFactory()
    client = signed_in(manager)

    client.get(ADDRESS)
    client.get(f"{ADDRESS}?on=2026-03-01")

    assert [(e.user, e.imis_id, e.detail) for e in AccessEntry.objects.order_by("pk")] == [
        (manager, "104482", {"where": "member"}),
        (manager, "104482", {"where": "member", "as_known_on": "2026-03-01"}),
    ]


@pytest.fixture
def a_past(dana):
    """What stood on 1 March, and what came after it."""
    run = ScoreRunFactory(as_of=dt.date(2026, 2, 28), model_version="2026.2.1")
    RiskScoreFactory(run=run, member=dana, risk=0.12, low_90=0.07, high_90=0.2, factors=[SEATED])
    late = ScoreRunFactory(as_of=dt.date(2026, 3, 2), model_version="2026.3.1")
    RiskScoreFactory(run=late, member=dana, risk=0.9)
    InvoiceFactory(member=dana, kind="dues", issued_on=dt.date(2026, 2, 1), due_on=dt.date(2026, 2, 15),
                   paid_on=dt.date(2026, 4, 1), amount=Decimal(620))  # fmt: skip
    event = {"issued_on": dt.date(2026, 4, 2), "due_on": dt.date(2026, 5, 2), "paid_on": dt.date(2026, 5, 1)}
    InvoiceFactory(member=dana, kind="event", **event)
    spring = EventFactory(name="Spring meeting", starts_at=at(4, 10))
    RegistrationFactory(member=dana, event=spring, registered_at=at(2, 20), attended=True)
    ActivityFactory(member=dana, kind="login", at=at(2, 10))
    ActivityFactory(member=dana, kind="download", at=at(4, 10))
    Pause.objects.create(imis_id="104482", reason="dispute", note="n", since=at(2, 1), ended_at=at(5, 1))
    contacted(planned_at=at(2, 5), sent_at=at(2, 6), reference="early")
    contacted(planned_at=at(2, 27), sent_at=at(3, 4), reference="late")
    made = ProposalFactory(kind="retention.scores", payload=SCORES, imis_id="104482", state="rejected")
    for month, what in ((2, "propose"), (4, "reject")):
        Decision.objects.create(proposal=made, what=what, at=at(month, 22), version=1, digest="d")
    TermFactory(member=dana, key="new", start_on=dt.date(2026, 7, 17), end_on=dt.date(2027, 7, 16),
                tier=TierFactory(code="NEW", name="Newer tier"))  # fmt: skip
    return dana


@pytest.mark.row("U13")
def test_as_known_on_shows_the_past_and_not_the_present(a_past, as_role):
    response = as_role("membership").get(f"{ADDRESS}?on=2026-03-01")

    assert told(response) == [
        ("E-mail planned", ""),
        ("Suggested: Scores to iMIS", "by imis_ai"),
        ("Registered", "Spring meeting"),
        ("Signed in to the portal", ""),
        ("E-mail sent", ""),
        ("Contact paused", "dispute"),
        ("Was invoiced", "dues"),
        ("A membership term began", "Fellow"),
    ]
    shown = cards(response)
    assert (shown["risk"]["member"].score, shown["risk"]["member"].low) == (12, 7)
    assert shown["risk"]["run"].model_version == "2026.2.1"
    assert [factor["sentence"] for factor in shown["risk"]["member"].factors] == ["Serves on a committee"]
    assert [(each.kind, each.owed, each.days_late) for each in shown["money"]["unpaid"]] == [
        ("dues", 620, 14)
    ]
    assert shown["contact"]["pauses"] == ["Paused: dispute."]
    assert (shown["contact"]["used"], shown["tier"]["standing"].term.tier.name) == (1, "Fellow")
    text = html_of(response)
    assert "As known on 1 March 2026. Read-only." in text
    assert "Not on the list of members at risk then: 12 of 100, the line was 30." in text
    assert "Next step" not in text
    for later in ("dana@example.org", "Attended", "Downloaded", "Rejected", "2026.3.1", "Paid through"):
        assert later not in text


def test_today_shows_the_present_of_the_same_member(a_past, as_role):
    response = as_role("membership").get(ADDRESS)

    assert ("Attended", "Spring meeting") in told(response)
    assert ("Paid an invoice", "dues") in told(response)
    assert cards(response)["contact"]["pauses"] == []
    assert cards(response)["risk"]["member"].score == 66
    assert "Read-only" not in response.content.decode()


@pytest.mark.parametrize("day", ["2026-06-02", "2030-01-01", "nonsense", "1200-01-01", "2026-02-30"])
def test_a_day_that_has_not_passed_is_refused_with_a_sentence(dana, as_role, day):
    response = as_role("membership").get(f"{ADDRESS}?on={day}")

    assert response.context["on"] is None
    assert "Enter a date before 2 June 2026." in response.content.decode()


def test_before_the_first_score_none_is_invented(dana, as_role):
    text = html_of(as_role("membership").get(f"{ADDRESS}?on=2020-03-01"))

    assert "No score was kept for that day." in text
    assert "No membership term is recorded." in text


@pytest.mark.parametrize(
    ("role", "address", "most"),
    [("membership", ADDRESS, 12), ("finance", ADDRESS, 12), ("membership", f"{ADDRESS}?on=2026-03-01", 12)],
)
def test_the_page_asks_for_little_however_much_there_is(a_past, as_role, role, address, most):
    FeedFactory()
    client = as_role(role)

    with CaptureQueriesContext(connection) as queries:
        client.get(address)

    assert len(queries) <= most, [query["sql"][:110] for query in queries]


def test_the_search_opens_the_page(dana, as_role):
    assert f'href="{ADDRESS}"' in as_role("membership").get("/search/?q=104482").content.decode()
    assert SHOWN_ON.date() > AS_OF
