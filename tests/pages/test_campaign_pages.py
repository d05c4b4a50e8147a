"""Campaigns in the browser's terms: caused apart from influenced, too early, files by campaign and member."""

import csv
import datetime as dt

import pytest
from django.utils import timezone

from imis_ai.accounts.models import AccessEntry
from imis_ai.governance import proposals
from imis_ai.governance.experiments import ending, enter
from imis_ai.governance.models import ContactEntry, Proposal
from retention import actions
from tests.factories.accounts import UserFactory
from tests.factories.messages import ContactFactory
from tests.pages.test_experiment_pages import NOW_ISH, read_campaign
from tests.reading import html_of
from tests.retention.outreach import ready, scored

pytestmark = pytest.mark.django_db
ADDRESS = "/retention/campaigns/"


def approve(proposal, now):
    by = UserFactory(password=None)
    return proposals.approve(proposal=proposal, as_seen=proposals.seen(proposal=proposal), by=by, now=now)


@pytest.mark.row("CHURN-41", "CHURN-34", "U6")
def test_a_read_campaign_says_what_was_caused_and_one_that_runs_says_too_early(as_role, monkeypatch):
    made = ending.read(experiment=read_campaign(), now=NOW_ISH)
    monkeypatch.setattr(enter, "ENOUGH", 20)
    now = timezone.now()
    run, ends = ready(now), timezone.localdate() + dt.timedelta(days=30)
    for _ in range(24):
        scored(run, risk=0.45, renews_on=ends, uses=("Member library",), now=now)
    drafted = actions.draft_night(now=now).drafts
    first, second, *_ = [each for each in drafted.values() if "experiment" in each.made_from]
    approve(first, now)
    ContactEntry.objects.filter(proposal=first).update(
        state="replied", reference="IAI-1", sent_at=now - dt.timedelta(minutes=1)
    )
    client = as_role("executive")

    text = html_of(as_role("membership").get(ADDRESS))

    assert "Too few to tell. Shown from 10." in html_of(client.get(ADDRESS))
    assert "Standing control group, retention" in text
    assert "Too early to tell" in text
    assert "40 more (range 24 to 53)" in text
    assert "Kept because of it" in text
    assert "Dana" not in text
    one = html_of(client.get(f"{ADDRESS}{made.pk}/"))
    assert "90 of 100 in “Call” renewed, 50 of 100 in the control group: 40 more" in one
    assert "Influenced: 4 members contacted who renewed." in one
    running = first.made_from["experiment"]
    page = html_of(as_role("membership").get(f"{ADDRESS}{running}/"))
    assert "Early renewal, version 1" in page
    assert second.made_from["experiment"] == running
    assert client.get(f"{ADDRESS}{running}/export.csv").status_code == 403
    lines = b"".join(client.get(f"{ADDRESS}export.csv")).decode("utf-8-sig").splitlines()
    assert lines[0].startswith("campaign,state,drafted")
    assert len(lines) == 2  # the other has too few for who sees totals only


@pytest.mark.row("CHURN-47", "GOV-04")
def test_score_action_approver_and_answer_stand_in_one_line_for_a_member(as_role, signed_in):
    now = timezone.now()
    run, ends = ready(now), timezone.localdate() + dt.timedelta(days=30)
    member = scored(run, risk=0.45, renews_on=ends, uses=("Member library",), name="Dana Reed", now=now)
    approve(actions.draft_night(now=now).drafts[member.imis_id], now)
    ContactEntry.objects.filter(proposal__isnull=False).update(
        state="replied", reference="IAI-1", sent_at=now - dt.timedelta(minutes=1)
    )
    entry = ContactEntry.objects.get()
    entry.events.create(kind="reply", at=now, key="1")
    ContactFactory(imis_id="other", reference="IAI-2")
    client = as_role("membership")

    file = b"".join(client.get(f"/retention/members/{member.imis_id}/outreach.csv")).decode("utf-8-sig")

    [found] = csv.DictReader(file.splitlines())
    assert (found["name"], found["score_of_100"], found["state"]) == ("Dana Reed", "45", "approved")
    assert found["approver"] == str(Proposal.objects.get().decisions.get(what="approve").by)
    assert (found["replied"], found["opened"], found["model"]) == ("yes", "no", "churn 2026.6.1")
    assert AccessEntry.objects.filter(imis_id=member.imis_id, detail__list="outreach of a member").exists()
    outside = b"".join(client.get(f"{ADDRESS}0/export.csv")).decode("utf-8-sig").splitlines()
    assert len(outside) == 2
    [draft] = client.get("/api/v1/retention/outreach/?state=approved").json()["results"]
    assert (draft["imis_id"], draft["purpose"], draft["channel"]) == (member.imis_id, "reminder", "email")
    assert client.get("/api/v1/retention/campaigns/").json() == []  # under ten
    text = html_of(client.get(f"{ADDRESS}0/"))
    assert "Nothing can be called caused." in text
