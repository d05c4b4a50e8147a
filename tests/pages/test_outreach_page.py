"""The outreach queue: read, change, approve, many at once, what was stopped, who sees what."""

import datetime as dt
import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from imis_ai.accounts.models import AccessEntry
from imis_ai.governance.models import OutboxMessage, Proposal
from imis_ai.mirror.models import Consent
from retention import actions
from retention.models import Introducer, Seats
from tests.factories.accounts import chapter_manager
from tests.factories.mirror import ChapterFactory, EventFactory, PaymentFactory
from tests.reading import html_of
from tests.retention.outreach import ready, scored

pytestmark = pytest.mark.django_db
ADDRESS = "/retention/outreach/"
LIBRARY = ("Member library",) * 3


@pytest.fixture
def world():
    """Three drafts of one text, one by SMS, and one member without consent."""
    now = timezone.now()
    run, ends = ready(now), timezone.localdate() + dt.timedelta(days=30)
    common = {"risk": 0.45, "renews_on": ends, "uses": LIBRARY, "now": now}
    names = ("Dana Whitfield", "Ravi Anand", "Hae-won Seo")
    mailed = [scored(run, first_name=name.split()[0], name=name, **common) for name in names]
    texted = scored(run, sms_only=True, first_name="Sam", name="Sam Silent", **common)
    silent = scored(run, first_name="Nora", name="Nora None", **common)
    Consent.objects.filter(member=silent).delete()
    actions.draft_night(now=now)
    return mailed, texted, silent


def draft_of(member):
    return Proposal.objects.get(imis_id=member.imis_id, kind="retention.message")


def decide(client, proposal, what, **fields):
    return client.post(f"{ADDRESS}{proposal.pk}/{what}/", {"back": f"?panel={proposal.pk}"} | fields)


def seen(proposal):
    return f"{proposal.version}:{proposal.digest}"


@pytest.mark.row("CHURN-25", "CHURN-26", "CHURN-24", "GOV-06")
def test_one_draft_is_read_changed_and_approved_and_the_next_one_opens(world, as_role):
    (dana, ravi, _), texted, _ = world
    client, proposal = as_role("membership"), draft_of(dana)

    text = html_of(client.get(f"{ADDRESS}?panel={proposal.pk}"))

    assert f'<a href="/members/{dana.imis_id}/?kind=membership"' in text
    assert "<mark>Member library 3 times</mark>" in text
    assert "E-mail: the member agreed to it; no past answers to compare." in text
    assert "Early renewal, version 1" in text
    assert "0 of 3 in 30 days" in text
    assert "nothing; the standard notice goes out as always" in text
    assert "4 drafts left, about 2 minutes at 25 s each." in text
    assert AccessEntry.objects.filter(imis_id=dana.imis_id, detail__where="outreach").exists()
    assert "1 part" in html_of(client.get(f"{ADDRESS}?panel={draft_of(texted).pk}"))

    forbidden = decide(client, proposal, "edit", body=f"{proposal.payload['body']} You get 10 % off.")
    assert forbidden.status_code == 422
    assert "You get 10 % off." in html_of(forbidden)
    words = proposal.payload["body"].replace("Dear Dana", "Good morning Dana")
    assert decide(client, proposal, "edit", body=words, subject="For you").status_code == 302
    proposal.refresh_from_db()
    changed = html_of(client.get(f"{ADDRESS}?panel={proposal.pk}"))
    assert '<ins ><span class="vh">Added: </span>Good morning</ins>' in changed or "Good morning" in changed
    assert proposal.edited_by is not None

    stale = decide(client, proposal, "approve", seen="1:nothing")
    assert stale.status_code == 409
    gone_on = decide(client, proposal, "approve", seen=seen(proposal))

    assert gone_on["Location"] == f"{ADDRESS}?panel={draft_of(ravi).pk}"
    assert OutboxMessage.objects.get().fields["body"] == words.strip()
    after = html_of(client.get(gone_on["Location"]))
    assert "1 draft decided today" in after
    assert f'action="{ADDRESS}{proposal.pk}/undo/"' in after
    decide(client, proposal, "undo")
    proposal.refresh_from_db()
    assert proposal.state == "undone"


@pytest.mark.row("CHURN-26", "GOV-31")
def test_many_of_one_text_are_approved_after_their_sample_was_opened(world, as_role):
    mailed, texted, _ = world
    PaymentFactory(member=mailed[2], received_on=timezone.localdate())
    client, version = as_role("membership"), draft_of(mailed[0]).payload["template_version"]
    both = [f"{item.pk}:{seen(item)}" for item in map(draft_of, (mailed[0], texted))]

    mixed = client.post(f"{ADDRESS}several/", {"do": "approve", "pick": both}, follow=True)
    assert "come from several texts" in html_of(mixed)
    shown = html_of(client.post(f"{ADDRESS}several/", {"do": "approve", "text": version}))
    assert "3 drawn at random" in shown
    assert shown.count('<details class="fold" open>') == 3
    items = re.search(r'name="items" value="([^"]+)"', shown)[1]
    done = client.post(f"{ADDRESS}several/", {"do": "approve", "items": items, "shown": "1"}, follow=True)

    text = html_of(done)
    assert "2 approved, 1 not." in text
    assert "a payment came in" in text
    assert OutboxMessage.objects.count() == 2


@pytest.mark.row("GOV-19", "CHURN-47")
def test_who_was_stopped_is_named_with_the_rule_and_a_chapter_sees_its_own(world, as_role, signed_in):
    mailed, _, silent = world
    client = as_role("membership")

    stopped = html_of(client.get(f"{ADDRESS}?tab=stopped"))
    assert "Nora None has not agreed to E-mail. Use another channel, or call." in stopped
    filtered = html_of(client.get(f"{ADDRESS}?channel=sms"))
    assert ("Sam Silent" in filtered, "Dana Whitfield" in filtered) == (True, False)
    one = html_of(client.get(f"{ADDRESS}?member={mailed[0].imis_id}"))
    assert ("Dana Whitfield" in one, "Ravi Anand" in one) == (True, False)
    at_risk = html_of(client.get("/retention/?panel="))
    assert f'href="/retention/outreach/?member={mailed[0].imis_id}"' in at_risk
    lines = b"".join(client.get(f"{ADDRESS}export.csv")).decode("utf-8-sig").splitlines()
    assert len(lines) == 5
    assert "Early renewal reminder" in lines[1]
    own = signed_in(chapter_manager(mailed[1].chapter))
    text = html_of(own.get(ADDRESS))
    assert ("Ravi Anand" in text, "Dana Whitfield" in text) == (True, False)
    assert decide(own, draft_of(mailed[0]), "approve", seen="1:x").status_code == 404
    assert decide(as_role("finance"), draft_of(mailed[0]), "approve", seen="1:x").status_code == 403
    assert as_role("executive").get(ADDRESS).status_code == 403
    assert silent.name not in text


def test_the_queue_stands_on_the_first_page_and_asks_little(world, as_role):
    client = as_role("membership")

    assert 'href="/retention/outreach/"' in html_of(client.get("/"))
    with CaptureQueriesContext(connection) as asked:
        client.get(f"{ADDRESS}?panel=0")
    assert len(asked) <= 22


@pytest.mark.row("CHURN-05", "CHURN-36")
def test_staff_say_what_may_be_given(world, as_role, signed_in):
    mailed, _, _ = world
    event = EventFactory(name="Grant writing", starts_at=timezone.now() + dt.timedelta(days=9))
    client, page = as_role("membership"), f"{ADDRESS}offers/"

    client.post(page, {"do": "seats", "event": event.key, "seats": "12"})
    client.post(page, {"do": "agree", "imis_id": mailed[0].imis_id})
    unknown = client.post(page, {"do": "agree", "imis_id": "nobody"})

    assert unknown.status_code == 422
    text = html_of(client.get(page))
    assert "0 of 12 promised" in text
    assert "Comes to fewer events" in text
    assert "Complimentary webinar" in text
    assert (Seats.objects.get().seats, Introducer.objects.get().member) == (12, mailed[0])
    other = signed_in(chapter_manager(ChapterFactory(code="ZZ")))
    assert other.post(page, {"do": "agree", "imis_id": mailed[1].imis_id}).status_code == 422
    client.post(page, {"do": "end", "introducer": Introducer.objects.get().pk})
    assert Introducer.objects.get().ended_at is not None
