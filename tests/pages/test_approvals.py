"""Approvals in the browser's terms: the inbox, the panel, and each decision with its answer."""

import re

import pytest

from imis_ai.governance import kinds, proposals
from imis_ai.governance.models import OutboxMessage, Proposal
from tests.factories.accounts import UserFactory, chapter_manager
from tests.factories.mirror import ChapterFactory, MemberFactory
from tests.governance.deciding import assisted, draft, tag_kind
from tests.reading import html_of


@pytest.fixture(autouse=True)
def kinds_of_the_test(monkeypatch, db):
    assisted()
    monkeypatch.setattr(kinds, "KINDS", dict(kinds.KINDS))
    tag_kind()


@pytest.fixture
def proposal(db):
    from django.utils import timezone

    return proposals.propose(draft=draft(), by=None, now=timezone.now())


def seen_in(client, proposal):
    text = client.get(f"/approvals/{proposal.pk}/").content.decode()
    return re.search(r'name="seen" value="([^"]+)"', text)[1]


@pytest.mark.row("GOV-01")
def test_approved_from_its_page_it_waits_in_the_queue(proposal, as_role):
    client = as_role("membership")

    response = client.post(
        f"/approvals/{proposal.pk}/approve/", {"seen": seen_in(client, proposal)}, follow=True
    )

    assert "can be undone until then" in response.content.decode()
    assert OutboxMessage.objects.filter(state="queued").count() == 2


@pytest.mark.row("GOV-01")
def test_who_may_not_approve_is_told_why_and_nothing_leaves(proposal, as_role):
    response = as_role("finance").post(f"/approvals/{proposal.pk}/approve/", {"seen": "1:x"})

    assert response.status_code == 403
    assert "Your role does not decide on this kind" in response.content.decode()
    assert OutboxMessage.objects.count() == 0


def test_a_changed_suggestion_is_shown_again_with_the_note_kept(proposal, as_role):
    client = as_role("membership")

    response = client.post(f"/approvals/{proposal.pk}/approve/", {"seen": "1:old", "note": "Looks right"})

    assert response.status_code == 409
    assert "changed this after you opened it" in response.content.decode()
    assert "Looks right" in response.content.decode()


def test_a_double_click_acts_once(proposal, as_role):
    client = as_role("membership")
    seen = seen_in(client, proposal)

    codes = [client.post(f"/approvals/{proposal.pk}/approve/", {"seen": seen}).status_code for _ in range(2)]

    assert codes[0] == 302
    assert codes[1] in (403, 409)
    assert OutboxMessage.objects.count() == 2


def test_the_inbox_shows_what_waits_and_who_asked(proposal, as_role):
    text = as_role("membership").get("/approvals/").content.decode()

    assert "Tag the advocates" in text
    assert "2 tags" in text
    assert "imis_ai" in text


def test_own_suggestions_are_under_what_i_asked(db, signed_in):
    from django.utils import timezone

    priya = UserFactory()
    proposals.propose(draft=draft(), by=priya, now=timezone.now())
    client = signed_in(priya)

    assert "Nothing waits for your yes" in client.get("/approvals/").content.decode()
    assert "Tag the advocates" in client.get("/approvals/?tab=asked").content.decode()


def test_rejected_set_aside_noted_undone(proposal, as_role):
    client = as_role("membership")
    at = f"/approvals/{proposal.pk}"

    client.post(f"{at}/note/", {"note": "Ask Marta first"})
    client.post(f"{at}/later/", {"until": "monday"})
    client.post(f"{at}/reject/", {"reason": "timing"})
    client.post(f"{at}/undo/")

    text = client.get(f"{at}/").content.decode()
    assert "Ask Marta first" in text
    assert [d.what for d in proposal.decisions.all()] == ["propose", "note", "later", "reject", "undo"]
    assert Proposal.objects.get().state == "suggested"


@pytest.mark.row("GOV-19")
def test_another_chapters_suggestion_is_not_there(db, signed_in):
    from django.utils import timezone

    texas, gulf = ChapterFactory(code="TX"), ChapterFactory(code="GU")
    MemberFactory(imis_id="998811", chapter=gulf)
    other = proposals.propose(draft=draft(members=["998811"], imis_id="998811"), by=None, now=timezone.now())
    client = signed_in(chapter_manager(texas))

    assert client.get(f"/approvals/{other.pk}/").status_code == 404
    assert client.post(f"/approvals/{other.pk}/approve/").status_code == 404
    assert "Tag the advocates" not in client.get("/approvals/").content.decode()


def test_an_unknown_decision_is_not_there(proposal, as_role):
    assert as_role("membership").post(f"/approvals/{proposal.pk}/explode/").status_code == 404


def test_the_inbox_asks_the_database_as_often_for_three_as_for_thirty(
    as_role, django_assert_max_num_queries, db
):
    from django.utils import timezone

    client = as_role("membership")
    for n in range(30):
        proposals.propose(draft=draft(n=n), by=None, now=timezone.now())

    with django_assert_max_num_queries(12):
        client.get("/approvals/")


def test_filters_stand_in_the_address_and_narrow_the_list(as_role, signed_in, db):
    from django.utils import timezone

    frank = UserFactory(first_name="Frank", last_name="Osei")
    tag_kind(name="test.other", label="Other tags", area="segments")
    proposals.propose(draft=draft(), by=None, now=timezone.now())
    proposals.propose(draft=draft(kind="test.other"), by=frank, now=timezone.now())
    client = as_role("membership")

    assert rows(client, "") == 2
    assert rows(client, "?kind=test.other") == rows(client, "?area=segments") == 1
    assert rows(client, f"?asked_by={frank.pk}") == rows(client, "?asked_by=imis_ai") == 1
    assert rows(client, "?due=overdue") == 0
    assert "No suggestion matches these filters" in client.get("/approvals/?due=overdue").content.decode()


def rows(client, query):
    return client.get(f"/approvals/{query}").content.decode().count("data-row=")


def test_sorted_by_age_and_by_due_date(as_role, db):
    import datetime as dt

    from django.utils import timezone

    now = timezone.now()
    early = draft(n=1, due_at=now + dt.timedelta(days=2))
    late = draft(n=2, due_at=now + dt.timedelta(days=5))
    first = proposals.propose(draft=late, by=None, now=now - dt.timedelta(hours=2))
    second = proposals.propose(draft=early, by=None, now=now)
    client = as_role("membership")

    def order(sort):
        text = client.get(f"/approvals/?sort={sort}").content.decode()
        return [int(number) for number in re.findall(r'data-row="(\d+)"', text)]

    assert order("due") == order("") == [second.pk, first.pk]
    assert order("-due") == order("-age") == [first.pk, second.pk]
    assert order("age") == [second.pk, first.pk]


def test_all_of_it_is_for_administrators_only(proposal, as_role):
    assert "?tab=all" in as_role("admin").get("/approvals/").content.decode()
    other = as_role("membership").get("/approvals/?tab=all").content.decode()
    assert 'href="/approvals/?tab=all"' not in other


def test_after_a_decision_in_the_panel_the_next_one_is_open(as_role, db):
    from django.utils import timezone

    first, second, third = (
        proposals.propose(draft=draft(n=n), by=None, now=timezone.now()) for n in range(3)
    )
    client = as_role("membership")
    fields = {"seen": seen_in(client, second), "back": f"?kind=test.tags&panel={second.pk}"}

    response = client.post(f"/approvals/{second.pk}/approve/", fields)

    assert response["Location"] == f"/approvals/?kind=test.tags&panel={third.pk}"
    assert first.state == "suggested"


def test_ones_own_pace_is_shown_to_oneself(signed_in, db):
    from django.utils import timezone

    priya = UserFactory()
    now = timezone.now()
    for n in range(10):
        made = proposals.propose(draft=draft(n=n), by=None, now=now)
        proposals.approve(proposal=made, as_seen=proposals.seen(proposal=made), by=priya, now=now)
    told = "In 30 days you decided 10 times"

    assert told in html_of(signed_in(priya).get("/approvals/?tab=done"))
    assert "decided 10 times" not in html_of(signed_in(UserFactory()).get("/approvals/?tab=done"))
    assert "Usual time between two" in html_of(
        signed_in(UserFactory(role="admin")).get("/approvals/?tab=all")
    )
