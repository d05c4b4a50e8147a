"""Today: what waits for each person, the figures with their rows, what happened, and to whom it is shown."""

import datetime as dt
from decimal import Decimal
from types import SimpleNamespace

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from imis_ai.governance.models import BlindTest, RolloutChange, StaffItem
from imis_ai.jobs.models import JobRun
from imis_ai.mirror.models import Feed
from imis_ai.views import today as view
from retention.actions.score import _count
from tests.factories.accounts import UserFactory, chapter_manager
from tests.factories.governance import OutboxMessageFactory, ProposalFactory
from tests.factories.mirror import ChapterFactory, FeedFactory, InvoiceFactory, MemberFactory, RejectFactory
from tests.factories.retention import AS_OF, RiskScoreFactory, ScoreRunFactory
from tests.pages.conftest import SHOWN_ON
from tests.reading import html_of

pytestmark = pytest.mark.usefixtures("the_day_of_the_pages", "on_the_day", "synced")
SCORES = {"as_of": "2026-06-01", "model": "churn 2026.6.1", "rows": []}


@pytest.fixture
def on_the_day(monkeypatch):
    clock = SimpleNamespace(localtime=lambda: timezone.localtime(SHOWN_ON))
    monkeypatch.setattr(view, "timezone", clock)


@pytest.fixture
def synced(db):
    """Every feed was read this morning."""
    FeedFactory(last_success_at=SHOWN_ON, last_try_at=SHOWN_ON)


def proposed(**fields):
    made_at = SHOWN_ON - dt.timedelta(days=2)
    return ProposalFactory(kind="retention.scores", payload=SCORES, created_at=made_at, **fields)


def waits(response) -> dict[str, int]:
    return {each.name: each.count for _, _, group in response.context["page"].groups for each in group}


def figures(response) -> dict[str, object]:
    return {each.label: each for each in response.context["page"].figures}


def test_what_waits_is_counted_grouped_by_its_date_and_the_most_urgent_comes_first(run, as_role):
    proposed(members=412)
    proposed(members=3, due_at=SHOWN_ON + dt.timedelta(hours=2))
    StaffItem.objects.create(imis_id="1", why="asked", key="1", opened_at=SHOWN_ON - dt.timedelta(hours=3))
    StaffItem.objects.create(imis_id="2", why="unreachable", key="2", opened_at=SHOWN_ON)

    response = as_role("membership").get("/")

    page = response.context["page"]
    assert waits(response) == {"Scores to iMIS": 2, "Asked for a person": 1, "Could not be reached": 1}
    assert [label for _, label, _ in page.groups] == ["Due today", "Later"]
    assert (page.count, page.due, page.first.name) == (4, 3, "Scores to iMIS")
    text = html_of(response)
    assert "Tuesday 2 June. 4 items wait for you; 3 are due before the day ends." in text
    assert "415 members" in text
    assert 'href="/approvals/?kind=retention.scores"' in text
    assert len(as_role("membership").get("/approvals/?kind=retention.scores").context["rows"]) == 2


def test_ones_own_work_does_not_wait_for_oneself(run, signed_in):
    author = UserFactory(role="membership")
    proposed(proposed_by=author)

    assert waits(signed_in(author).get("/")) == {}
    assert waits(signed_in(UserFactory(role="membership")).get("/")) == {"Scores to iMIS": 1}


def test_an_administrator_sees_what_failed_and_no_member(run, as_role):
    RiskScoreFactory(run=run, member=MemberFactory(imis_id="104482", name="Dana Whitfield"))
    JobRun.objects.create(name="mirror.sync", state="failed", message="iMIS did not answer.",
                          created_at=SHOWN_ON, finished_at=SHOWN_ON)  # fmt: skip
    OutboxMessageFactory(state="parked", problem="locked", imis_id="104482")
    FeedFactory(name="invoices", health="failed", last_success_at=SHOWN_ON, last_try_at=SHOWN_ON)
    RejectFactory(feed="terms")

    response = as_role("admin").get("/")

    text = html_of(response)
    assert waits(response) == {
        "Failed jobs": 1,
        "Stopped on the way out": 1,
        "Records that could not be stored": 1,
        "Access review": 1,
    }
    assert "iMIS refused 1 write because the records were locked. Nothing was lost." in text
    assert "iMIS did not answer." in text
    assert [each.label for each in response.context["page"].figures] == [
        "Feeds read as planned",
        "Failed jobs",
        "Stopped on the way out",
        "Leaves today",
    ]
    assert figures(response)["Feeds read as planned"].value == "1 of 2"
    assert "Dana" not in text
    assert "104482" not in text


@pytest.mark.parametrize("role", ["membership", "finance", "admin", "chapter", "executive"])
def test_a_sync_that_failed_waits_for_everybody_who_decides(run, as_role, role):
    Feed.objects.update(last_success_at=SHOWN_ON - dt.timedelta(days=4))

    page = as_role(role).get("/").context["page"]

    assert page.first.name == "The sync failed"
    assert page.first.address == "/data/"


def test_the_figures_are_those_of_planted_scores_and_invoices(run, as_role):
    for n in range(20):
        ends = AS_OF + dt.timedelta(days=20 if n < 12 else 200)
        member = MemberFactory(imis_id=str(n))
        RiskScoreFactory(
            run=run, member=member, risk=0.2, risk_renewal=0.25, dues=Decimal(100), renews_on=ends
        )
    member = MemberFactory(imis_id="900")
    due = {"member": member, "paid_on": None, "amount": Decimal(300)}
    InvoiceFactory(**due, due_on=dt.date(2026, 5, 20), balance=Decimal(250))
    InvoiceFactory(**due, due_on=dt.date(2026, 2, 1), balance=None)
    InvoiceFactory(**due, due_on=dt.date(2026, 6, 20), balance=Decimal(40))
    InvoiceFactory(member=member, paid_on=dt.date(2026, 5, 28), amount=Decimal(600))

    shown = figures(as_role("membership").get("/"))

    assert shown["Expected to renew by 30 August"].value == "75.0\N{NO-BREAK SPACE}%"
    assert shown["Expected to renew by 30 August"].context == "of 12 terms that end"
    assert shown["Dues likely to be lost by 30 August"].value == "$400"
    assert (shown["Overdue"].value, shown["Overdue"].about, shown["Overdue"].context) == (
        "$550",
        "2 invoices",
        "$300 is past 60 days",
    )
    assert shown["Received in 30 days"].value == "$600"
    assert figures(as_role("finance").get("/"))["Falls due in 4 weeks"].value == "$40"


def test_each_figure_opens_its_rows(run, as_role):
    for imis_id, due_on in (("1", dt.date(2026, 1, 1)), ("2", dt.date(2027, 1, 1))):
        InvoiceFactory(member=MemberFactory(imis_id=imis_id), paid_on=None, balance=None, due_on=due_on)
    client = as_role("membership")

    address = figures(client.get("/"))["Overdue"].address

    assert address == "/members/?money=overdue"
    assert [row.imis_id for row in client.get(address).context["rows"]] == ["1"]


@pytest.mark.row("GOV-19", "GOV-51")
def test_a_chapter_manager_sees_own_chapters_and_an_executive_totals_without_names(two_chapters, signed_in):
    for member, amount in ((two_chapters.dana, 100), (two_chapters.other, 7000)):
        InvoiceFactory(member=member, paid_on=None, balance=None, amount=Decimal(amount),
                       due_on=dt.date(2026, 5, 1))  # fmt: skip
    StaffItem.objects.create(imis_id="998811", why="asked", key="1", opened_at=SHOWN_ON)

    own = two_chapters.client.get("/")
    whole = signed_in(UserFactory(role="membership")).get("/")
    executive = signed_in(UserFactory(role="executive")).get("/")

    assert figures(own)["Overdue"].value == "$100"
    assert figures(whole)["Overdue"].value == "$7,100"
    assert waits(own) == {}
    assert waits(whole) == {"Asked for a person": 1}
    assert executive.context["page"].groups == []
    assert "Needs a decision" not in executive.content.decode()
    assert figures(executive) == {}, "two members are too few for totals"


@pytest.mark.row("GOV-51")
def test_an_executive_sees_the_totals_of_everybody(run, as_role):
    for n in range(12):
        RiskScoreFactory(run=run, member=MemberFactory(imis_id=str(5000 + n), name="Marked Person"))
        InvoiceFactory(member=MemberFactory(), paid_on=None, balance=None, due_on=dt.date(2026, 5, 1))

    response = as_role("executive").get("/")

    assert list(figures(response)) == [
        "Expected to renew by 30 August",
        "Dues likely to be lost by 30 August",
        "Overdue",
        "Received in 30 days",
    ]
    assert "Marked" not in response.content.decode()
    assert "/members/" not in response.content.decode()


def test_the_line_is_that_of_earlier_runs_over_the_chapters_seen(two_chapters, run, signed_in):
    for weeks, risk in ((1, 0.4), (2, 0.2)):
        old = ScoreRunFactory(as_of=AS_OF - dt.timedelta(weeks=weeks))
        RiskScoreFactory(run=old, member=two_chapters.dana, risk=risk, dues=Decimal(100))
        RiskScoreFactory(run=old, member=two_chapters.other, risk=0.9, dues=Decimal(1000))
        _count(old)
    _count(run)

    lost = "Dues likely to be lost by 30 August"
    own = figures(two_chapters.client.get("/"))[lost].points
    whole = figures(signed_in(UserFactory(role="membership")).get("/"))[lost].points

    assert own == pytest.approx([20, 40, 0.66 * 620], abs=0.1)
    assert whole == pytest.approx([920, 940, (0.66 + 0.71) * 620], abs=0.1)


def test_what_happened_since_the_last_visit_is_told_and_what_was_before_is_not(run, as_role):
    ScoreRunFactory(as_of=AS_OF - dt.timedelta(days=1))
    RiskScoreFactory(run=run, member=MemberFactory(), risk=0.9)
    for hours, name in ((3, "mirror.sync"), (24 * 12, "retention.score")):
        at = SHOWN_ON - dt.timedelta(hours=hours)
        JobRun.objects.create(name=name, state="done", message=f"{hours}", created_at=at, finished_at=at)
    OutboxMessageFactory(state="done", done_at=SHOWN_ON - dt.timedelta(hours=1), target="task")

    told = [each.what for each in as_role("membership").get("/").context["page"].events]

    assert told[0] == "Tasks left."
    assert "1 member moved to high risk," in told
    assert len([what for what in told if what.endswith("finished.")]) == 1


def test_what_leaves_today_is_shown_with_its_time(run, as_role):
    OutboxMessageFactory(target="task", not_before=SHOWN_ON + dt.timedelta(minutes=20))
    OutboxMessageFactory(target="tag", not_before=SHOWN_ON + dt.timedelta(days=1))

    leaves = as_role("membership").get("/").context["page"].leaves

    assert [each.what for each in leaves] == ["Tasks, 1 write"]


def test_a_step_of_the_rollout_waits_for_who_may_agree(run, signed_in):
    asker = UserFactory(role="admin")
    RolloutChange.objects.create(
        area="retention", from_level=0, to_level=1, asked_by=asker, asked_at=SHOWN_ON
    )
    manager = UserFactory(role="membership")
    BlindTest.objects.create(area="retention", by=manager, started_at=SHOWN_ON)

    assert waits(signed_in(manager).get("/")) == {"Next phase": 1, "Blind test": 1}
    assert waits(signed_in(UserFactory(role="finance")).get("/")) == {}


@pytest.mark.parametrize("role", ["membership", "finance", "admin", "chapter", "executive"])
def test_today_asks_for_little_also_when_everything_is_new(run, signed_in, role):
    ScoreRunFactory(as_of=AS_OF - dt.timedelta(days=1))
    chapter = ChapterFactory(code="TX")
    RiskScoreFactory(run=run, member=MemberFactory(chapter=chapter))
    proposed(members=3)
    person = chapter_manager(chapter) if role == "chapter" else UserFactory(role=role)
    client = signed_in(person)

    with CaptureQueriesContext(connection) as queries:
        client.get("/")

    assert len(queries) <= 13, [query["sql"][:110] for query in queries]


def test_the_first_page_is_today_and_the_navigation_says_so(run, as_role):
    response = as_role("membership").get("/")

    assert response.status_code == 200
    assert response.context["here"].label == "Today"
    assert as_role("membership").get("/account/").context["here"] is None
    assert [place.label for place in response.context["bar"]] == ["Today", "Approvals", "Retention"]
