"""Experiments in the browser's terms: planned, decided by another, read, stopped, widened; who sees what."""

import datetime as dt
import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from imis_ai.governance import proposals
from imis_ai.governance.experiments import ending, start
from imis_ai.governance.models import (
    ContactEntry,
    ContactEvent,
    Experiment,
    Feedback,
    Holdout,
    Proposal,
    StaffItem,
)
from imis_ai.mirror.models import Member
from tests.factories.accounts import UserFactory, chapter_manager
from tests.factories.experiments import planned, renewing, renews, running
from tests.factories.messages import ContactFactory
from tests.factories.mirror import ActivityFactory, ChapterFactory, PaymentFactory
from tests.reading import html_of

pytestmark = pytest.mark.django_db
TODAY = dt.date.today()
ENDS, BY = TODAY + dt.timedelta(days=30), TODAY + dt.timedelta(days=120)
NOW_ISH = dt.datetime.now(dt.UTC)


def plan_of(**fields):
    asked = {
        "name": "Letter or call",
        "area": "retention",
        "audience": "renewing",
        "outcome_by": BY.isoformat(),
        "window_days": "60",
        "control_share": "0.5",
        "rule": "fixed",
        "cycles": "3",
        "label_1": "Call",
        "cost_1": "4.50",
    }
    return asked | fields


def read_campaign(**fields):
    """Of 60 left alone 30 renewed, of 60 called 54; read a day ago."""
    ended = NOW_ISH - dt.timedelta(days=130)
    ends = ended.date() + dt.timedelta(days=30)
    members = {each.imis_id: each for each in renewing(120, ends=ends, **fields)}
    made = running(now=ended, outcome_by=ended.date() + dt.timedelta(days=120))
    for number, renewed in ((0, 30), (1, 54)):
        rows = made.assignments.filter(arm__number=number).order_by("imis_id")
        for row in rows[:renewed]:
            renews(members[row.imis_id], after=ends)
        if number:
            for row in rows[50:]:
                ContactFactory(imis_id=row.imis_id, sent_at=ended + dt.timedelta(days=1))
    return made


@pytest.mark.row("GOV-23", "GOV-24")
def test_a_plan_is_written_shown_with_what_it_can_see_and_decided_by_another(as_role, signed_in):
    renewing(430, ends=ENDS)
    maker, other = as_role("membership"), as_role("membership")

    kept = maker.post("/experiments/new/", plan_of(), follow=True)
    made = Experiment.objects.get()
    page = html_of(kept)
    asked = maker.post(f"/experiments/{made.pk}/start/", follow=True)
    proposal = Proposal.objects.get()
    own = maker.post(f"/approvals/{proposal.pk}/approve/", {"seen": proposals.seen(proposal=proposal)})
    agreed = other.post(f"/approvals/{proposal.pk}/approve/", {"seen": proposals.seen(proposal=proposal)})

    assert (
        "430 members with renewal not known, halved: you can see 14 points this cycle, 8 after three." in page
    )
    assert "Left alone" in page
    assert "$4.50" in page
    assert "The start waits for another person." in html_of(asked)
    assert (own.status_code, agreed.status_code) == (403, 302)
    assert made.assignments.count() == 0, "lots are drawn after the hold"


@pytest.mark.row("GOV-24")
def test_leaving_nobody_alone_needs_a_reason_on_the_form_too(as_role):
    client = as_role("membership")

    refused = client.post("/experiments/new/", plan_of(control_share="0", label_2="Letter"))
    kept = client.post(
        "/experiments/new/", plan_of(control_share="0", label_2="Letter", no_control_reason="By statute")
    )

    assert refused.status_code == 422
    assert "Keep it, or write why not." in html_of(refused)
    assert kept.status_code == 302


@pytest.mark.row("GOV-24", "CHURN-41")
def test_after_the_day_the_page_says_what_was_caused_apart_from_what_was_influenced(as_role):
    made = ending.read(experiment=read_campaign(), now=NOW_ISH)

    page = html_of(as_role("executive").get(f"/experiments/{made.pk}/"))

    assert "90 of 100 in “Call” renewed, 50 of 100 in the control group: 40 more (range 24 to 53)." in page
    assert "caused" in page
    assert '4 <span class="small block">10 contacted</span>' in " ".join(page.split())
    assert "$5,980" in page
    assert "<svg" in page
    assert "Difference by week" in page
    assert "Ask to widen" not in page


@pytest.mark.row("GOV-24")
def test_before_the_day_it_is_too_early_and_says_when_it_is_read(as_role):
    renewing(40, ends=ENDS)
    made = running(now=NOW_ISH, outcome_by=BY)

    page = html_of(as_role("membership").get(f"/experiments/{made.pk}/"))

    assert "Too early to tell." in page
    assert "It is read on" in page
    assert "caused</span>" not in page


def test_a_stop_needs_a_reason_is_at_once_and_can_be_undone(as_role):
    renewing(40, ends=ENDS)
    made, client = running(now=NOW_ISH, outcome_by=BY), as_role("membership")

    refused = client.post(f"/experiments/{made.pk}/stop/", {"reason": ""})
    stopped = client.post(f"/experiments/{made.pk}/stop/", {"reason": "Wrong text"}, follow=True)
    undone = client.post(f"/experiments/{made.pk}/undo/", follow=True)
    went_on = client.post(f"/experiments/{made.pk}/continue/", {"reason": "Looks fine"}, follow=True)

    assert refused.status_code == 422
    assert "A stop needs a reason." in html_of(refused)
    assert "Stopped: Wrong text." in html_of(stopped)
    assert "It goes on as if nothing had been." in html_of(undone)
    assert "on record" in html_of(went_on)


def test_widening_and_the_next_cycle_start_from_the_page(as_role):
    made = ending.read(experiment=read_campaign(), now=NOW_ISH)
    client = as_role("membership")

    asked = client.post(f"/experiments/{made.pk}/widen/", {"arm": "1"}, follow=True)
    again = client.post(f"/experiments/{made.pk}/again/", follow=True)

    assert "Another person decides." in html_of(asked)
    assert (
        Proposal.objects.get(kind="experiments.widen").title
        == "Widen “Call” of “Call before renewal” to everybody"
    )
    assert "The next cycle is planned." in html_of(again)


@pytest.mark.row("GOV-54")
def test_what_followed_each_contact_stands_beside_its_arm(as_role):
    made = read_campaign()
    first, second = made.assignments.filter(arm__number=1).order_by("imis_id")[50:52]
    sent, dana = made.started_at + dt.timedelta(days=1), Member.objects.get(imis_id=first.imis_id)
    entry = ContactEntry.objects.get(imis_id=first.imis_id)
    ContactEvent.objects.create(entry=entry, kind="reply", at=sent, key="1")
    ActivityFactory(member=dana, kind="email_open", at=sent + dt.timedelta(days=2))
    paid = sent.date() + dt.timedelta(days=9)
    PaymentFactory(member=Member.objects.get(imis_id=second.imis_id), received_on=paid)

    page = html_of(as_role("membership").get(f"/experiments/{made.pk}/followed/"))

    row = re.search(r"<td>Call</td>(.*?)</tr>", page, re.DOTALL)[1]
    assert re.findall(r'<td class="num">\s*(\d+)', row) == ["10", "1", "1", "1", "4", "0", "0"]
    assert "10 are over" in row


def test_a_chapter_manager_sees_own_counts_from_ten_members_on(signed_in):
    texas, gulf = ChapterFactory(code="TX"), ChapterFactory(code="GU")
    renewing(40, ends=ENDS, chapter=texas)
    renewing(9, ends=ENDS, chapter=gulf)
    made = running(now=NOW_ISH, outcome_by=BY)

    large = html_of(signed_in(chapter_manager(texas)).get(f"/experiments/{made.pk}/"))
    small = html_of(signed_in(chapter_manager(gulf)).get(f"/experiments/{made.pk}/"))

    assert "In your chapters" in large
    assert large.count("Too few to tell. Shown from 10.") == 0
    assert small.count("Too few to tell. Shown from 10.") == 2


@pytest.mark.row("GOV-35")
def test_three_figures_come_from_our_own_logs_with_their_formula_or_are_not_known(as_role):
    client = as_role("executive")
    nothing = html_of(client.get("/experiments/"))

    ending.read(experiment=read_campaign(), now=NOW_ISH)
    by = [UserFactory(), UserFactory()]
    for level, minutes in ((0, (50, 70)), (1, (20, 30))):
        for person, spent in zip(by, minutes, strict=True):
            Feedback.objects.create(
                area="retention", level=level, by=person, at=NOW_ISH, answers={}, minutes=spent
            )
    sent = [ContactFactory(imis_id=str(n), sent_at=NOW_ISH - dt.timedelta(days=3)) for n in range(8)]
    StaffItem.objects.create(imis_id="0", why="asked", key="a", entry=sent[0], opened_at=NOW_ISH)
    StaffItem.objects.create(imis_id="1", why="unreachable", key="b", entry=sent[1], opened_at=NOW_ISH)
    page = html_of(client.get("/experiments/"))

    assert nothing.count('<div class="val">not known</div>') == 3
    assert '<abbr title="Renewed of 100 in all arms that were contacted, minus' in page
    for value in ("+40 points", "70 minutes a day", "12.5 of 100"):
        assert f'<div class="val">{value}</div>' in page


@pytest.mark.row("GOV-24")
def test_the_control_group_of_an_area_is_switched_off_with_a_reason(as_role):
    client = as_role("membership")

    refused = client.post("/experiments/holdout/retention/", {"do": "off", "reason": ""})
    off = client.post("/experiments/holdout/retention/", {"do": "off", "reason": "By statute"}, follow=True)

    assert refused.status_code == 422
    assert "By statute" in html_of(off)
    assert Holdout.objects.get().is_on is False
    assert client.post("/experiments/holdout/nowhere/", {"do": "on"}).status_code == 404
    assert as_role("executive").post("/experiments/holdout/retention/").status_code == 403


def test_the_list_is_narrowed_by_state_area_and_owner(as_role):
    owner = UserFactory(role="membership", last_name="Owner")
    renewing(20, ends=ENDS)
    planned(by=owner, name="Mine", now=NOW_ISH, outcome_by=BY)
    running(name="Runs", now=NOW_ISH, outcome_by=BY)
    client = as_role("membership")

    def named(query):
        page = html_of(client.get(f"/experiments/?{query}"))
        return [name for name in ("Mine", "Runs") if f">{name}</a>" in page]

    assert named("") == ["Mine", "Runs"]
    assert named("tab=running") == ["Runs"]
    assert named("tab=over") == []
    assert named(f"owner={owner.pk}") == ["Mine"]
    assert named("area=retention") == ["Mine", "Runs"]
    assert named("area=nothing&owner=x&tab=y&page=z") == ["Mine", "Runs"]


@pytest.mark.parametrize("role", ["membership", "chapter"])
def test_the_number_of_queries_is_small_and_does_not_grow(as_role, role):
    renewing(20, ends=ENDS)
    made = running(now=NOW_ISH, outcome_by=BY)
    client = as_role(role)
    client.get("/experiments/")

    with CaptureQueriesContext(connection) as few:
        client.get(f"/experiments/{made.pk}/")
    renewing(40, ends=ENDS)
    other = start.begin(experiment=planned(now=NOW_ISH, outcome_by=BY), now=NOW_ISH)
    with CaptureQueriesContext(connection) as many:
        client.get(f"/experiments/{other.pk}/")
    with CaptureQueriesContext(connection) as listed:
        client.get("/experiments/")
    with CaptureQueriesContext(connection) as answers:
        client.get(f"/experiments/{other.pk}/followed/", headers={"HX-Request": "true"})

    said = [query["sql"][:90] for query in many]
    assert len(many) <= len(few) <= 12, said
    assert len(listed) <= 12, [query["sql"][:90] for query in listed]
    assert len(answers) <= 12, [query["sql"][:90] for query in answers]
