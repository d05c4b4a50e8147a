"""What a night drafts, for whom, by which channel and with which offer; and whom it leaves alone."""

import datetime as dt

import pytest

from imis_ai.features.calc.vectors import DIMENSIONS
from imis_ai.features.models import MemberVector
from imis_ai.governance import proposals
from imis_ai.governance.experiments import enter
from imis_ai.governance.models import OfferUse, OutboxMessage, Proposal, RolloutStep
from imis_ai.governance.refusals import Blocked, Changed
from imis_ai.rules import tree
from imis_ai.rules.wire import to_json
from retention import actions
from retention.actions import promises
from retention.models import LeftOut, Promise
from tests.factories.accounts import UserFactory
from tests.factories.messages import NOW
from tests.factories.mirror import (
    ChapterFactory,
    EventFactory,
    MemberFactory,
    PaymentFactory,
    RegistrationFactory,
)
from tests.retention.outreach import NO_EVENTS, TODAY, ready, scored

pytestmark = pytest.mark.django_db
LIBRARY = ("Member library",) * 3 + ("Job board",)


@pytest.fixture
def run():
    return ready()


def night(now=NOW):
    return actions.draft_night(now=now)


def body(member):
    return Proposal.objects.get(imis_id=member.imis_id).payload["body"]


@pytest.mark.row("CHURN-06", "CHURN-24", "CHURN-25", "CHURN-44")
def test_a_night_drafts_by_band_and_twice_makes_nothing_twice(run):
    reminded = scored(run, risk=0.45, first_name="Mia", uses=LIBRARY)
    early = scored(run, risk=0.45, renews_on=TODAY + dt.timedelta(days=46), uses=LIBRARY)
    steady = scored(run, risk=0.1, uses=LIBRARY)
    texted = scored(run, risk=0.45, sms_only=True, uses=LIBRARY)
    silent = scored(run, risk=0.45, uses=LIBRARY)
    silent.consent_set.all().delete()

    first, again = night(), night(NOW + dt.timedelta(hours=2))

    assert set(first.drafts) == {reminded.imis_id, texted.imis_id}, first.left_out
    assert again.drafts == {}
    assert early.imis_id not in first.left_out
    assert steady.imis_id not in first.left_out
    said = body(reminded)
    assert "Mia" in said
    assert "Member library 3 times and Job board 1 time" in said
    assert "Renew in the member portal" in said
    payload = first.drafts[texted.imis_id].payload
    assert (payload["channel"], payload["channel_reason"]) == (
        "sms",
        "SMS: the member agreed to it, and no other channel may be used.",
    )
    assert {row.member.imis_id: row.rule for row in LeftOut.objects.all()} == {silent.imis_id: "consent"}
    assert not OutboxMessage.objects.exists()


@pytest.mark.row("CHURN-04", "CHURN-05", "CHURN-36")
def test_a_member_who_stopped_coming_gets_a_free_seat_in_the_directors_name(run, settings):
    settings.MAIL_DIRECTOR = "Helena Brandt <director@alder.example>"
    full, free = (
        EventFactory(name=name, starts_at=NOW + dt.timedelta(days=n))
        for n, name in ((5, "Full"), (9, "Free"))
    )
    promises.set_aside(event=full.key, seats=1, by=None, now=NOW)
    promises.set_aside(event=free.key, seats=1, by=None, now=NOW)
    members = [scored(run, risk=0.8, factors=[NO_EVENTS]) for _ in range(3)]
    RegistrationFactory(member=members[0], event=full)

    made = night()

    assert len(made.drafts) == 3
    seats = dict(Promise.objects.values_list("member__imis_id", "event"))
    assert seats[members[0].imis_id] == free.key  # has a place of her own at the other
    assert sorted(seats.values()) == sorted([full.key, free.key])
    given = body(members[0])
    assert "a complimentary seat at our next webinar: Free on 10 June 2026" in given
    assert "Helena Brandt\nMembership director" in given
    assert not any(word in given.casefold() for word in ("risk", "lapse", "declined", "score"))
    proposal = made.drafts[members[0].imis_id]
    assert (proposal.made_from["reason"], proposal.made_from["offer_because"]) == ("events", "events")
    assert proposal.payload["sender"] == "director"
    assert OfferUse.objects.filter(given_back_at=None).count() == 2


@pytest.mark.row("CHURN-25", "CHURN-05")
def test_a_seat_that_staff_take_back_stops_the_draft_and_a_rejected_one_is_free_again(run):
    event = EventFactory(name="Grants", starts_at=NOW + dt.timedelta(days=5))
    promises.set_aside(event=event.key, seats=1, by=None, now=NOW)
    member = scored(run, risk=0.8, factors=[NO_EVENTS])
    proposal, by = night().drafts[member.imis_id], UserFactory(password=None)

    promises.set_aside(event=event.key, seats=0, by=None, now=NOW)
    with pytest.raises(Changed, match="Webinar with a free seat is not known any more"):
        proposals.approve(proposal=proposal, as_seen=proposals.seen(proposal=proposal), by=by, now=NOW)
    proposals.reject(proposal=proposal, reason="wrong", by=by, now=NOW)
    night(NOW + dt.timedelta(days=1))

    assert Promise.objects.get().ended_at is not None
    assert OfferUse.objects.get().given_back_at is not None
    assert Proposal.objects.filter(kind="retention.message").count() == 1  # not again for the same term


@pytest.mark.row("CHURN-05")
def test_a_peer_is_the_most_similar_one_of_the_chapter_who_agreed(run):
    texas, by = ChapterFactory(code="TX"), UserFactory(password=None)
    member = scored(run, risk=0.8, chapter=texas, factors=[NO_EVENTS | {"feature": "community.posts_90"}])
    near, far = MemberFactory(name="Near Peer", chapter=texas), MemberFactory(name="Far Peer", chapter=texas)
    silent, gulf = MemberFactory(name="Never Asked", chapter=texas), MemberFactory(name="Gulf Peer")
    for other, at in ((member, 0.0), (silent, 0.0), (gulf, 0.0), (near, 0.1), (far, 0.9)):
        MemberVector.objects.create(pseudonym=other.pseudonym, values=[at] * DIMENSIONS, as_of=TODAY)
    for other in (far, near, gulf):
        promises.agree(imis_id=other.imis_id, by=by, now=NOW)

    night()

    assert "You would meet Near Peer" in body(member)
    assert Promise.objects.get().peer == near


@pytest.mark.row("CHURN-27")
def test_the_most_valuable_never_get_mail_and_are_named(run):
    valued = scored(run, risk=0.9)
    PaymentFactory(member=valued, received_on=TODAY - dt.timedelta(days=100), amount="99000.00")

    made = night()

    assert made.drafts == {}
    assert made.left_out[valued.imis_id].rule == "people only"


@pytest.mark.row("CHURN-40")
def test_in_grace_the_text_and_the_offer_are_others(run):
    ended = TODAY - dt.timedelta(days=10)
    member = scored(run, risk=0.7, renews_on=ended, factors=[NO_EVENTS])

    night()

    said = body(member)
    assert "Your membership ended on 22 May 2026. Your benefits run until 21 July 2026." in said
    assert "a guest pass for a colleague" in said


@pytest.mark.row("CHURN-43", "GOV-03")
def test_a_pilot_in_one_tier_drafts_for_that_tier_only(run):
    inside, outside = scored(run, risk=0.45, uses=LIBRARY), scored(run, risk=0.45, uses=LIBRARY)
    RolloutStep.objects.update(scope=to_json(tree.Among("tier", (inside.tier.code,))))

    made = night()

    assert set(made.drafts) == {inside.imis_id}
    assert outside.imis_id not in made.left_out


@pytest.mark.row("CHURN-34", "U6")
def test_a_large_night_leaves_a_tenth_alone_and_drafts_nothing_for_them(run, monkeypatch):
    monkeypatch.setattr(enter, "ENOUGH", 20)
    members = [scored(run, risk=0.45, uses=LIBRARY) for _ in range(24)]

    made = night()

    held = {imis_id for imis_id, why in made.left_out.items() if why.rule == "control group"}
    assert held
    assert len(held) + len(made.drafts) == len(members)
    assert not Proposal.objects.filter(imis_id__in=held).exists()


def test_seats_of_an_event_that_is_over_cannot_be_given(db):
    event = EventFactory(starts_at=NOW - dt.timedelta(days=5))

    with pytest.raises(Blocked, match="has begun"):
        promises.set_aside(event=event.key, seats=5, by=None, now=NOW)
