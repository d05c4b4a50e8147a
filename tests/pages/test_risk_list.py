"""Members at risk: what the list, its filters, its panel and its export show, and to whom."""

import csv
import datetime as dt
import io
import math
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from imis_ai.accounts.models import AccessEntry
from imis_ai.imis import records
from imis_ai.mirror import actions as mirror
from retention.forms.at_risk import SORTS
from tests.factories.mirror import NOW, ChapterFactory, MemberFactory, TierFactory
from tests.factories.retention import (
    AS_OF,
    DECLINED,
    QUIET,
    SEATED,
    RiskScoreFactory,
    ScoreRunFactory,
    UnscoredFactory,
)
from tests.reading import html_of

pytestmark = pytest.mark.usefixtures("the_day_of_the_pages")


def ids(response) -> list[str]:
    return [row.imis_id for row in response.context["rows"]]


def scored(run, imis_id, risk, **fields):
    return RiskScoreFactory(run=run, member=MemberFactory(imis_id=imis_id), risk=risk, **fields)


def test_the_list_shows_members_above_the_line_with_range_reasons_and_dues(run, as_role):
    dana = MemberFactory(imis_id="104482", name="Dana Whitfield", tier=TierFactory(name="Professional"))
    RiskScoreFactory(run=run, member=dana, risk=0.66, low_90=0.52, high_90=0.78)
    scored(run, "2", 0.30)
    scored(run, "3", 0.29)

    response = as_role("membership").get("/retention/")

    assert ids(response) == ["104482", "2"]
    text = html_of(response)
    assert "Dana Whitfield" in text
    assert "52 to 78" in text
    assert "No portal visit, 92 days" in text
    assert "$620.00" in text
    assert "104482 · Professional" in text


def test_the_summary_gives_the_expected_number_with_its_range_and_the_dues(run, as_role):
    for n in range(10):
        scored(run, str(n), 0.5, low_90=0.4, high_90=0.6, dues=Decimal(100))

    summary = as_role("membership").get("/retention/").context["summary"]

    sd = 0.1 / 1.2816
    half = 1.2816 * math.sqrt(10 * 0.25 + 0.25 * (10 * sd) ** 2 + 0.75 * 10 * sd**2)
    assert (summary.members, summary.expected, summary.dues, summary.dues_expected) == (
        10,
        5.0,
        1000.0,
        500.0,
    )
    assert summary.low == pytest.approx(5 - half)
    assert summary.high == pytest.approx(5 + half)


def test_each_view_has_its_members_and_its_count(as_role):
    run = ScoreRunFactory(is_current=True, high_value=8000)
    scored(run, "soon", 0.5, renews_on=AS_OF + dt.timedelta(days=20), factors=[QUIET], value=Decimal(1))
    scored(run, "later", 0.5, renews_on=AS_OF + dt.timedelta(days=80), factors=[DECLINED], value=Decimal(2))
    scored(run, "rich", 0.4, factors=[{**DECLINED, "direction": "lowers"}], value=Decimal(9000))
    scored(run, "grace", 0.1, renews_on=AS_OF - dt.timedelta(days=5), factors=[QUIET], value=Decimal(3))
    UnscoredFactory(run=run, member=MemberFactory(imis_id="new"))
    client = as_role("membership")

    found = {
        view: sorted(ids(client.get(f"/retention/?view={view}")))
        for view in ("all", "renewing", "value", "payments", "grace", "unscored")
    }

    assert found == {
        "all": ["later", "rich", "soon"],
        "renewing": ["soon"],
        "value": ["rich"],
        "payments": ["later"],
        "grace": ["grace"],
        "unscored": ["new"],
    }
    tabs = client.get("/retention/").context["tabs"]
    assert [tab["number"] for tab in tabs] == [3, None, 1, 1, 1, 1, 1, 0]


def test_a_member_without_a_score_stands_with_the_reason(run, as_role):
    UnscoredFactory(run=run)

    text = as_role("membership").get("/retention/?view=unscored").content.decode()

    assert "Only 2 months of history; scored from 3." in text


def test_filters_narrow_the_list(run, as_role):
    texas, fellow = ChapterFactory(code="TX"), TierFactory(code="FEL")
    both = MemberFactory(imis_id="1", chapter=texas, tier=fellow)
    RiskScoreFactory(run=run, member=both, risk=0.7, renews_on=dt.date(2026, 7, 16), factors=[QUIET])
    RiskScoreFactory(
        run=run,
        member=MemberFactory(imis_id="2", chapter=texas),
        risk=0.4,
        renews_on=dt.date(2026, 8, 1),
        factors=[DECLINED],
    )
    scored(run, "3", 0.1, factors=[SEATED])
    client = as_role("membership")

    def found(query):
        return ids(client.get(f"/retention/?{query}"))

    assert found("chapter=TX") == ["1", "2"]
    assert found("chapter=TX&tier=FEL") == ["1"]
    assert found("band=hi") == ["1"]
    assert found("band=lo") == ["3"]
    assert found("band=hi&band=md&band=lo") == ["1", "2", "3"]
    assert found("reason=portal") == ["1"]
    assert found("reason=portal&reason=payments") == ["1", "2"]
    assert found("band=lo&reason=committee") == [], "a factor that lowers the risk is not a reason for it"
    assert found("renews=2026-07") == ["1"]
    assert found("tier=NONE") == []


def test_the_horizon_changes_score_and_line(run, as_role):
    scored(run, "1", 0.66)
    client = as_role("membership")

    assert client.get("/retention/?horizon=90").context["rows"][0].score == 66
    assert client.get("/retention/?horizon=60").context["rows"][0].score == 46
    assert ids(client.get("/retention/?horizon=30")) == [], "26 of 100 within 30 days is under the line"


def test_no_results_offer_each_filter_for_removal(run, as_role):
    scored(run, "1", 0.66)

    text = as_role("membership").get("/retention/?reason=community&band=hi").content.decode()

    assert "No members match these filters." in text
    assert 'href="?band=hi"' in text
    assert 'href="?reason=community&amp;band=hi&amp;band=md&amp;band=lo"' in text


def test_every_sortable_column_sorts_both_ways(run, as_role):
    for n in (1, 2):
        member = MemberFactory(imis_id=str(n), last_name=f"N{n}", phone="+1 312 555 0142")
        RiskScoreFactory(
            run=run, member=member, risk=0.4 + n / 10, dues=n, value=n, renews_on=AS_OF + dt.timedelta(days=n)
        )
    client = as_role("membership")

    for key in SORTS:
        assert ids(client.get(f"/retention/?sort={key}")) == ["1", "2"]
        assert ids(client.get(f"/retention/?sort=-{key}")) == ["2", "1"]


def test_lists_have_pages_of_50_with_numbers(run, as_role):
    for n in range(53):
        scored(run, f"{n:03}", 0.9 - n / 1000)

    response = as_role("membership").get("/retention/?page=2")

    assert ids(response) == ["050", "051", "052"]
    assert "51 to 53 of 53" in response.content.decode()


@pytest.mark.parametrize(
    "query", ["horizon=45", "band=purple", "sort=name;drop", "page=0", "renews=12/2026", "view=x"]
)
def test_a_filter_that_means_nothing_counts_as_not_given(run, as_role, query):
    scored(run, "1", 0.66)

    response = as_role("membership").get(f"/retention/?{query}")

    assert response.status_code == 200
    assert ids(response) == ["1"]


def test_the_panel_has_its_own_address_and_comes_alone_as_a_fragment(run, as_role):
    scored(run, "104482", 0.66, low_90=0.52, high_90=0.78)
    client = as_role("membership")

    page = client.get("/retention/?panel=104482")
    fragment = client.get("/retention/?panel=104482", headers={"HX-Request": "true", "HX-Target": "panel"})
    closed = client.get("/retention/", headers={"HX-Request": "true", "HX-Target": "panel"})

    for response in (page, fragment):
        text = html_of(response)
        assert "About 2 in 3 likely to lapse by 30 August" in text
        assert "66 lapse" in text
        assert "Used to visit every 12 days" in text
        assert 'aria-label="66 of 100 dots filled; the range is 52 to 78"' in text
    assert "<html" not in fragment.content.decode()
    assert "HX-Request" in fragment["Vary"]
    assert closed.content == b""


def test_the_panel_draws_the_last_12_weeks_one_point_a_week(run, as_role):
    member = MemberFactory(imis_id="1")
    for weeks in (1, 2, 20):
        old = ScoreRunFactory(as_of=AS_OF - dt.timedelta(weeks=weeks), is_backfill=True)
        RiskScoreFactory(run=old, member=member, risk=0.5)
    RiskScoreFactory(run=run, member=member, risk=0.66)

    context = as_role("membership").get("/retention/?panel=1").context

    assert [entry.score for entry in context["past"]] == [53, 53, 69]
    assert context["change"] == 16
    assert context["line_sentence"] == "Risk rose from 53 to 69 of 100 in 2 weeks"


def test_before_the_first_scores_the_page_says_when_they_come(as_role):
    text = as_role("membership").get("/retention/").content.decode()

    assert "There are no scores yet." in text


@pytest.mark.row("GOV-06")
@pytest.mark.parametrize(
    ("address", "headers", "where"),
    [
        ("/retention/members/104482/", {}, "page"),
        ("/retention/members/104482/trends/", {"HX-Request": "true"}, "trends"),
        ("/retention/?panel=104482", {}, "panel"),
        ("/retention/?panel=104482", {"HX-Request": "true", "HX-Target": "panel"}, "panel"),
        ("/retention/?panel=104482", {"HX-Request": "true", "HX-Target": "list"}, "panel"),
        ("/api/v1/retention/members/104482/", {}, "api"),
    ],
)
def test_whoever_looks_at_one_member_stands_in_the_access_log(run, as_role, address, headers, where):
    scored(run, "104482", 0.66)

    response = as_role("membership").get(address, headers=headers)

    assert response.status_code == 200
    entry = AccessEntry.objects.get()
    assert (entry.what, entry.imis_id, entry.detail) == ("member opened", "104482", {"where": where})


def test_looking_at_the_list_is_not_looking_at_a_member(run, as_role):
    scored(run, "104482", 0.66)
    client = as_role("membership")

    client.get("/retention/")
    client.get("/retention/", headers={"HX-Request": "true", "HX-Target": "panel"})

    assert not AccessEntry.objects.exists()


@pytest.mark.parametrize(
    ("address", "most"),
    [
        ("/retention/", 12),
        ("/retention/?panel=900", 12),
        ("/retention/members/900/", 20),
    ],  # the case asks eight
)
def test_the_number_of_queries_is_small_and_does_not_grow_with_rows(run, as_role, address, most):
    scored(run, "900", 0.9)
    client = as_role("membership")

    with CaptureQueriesContext(
        connection,
    ) as with_one:
        client.get(address)
    for n in range(5):
        scored(run, str(n), 0.5)
    with CaptureQueriesContext(connection) as with_six:
        client.get(address)

    assert len(with_one) <= most, [q["sql"][:90] for q in with_one]
    assert len(with_six) == len(with_one)


def test_a_chapter_manager_needs_as_few_queries(two_chapters):
    with CaptureQueriesContext(connection) as queries:
        two_chapters.client.get("/retention/?panel=104482")

    assert len(queries) <= 12, [q["sql"][:90] for q in queries]


def test_what_stands_above_the_list_is_asked_for_once(run, as_role):
    scored(run, "1", 0.9)
    client = as_role("membership")

    with CaptureQueriesContext(connection) as first:
        client.get("/retention/")
    with CaptureQueriesContext(connection) as second:
        client.get("/retention/?sort=name&page=2")

    assert len(first) - len(second) == 3, [q["sql"][:90] for q in second]


def test_figures_follow_every_change_at_once(run, as_role):
    texas, gulf = ChapterFactory(code="TX", name="Texas"), ChapterFactory(code="GU", name="Gulf")
    for imis_id, chapter in (("1", texas), ("2", texas), ("3", gulf)):
        RiskScoreFactory(run=run, member=MemberFactory(imis_id=imis_id, chapter=chapter), risk=0.5)
    client, executive = as_role("membership"), as_role("executive")

    def shown():
        page = client.get("/retention/")
        chip = next((chip for chip in page.context["chips"] if chip.name == "chapter"), None)
        return (
            page.context["summary"].members,
            page.context["tabs"][0]["number"],
            [option.value for option in chip.options] if chip else [],
            executive.get("/retention/").context["summary"].members,
        )

    before = shown()
    mirror.save(records=[records.Deletion(key="3")], feed="deletions", now=NOW)
    without_one = shown()
    scored(run, "4", 0.6)
    with_another = shown()

    assert before == (3, 3, ["GU", "TX"], 3)
    assert without_one == (2, 2, [], 2)
    assert with_another[:2] == (3, 3)


# who sees what


@pytest.mark.row("GOV-19")
@pytest.mark.parametrize(
    "address",
    [
        "/retention/",
        "/retention/?band=hi&band=md&band=lo",
        "/retention/?chapter=GU",
        "/retention/?sort=name&view=value",
        "/retention/export.csv",
        "/retention/export.csv?pick=998811",
        "/search/?q=Stranger",
        "/search/?q=998811",
        "/palette/?q=Marked",
        "/api/v1/retention/members/",
        "/api/v1/retention/members/?chapter=GU",
        "/data/",
        "/retention/members/104482/",
    ],
)
def test_a_chapter_manager_finds_no_mark_of_another_chapter(two_chapters, address):
    response = two_chapters.client.get(address)
    body = b"".join(response.streaming_content) if response.streaming else response.content
    echoed = body.replace(b"chapter=GU", b"").replace(b"q=998811", b"").replace(b"pick=998811", b"")
    echoed = (
        echoed.replace("“998811”".encode(), b"")
        .replace("“Stranger”".encode(), b"")
        .replace(b'value="998811"', b"")
    )
    echoed = echoed.replace(b'value="Stranger"', b"").replace("“Marked”".encode(), b"")

    assert response.status_code == 200
    for mark in (b"Stranger", b"998811", b"Secret tier", b"Gulf"):
        assert mark not in echoed


@pytest.mark.row("GOV-19")
@pytest.mark.parametrize(
    "address",
    ["/retention/members/998811/", "/retention/?panel=998811", "/api/v1/retention/members/998811/"],
)
def test_guessing_another_chapters_member_gives_404_as_for_nobody(two_chapters, address):
    theirs = two_chapters.client.get(address)
    nobodys = two_chapters.client.get(address.replace("998811", "000000"))

    assert theirs.status_code == nobodys.status_code == 404
    assert AccessEntry.objects.count() == 0


@pytest.mark.row("GOV-19")
def test_an_executive_sees_totals_and_no_member(run, as_role):
    crowd = ChapterFactory(name="Crowded")
    for n in range(12):
        RiskScoreFactory(
            run=run, member=MemberFactory(imis_id=f"x{n}", name=f"Hidden Person{n}", chapter=crowd)
        )
    for name in ("Tiny", "Small"):
        RiskScoreFactory(run=run, member=MemberFactory(chapter=ChapterFactory(name=name)))
    client = as_role("executive")

    text = client.get("/retention/").content.decode()

    assert "of 14</b> members at high or medium risk" in text
    assert "Crowded" in text
    for hidden in ("Hidden Person", "Tiny", "Small<", "x1"):
        assert hidden not in text
    assert client.get("/retention/members/x1/").status_code == 403
    assert client.get("/retention/export.csv").status_code == 403


@pytest.mark.row("GOV-19")
def test_one_small_group_takes_the_next_with_it_so_that_subtraction_gives_nothing(run, as_role):
    for name, size in (("Large", 30), ("Middle", 15), ("Lone", 3)):
        chapter = ChapterFactory(name=name)
        for _ in range(size):
            RiskScoreFactory(run=run, member=MemberFactory(chapter=chapter))

    tables = dict(as_role("executive").get("/retention/").context["tables"])

    assert [group["label"] for group in tables["Chapter"]] == ["Large"]


def test_an_administrator_sees_initials_until_names_are_revealed_and_that_is_logged(two_chapters, as_role):
    client = as_role("admin")

    hidden = client.get("/retention/?panel=104482").content.decode()
    client.post("/account/reveal/", {"reason": "a member called", "next": "/retention/"})
    shown = client.get("/retention/").content.decode()

    assert "Dana" not in hidden
    assert "D. W." in hidden
    assert "Dana Whitfield" in shown
    entry = AccessEntry.objects.get(what="names revealed")
    assert entry.detail == {"reason": "a member called"}


def test_a_search_by_name_finds_nobody_for_people_who_may_not_see_names(two_chapters, as_role):
    client = as_role("admin")

    assert client.get("/search/?q=Dana").context["members"] == []
    assert [shown for _, shown in client.get("/search/?q=104482").context["members"]] == ["D. W."]


def lines(response) -> list[dict]:
    text = b"".join(response.streaming_content).decode()
    assert text.startswith("\N{ZERO WIDTH NO-BREAK SPACE}imis_id,name,")
    return list(csv.DictReader(io.StringIO(text.lstrip("\N{ZERO WIDTH NO-BREAK SPACE}"))))


def test_an_export_has_exactly_the_filtered_rows_and_is_logged(run, as_role):
    scored(run, "1", 0.7)
    scored(run, "2", 0.4)
    scored(run, "3", 0.1)
    client = as_role("membership")

    everything = lines(client.get("/retention/export.csv"))
    high = lines(client.get("/retention/export.csv?band=hi"))
    chosen = lines(client.get("/retention/export.csv?pick=2&pick=3"))

    assert [line["imis_id"] for line in everything] == ["1", "2"]
    assert [line["imis_id"] for line in high] == ["1"]
    assert [line["imis_id"] for line in chosen] == ["2"], "3 is under the line and not in this list"
    assert (high[0]["risk_90"], high[0]["dues"], high[0]["as_of"]) == ("0.7000", "620.00", "2026-06-01")
    assert high[0]["reason_1"] == "No portal visit for 92 days. Used to visit every 12 days"
    logged = list(AccessEntry.objects.values_list("what", "detail__filters", "detail__rows"))
    assert logged == [
        ("list exported", "", 2),
        ("list exported", "band=hi", 1),
        ("list exported", "pick=2&pick=3", 1),
    ]


def test_an_export_runs_nothing_in_a_spreadsheet(run, as_role):
    RiskScoreFactory(run=run, member=MemberFactory(imis_id="=2+5", name="=HYPERLINK(1)"), risk=0.7)

    line = lines(as_role("membership").get("/retention/export.csv"))[0]

    assert (line["imis_id"], line["name"]) == ("'=2+5", "'=HYPERLINK(1)")


def test_a_hostile_name_is_only_text(run, as_role):
    name = '"><script>alert(1)</script>'
    RiskScoreFactory(run=run, member=MemberFactory(imis_id="1", first_name=name, name=name), risk=0.7)

    text = as_role("membership").get("/retention/?panel=1").content.decode()

    assert "<script>alert" not in text
    assert "&lt;script&gt;alert(1)" in text
