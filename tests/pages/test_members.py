"""The list of members: who is found by what, in which order, by whom, and what leaves in an export."""

import csv
import datetime as dt
import io
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from imis_ai.accounts.models import AccessEntry
from imis_ai.governance.models import ContactEntry, StaffItem
from imis_ai.mirror import members
from tests.factories.accounts import UserFactory
from tests.factories.governance import ProposalFactory
from tests.factories.mirror import (
    NOW,
    ChapterFactory,
    FeedFactory,
    InvoiceFactory,
    MemberFactory,
    TierFactory,
)
from tests.factories.retention import RiskScoreFactory, ScoreRunFactory, UnscoredFactory
from tests.reading import html_of

pytestmark = pytest.mark.usefixtures("the_day_of_the_pages")


def ids(response) -> list[str]:
    return [row.imis_id for row in response.context["rows"]]


def person(imis_id, name, **fields):
    first, last = name.split()
    return MemberFactory(imis_id=imis_id, first_name=first, last_name=last, name=name, **fields)


def contacted(imis_id):
    sent = {"state": "sent", "reference": "r", "planned_at": NOW, "sent_at": NOW, "state_at": NOW}
    ContactEntry.objects.create(imis_id=imis_id, channel="email", area="retention", **sent)


@pytest.fixture
def three(run):
    """Dana of Texas works for Acme; Ravi and Łukasz do not."""
    MemberFactory(imis_id="700", kind="organisation", name="Acme Bridges", first_name="", last_name="")
    texas, gulf = ChapterFactory(code="TX", name="Texas"), ChapterFactory(code="GU", name="Gulf")
    low, high = TierFactory(code="A", name="Associate", rank=1), TierFactory(code="F", name="Fellow", rank=2)
    acme = {"email": "dana@bridges.example", "organisation_imis_id": "700", "chapter": texas, "tier": high}
    days = {"joined_on": dt.date(2019, 3, 1), "paid_through": dt.date(2026, 7, 16)}
    dana = person("104482", "Dana Whitfield", **acme, **days)
    days = {"joined_on": dt.date(2024, 1, 1), "paid_through": dt.date(2026, 12, 31), "status": "lapsed"}
    ravi = person("104483", "Ravi Anand", email="ravi@example.org", chapter=gulf, tier=low, **days)
    zak = person("205", "Łukasz Żak", email="zak@example.org", chapter=gulf, tier=low, joined_on=None)
    RiskScoreFactory(run=run, member=dana, risk=0.66, low_90=0.52, high_90=0.78, value=Decimal(100))
    RiskScoreFactory(run=run, member=ravi, risk=0.2, value=Decimal(900))
    RiskScoreFactory(run=ScoreRunFactory(), member=zak, risk=0.99)
    return dana, ravi, zak


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ("104482", ["104482"]),
        ("1044", ["104483", "104482"]),
        ("whitf", ["104482"]),
        ("dana whit", ["104482"]),
        ("dana anand", []),
        ("zak@", ["205"]),
        ("acme", ["700", "104482"]),
        ("łukasz", ["205"]),
        ("", ["700", "104483", "104482", "205"]),
    ],
)
def test_a_search_finds_name_number_e_mail_and_employer(three, as_role, asked, found):
    assert ids(as_role("membership").get("/members/", {"q": asked})) == found


def test_who_may_not_see_names_finds_numbers_only(three, as_role):
    client = as_role("admin")

    assert ids(client.get("/members/?q=104482")) == ["104482"]
    assert ids(client.get("/members/?q=dana")) == []
    assert ids(client.get("/members/?q=acme")) == []
    text = html_of(client.get("/members/"))
    assert "Dana" not in text
    assert "Acme" not in text
    assert "D. W." in text
    assert "Names are hidden" in text

    client.post("/account/reveal/", {"reason": "a call", "next": "/members/"})

    assert "Dana Whitfield" in client.get("/members/").content.decode()


@pytest.mark.parametrize(
    ("sort", "first"),
    [("tier", "104483"), ("-tier", "104482"), ("joined", "104482"), ("-joined", "104483"),
     ("renews", "104482"), ("-renews", "104483"), ("risk", "104483"), ("-risk", "104482"),
     ("-value", "104483"), ("chapter", "104483"), ("-name", "205"), ("contact", "104483")],
)  # fmt: skip
def test_the_list_is_ordered_as_asked_and_unknown_comes_last(three, as_role, sort, first):
    contacted("104483")

    shown = ids(as_role("membership").get("/members/", {"sort": sort}))

    shown.remove("700")
    assert shown[0] == first
    assert len(shown) == 3


@pytest.mark.parametrize("key", members.sorts())
def test_every_order_keeps_every_member(three, as_role, key):
    client = as_role("membership")

    for sort in (key, f"-{key}"):
        assert sorted(ids(client.get("/members/", {"sort": sort}))) == ["104482", "104483", "205", "700"]


def test_filters_narrow_the_list_and_stand_in_the_address(three, as_role):
    dana, ravi, _ = three
    InvoiceFactory(member=dana, paid_on=None, due_on=dt.date(2020, 1, 1), balance=Decimal(10))
    InvoiceFactory(member=ravi, paid_on=None, due_on=dt.date(2020, 1, 1), balance=Decimal(0))
    client = as_role("membership")

    found = {
        asked: sorted(ids(client.get(f"/members/?{asked}")))
        for asked in ("tier=A", "chapter=TX", "status=lapsed", "renews=2026-07", "money=overdue",
                      "tier=A&status=lapsed", "renews=nonsense", "sort=nonsense")
    }  # fmt: skip

    everybody = ["104482", "104483", "205", "700"]
    assert found == {
        "tier=A": ["104483", "205"],
        "chapter=TX": ["104482"],
        "status=lapsed": ["104483"],
        "renews=2026-07": ["104482"],
        "money=overdue": ["104482"],
        "tier=A&status=lapsed": ["104483"],
        "renews=nonsense": everybody,
        "sort=nonsense": everybody,
    }
    empty = html_of(client.get("/members/?tier=A&q=dana"))
    assert "No members match these filters." in empty
    assert "Search: dana" in empty


def test_a_row_shows_what_the_areas_know(three, run, as_role):
    UnscoredFactory(run=run, member=three[2])
    contacted("104482")
    StaffItem.objects.create(imis_id="104482", why="asked", key="1", opened_at=NOW)
    ProposalFactory(kind="retention.scores", payload={"rows": []}, imis_id="104482")
    ProposalFactory(kind="retention.scores", payload={"rows": []}, imis_id="104482", state="rejected")

    response = as_role("membership").get("/members/")

    rows = {row.imis_id: {extra.name: cell for extra, cell in row.cells} for row in response.context["rows"]}
    dana = rows["104482"]
    assert (dana["retention"].score, dana["retention"].low, dana["retention"].high) == (66, 52, 78)
    assert (dana["governance"].last_contact, dana["governance"].open) == (NOW, 2)
    assert rows["205"]["retention"].score is None
    text = html_of(response)
    for said in ("Dana Whitfield", "104482 · Acme Bridges", "52 to 78", "$100.00", "16 Jul", "Not scored"):
        assert said in text


@pytest.mark.row("GOV-18", "GOV-19")
def test_a_chapter_manager_finds_own_members_only_whatever_is_asked(two_chapters):
    client = two_chapters.client

    for asked in ("", "?q=998811", "?q=Stranger", "?chapter=GU", "?tier=SECRET", "?sort=-risk"):
        text = client.get(f"/members/{asked}").content
        assert b"Marked Stranger" not in text
        assert b"Secret tier" not in text
    assert ids(client.get("/members/")) == ["104482"]
    assert b"Stranger" not in b"".join(client.get("/members/export.csv").streaming_content)


@pytest.mark.row("GOV-18")
def test_executives_have_no_list_of_members(three, as_role):
    client = as_role("executive")

    assert client.get("/members/").status_code == 403
    assert client.get("/members/export.csv").status_code == 403
    assert as_role("admin").get("/members/export.csv").status_code == 403


@pytest.mark.row("GOV-06")
def test_an_export_holds_the_filtered_rows_and_stands_in_the_access_log(three, signed_in):
    manager = UserFactory(role="membership")
    response = signed_in(manager).get("/members/export.csv?tier=A&sort=-risk")

    rows = list(csv.DictReader(io.StringIO(b"".join(response.streaming_content).decode("utf-8-sig"))))

    assert [row["imis_id"] for row in rows] == ["104483", "205"]
    assert rows[0] == {
        "imis_id": "104483", "name": "Ravi Anand", "email": "ravi@example.org", "employer": "",
        "status": "lapsed", "tier": "Associate", "chapter": "Gulf", "joined_on": "2024-01-01",
        "paid_through": "2026-12-31", "risk_of_100": "20", "low_of_100": "16", "high_of_100": "24",
        "value": "900.00", "last_contact": "", "open_items": "0",
    }  # fmt: skip
    entry = AccessEntry.objects.get(what=AccessEntry.What.LIST_EXPORTED)
    assert (entry.user, entry.detail["rows"], entry.detail["filters"]) == (manager, 2, "tier=A&sort=-risk")


@pytest.mark.parametrize("address", ["/members/", "/members/?sort=-risk", "/members/?q=first&tier=A"])
def test_more_members_need_no_more_queries(run, as_role, address):
    FeedFactory()
    RiskScoreFactory(run=run)
    client = as_role("membership")

    with CaptureQueriesContext(connection) as with_one:
        client.get(address)
    for _ in range(5):
        RiskScoreFactory(run=run)
    FeedFactory(name="terms")
    with CaptureQueriesContext(connection) as with_six:
        client.get(address)

    assert len(with_one) <= 12, [query["sql"][:90] for query in with_one]
    assert len(with_six) <= len(with_one)


def test_a_chapter_manager_needs_as_few(two_chapters):
    FeedFactory()

    with CaptureQueriesContext(connection) as queries:
        two_chapters.client.get("/members/?sort=-risk")

    assert len(queries) <= 13, [query["sql"][:90] for query in queries]


def test_a_search_as_one_types_answers_with_the_list_alone(three, as_role):
    headers = {"HX-Request": "true", "HX-Target": "list"}

    text = as_role("membership").get("/members/?q=dana", headers=headers).content.decode()

    assert "<html" not in text
    assert "1 member listed" in text


def test_before_the_first_sync_the_list_says_when_it_fills(db, as_role):
    assert "They appear with the first sync." in html_of(as_role("membership").get("/members/"))
