"""Several suggestions at once: one kind, each on its own, a report per item; and passing decisions on."""

import datetime as dt
import re

import pytest
from django.utils import timezone

from imis_ai.governance import kinds, proposals
from imis_ai.governance.models import AuditEntry, OutboxMessage, Proposal, SeveralDecided
from imis_ai.governance.proposals import many
from imis_ai.jobs.models import JobRun
from imis_ai.jobs.progress import SILENT, Cancelled
from tests.factories.accounts import UserFactory
from tests.governance.deciding import assisted, draft, tag_kind
from tests.reading import html_of

ADDRESS = "/approvals/several/"


@pytest.fixture(autouse=True)
def kinds_of_the_test(monkeypatch, db):
    assisted()
    monkeypatch.setattr(kinds, "KINDS", dict(kinds.KINDS))
    tag_kind()


def some(number, **more):
    by = more.pop("by", None)
    return [proposals.propose(draft=draft(n=n, **more), by=by, now=timezone.now()) for n in range(number)]


def picks(items):
    return [f"{item.pk}:{proposals.seen(proposal=item)}" for item in items]


def states():
    return sorted(Proposal.objects.values_list("state", flat=True))


@pytest.mark.row("GOV-01")
def test_a_few_are_approved_at_once_and_each_has_its_own_decision(as_role):
    items = some(3)
    client = as_role("membership")

    response = client.post(ADDRESS, {"do": "approve", "pick": picks(items), "back": "?tab=mine"})

    assert response["Location"] == "/approvals/?tab=mine"
    assert "3 approved." in html_of(client.get(response["Location"]))
    assert AuditEntry.objects.filter(action="proposal.approve").count() == 3
    assert OutboxMessage.objects.count() == 6


def test_who_may_not_decide_gets_nothing_through_and_a_reason_each(as_role):
    client = as_role("finance")

    client.post(ADDRESS, {"do": "approve", "pick": picks(some(2))})

    text = html_of(client.get("/approvals/"))
    assert "0 approved, 2 not." in text
    assert "2: Your role does not decide on this kind" in text
    assert states() == ["suggested", "suggested"]


def test_ones_own_and_what_changed_meanwhile_are_left_and_stay_selected(signed_in):
    priya = UserFactory()
    good, changed = some(2)
    mine = proposals.propose(draft=draft(n=9), by=priya, now=timezone.now())
    chosen = picks([good, changed, mine])
    change = {"segment": "Other"}
    proposals.edit(proposal=changed, changes=change, by=UserFactory(), now=timezone.now())
    client = signed_in(priya)

    client.post(ADDRESS, {"do": "approve", "pick": chosen, "back": "?tab=mine"})

    text = html_of(client.get("/approvals/"))
    assert "1 approved, 2 not." in text
    assert "1: You made this, so someone else approves it." in text
    assert "changed this after you opened it" in text
    assert re.search(rf'value="{changed.pk}:[^"]+" form="pick" data-pick checked', text)
    assert states() == ["approved", "suggested", "suggested"]


def test_two_kinds_at_once_are_refused_before_anything_is_decided(as_role):
    tag_kind(name="test.other", label="Other tags")
    client = as_role("membership")

    client.post(ADDRESS, {"do": "approve", "pick": picks(some(1) + some(1, kind="test.other"))})

    assert "You chose 2 kinds: other tags, tags." in html_of(client.get("/approvals/"))
    assert states() == ["suggested", "suggested"]


def test_over_fifty_are_shown_first_with_totals_sample_and_what_is_left_out(signed_in):
    priya = UserFactory()
    items = [*some(50), *some(1, by=priya, members=("7",))]
    client = signed_in(priya)

    response = client.post(ADDRESS, {"do": "approve", "pick": picks(items)})

    text = html_of(response)
    assert response.status_code == 200
    assert "Approve 50 suggestions" in text
    assert "1: You made this, so someone else approves it." in text
    assert "10 drawn at random to look at" in text
    assert set(states()) == {"suggested"}

    shown = re.search(r'name="items" value="([^"]+)"', text)[1]
    client.post(ADDRESS, {"do": "approve", "items": shown, "shown": "1"})

    assert states().count("approved") == 50
    held = Proposal.objects.filter(state="approved").first()
    assert held.hold_until - held.decided_at == dt.timedelta(minutes=60)


def test_everything_that_matches_is_taken_as_it_stands_and_shown_before(as_role):
    some(55)
    client = as_role("membership")

    text = html_of(client.post(ADDRESS, {"do": "approve", "all": "1", "back": "?tab=mine&kind=test.tags"}))

    assert "55 suggestions" in text
    assert len(re.search(r'name="items" value="([^"]+)"', text)[1].split()) == 55
    assert set(states()) == {"suggested"}


def test_totals_cannot_be_skipped_by_leaving_the_mark_out(as_role):
    """A large batch posted straight away, without the look at its totals, decides nothing."""
    client = as_role("membership")

    client.post(ADDRESS, {"do": "approve", "pick": picks(some(51))})

    assert set(states()) == {"suggested"}


def test_what_needs_two_people_is_decided_one_by_one(as_role):
    tag_kind(friction=kinds.Friction.SECOND)
    client = as_role("membership")

    client.post(ADDRESS, {"do": "approve", "pick": picks(some(2))})

    assert "2: This kind is approved one by one." in html_of(client.get("/approvals/"))
    assert states() == ["suggested", "suggested"]


def test_several_are_rejected_for_one_reason_or_set_aside(as_role):
    items = some(3)
    client = as_role("membership")

    asked = html_of(client.post(ADDRESS, {"do": "reject", "pick": picks(items[:2])}))
    client.post(ADDRESS, {"do": "reject", "pick": picks(items[:2]), "shown": "1", "reason": "timing"})
    client.post(ADDRESS, {"do": "later", "pick": picks(items[2:])})

    assert "Reason to reject" in asked
    assert states() == ["later", "rejected", "rejected"]


def test_a_dialog_gets_a_fragment_and_a_decision_a_new_page(as_role):
    client = as_role("membership")
    asks = {"HX-Request": "true", "HX-Target": "dialog"}

    shown = client.post(ADDRESS, {"do": "reject", "pick": picks(some(1))}, headers=asks)
    done = client.post(ADDRESS, {"do": "later", "pick": picks(some(1))}, headers=asks)

    assert "<html" not in html_of(shown)
    assert done["HX-Redirect"].startswith("/approvals/")


@pytest.mark.row("GOV-05")
def test_decisions_are_passed_on_and_taken_back_in_the_browser(signed_in):
    priya, marta = UserFactory(), UserFactory(first_name="Marta", last_name="Silva")
    today = timezone.localdate()
    client = signed_in(priya)
    fields = {"to": marta.pk, "what": "kind:test.tags", "from_on": today, "to_on": today}

    client.post("/approvals/passed-on/", fields)

    assert "Marta Silva decides instead of you on tags" in html_of(client.get("/approvals/"))
    other = signed_in(marta)
    assert f"you also decide for {priya}" in html_of(other.get("/approvals/"))
    assert "You decide for" in html_of(other.get(f"/approvals/{some(1)[0].pk}/"))

    number = re.search(r"/approvals/passed-on/(\d+)/end/", html_of(client.get("/approvals/passed-on/")))[1]
    client.post(f"/approvals/passed-on/{number}/end/")

    assert "decides instead of you" not in html_of(client.get("/approvals/"))
    assert signed_in(UserFactory()).post(f"/approvals/passed-on/{number}/end/").status_code == 404


@pytest.mark.row("GOV-01", "GOV-41")
def test_very_many_become_a_job_with_a_report_per_item_that_goes_on_after_it_was_stopped(
    signed_in, monkeypatch
):
    monkeypatch.setattr(many, "AS_JOB", 3)
    person = UserFactory(role="membership")
    client, items = signed_in(person), some(4)
    own = [proposals.propose(draft=draft(n=99), by=person, now=timezone.now())]
    everything = {"do": "approve", "shown": "1", "items": " ".join(picks([*own, *items]))}

    asked_at = client.post(ADDRESS, everything)["Location"]
    asked = SeveralDecided.objects.get()
    waiting = html_of(client.get(asked_at))
    assert ("<b>0 approved</b> of 5 so far" in waiting, states()) == (True, ["suggested"] * 5)

    stopped = StopsAfter(2)
    with pytest.raises(Cancelled):
        many.carry_out(asked=asked, now=timezone.now(), progress=stopped)
    many.carry_out(asked=SeveralDecided.objects.get(), now=timezone.now(), progress=SILENT)

    text = html_of(client.get(asked_at))
    assert "4 approved, 1 not" in text
    assert f"Suggestion {own[0].pk}</a>: You made this, so someone else approves it." in text
    assert AuditEntry.objects.filter(action="proposal.approve").count() == 4  # each once
    assert signed_in(UserFactory(role="membership")).get(asked_at).status_code == 404
    assert JobRun.objects.filter(name=many.JOB, requested_by=person).count() == 1


class StopsAfter(type(SILENT)):
    """Somebody cancels after so many."""

    def __init__(self, number):
        super().__init__()
        self.number = number

    def checkpoint(self):
        self.number -= 1
        if self.number < 0:
            raise Cancelled


def test_one_approval_asks_the_database_26_times_at_most(django_assert_max_num_queries):
    (item,), by = some(1, imis_id="101"), UserFactory(role="membership")
    seen = proposals.seen(proposal=item)

    with django_assert_max_num_queries(26):
        proposals.approve(proposal=item, as_seen=seen, by=by, now=timezone.now())
