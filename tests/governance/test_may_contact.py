"""One ledger over all areas: consent, opt-outs, silence, limits, quiet hours, people for the most valued."""

import datetime as dt

import pytest

from imis_ai.governance import messages
from imis_ai.governance.messages import contact, ledger, limits, pauses
from imis_ai.governance.models import AuditEntry, ContactEntry, OptOut, Pause
from imis_ai.governance.refusals import NotAllowed
from imis_ai.mirror.models import Consent, Member, MemberAlias
from tests.factories.accounts import UserFactory
from tests.factories.messages import NOW, ContactFactory, reachable
from tests.factories.mirror import ActivityFactory, InvoiceFactory, MemberFactory, PaymentFactory

pytestmark = pytest.mark.django_db
DAY = dt.timedelta(days=1)


def may(member, channel="email", area="retention", now=NOW, **more):
    return messages.may_contact(imis_id=member.imis_id, channel=channel, area=area, now=now, **more)


def test_a_member_who_agreed_and_is_left_in_peace_may_be_contacted():
    assert may(reachable()) is None


@pytest.mark.row("CHURN-24")
def test_without_consent_there_is_no_channel():
    refused, silent = reachable(), MemberFactory()
    Consent.objects.filter(member=refused, channel="email").update(granted=False)

    assert may(refused).rule == may(silent).rule == "consent"
    assert "has refused E-mail" in may(refused).sentence
    assert "has not agreed to E-mail" in may(silent).sentence
    assert may(silent, channel="portal") is None


@pytest.mark.parametrize("field", ["email", "phone"])
def test_an_address_that_is_missing_or_came_back_is_not_used_until_it_changes(field):
    channel = "email" if field == "email" else "sms"
    member = reachable()
    address = getattr(member, field)
    digest = contact.addresses.digest(
        contact.addresses.of(contact.contact.people([member.imis_id])[member.imis_id], channel)
    )
    ledger.opt_out(
        imis_id=member.imis_id,
        kind="unusable",
        channel=channel,
        address_digest=digest,
        source="bounce",
        now=NOW,
    )
    assert "came back" in may(member, channel).sentence

    Member.objects.filter(pk=member.pk).update(**{field: ""})
    assert "no usable" in may(member, channel).sentence
    Member.objects.filter(pk=member.pk).update(**{field: address.replace("2", "3").replace("m", "n")})
    assert may(member, channel) is None


def test_opt_outs_count_for_what_they_say_and_for_every_number_the_person_had():
    member, other = reachable(), reachable()
    MemberAlias.objects.create(imis_id="old-1", retained_imis_id=member.imis_id, merged_at=NOW)
    ledger.opt_out(imis_id="old-1", kind="no marketing", source="stop page", now=NOW)
    ledger.opt_out(imis_id=other.imis_id, kind="channel", channel="sms", source="reply", now=NOW)

    assert may(member).rule == "opt-out"
    assert may(member, area="renewals") is None
    assert may(other, "sms").rule == "opt-out"
    assert may(other, "email") is None
    ledger.opt_out(imis_id=other.imis_id, kind="restricted", source="staff", now=NOW)
    assert may(other, "portal", area="renewals").rule == "opt-out"


@pytest.mark.row("U8")
def test_money_just_in_an_open_case_a_death_and_a_pause_ask_for_silence():
    paid, settled, case, died, paused = (reachable() for _ in range(5))
    PaymentFactory(member=paid, received_on=NOW.date())
    InvoiceFactory(member=settled, paid_on=NOW.date() - DAY)
    ActivityFactory(member=case, kind="case_opened", at=NOW - 5 * DAY)
    Member.objects.filter(pk=died.pk).update(status="Deceased")
    ledger.pause(
        imis_id=paused.imis_id, reason="bereavement", note="Lost her father", by=UserFactory(), now=NOW
    )

    assert {may(m).rule for m in (paid, settled)} == {"payment just in"}
    assert may(paid).sentence == "Not sent: a payment came in on 1 Jun."
    assert may(case).sentence == "Not sent: a case is open since 27 May."
    assert may(died).rule == "bereavement"
    assert may(paused).rule == "pause"
    ActivityFactory(member=case, kind="case_closed", at=NOW - DAY)
    assert may(case) is None
    assert may(paid, now=NOW + 4 * DAY) is None


def test_a_payment_that_did_not_go_through_is_no_payment():
    member = reachable()
    PaymentFactory(member=member, received_on=NOW.date(), status="declined")

    assert may(member) is None


def test_a_pause_by_hand_needs_an_end_and_a_reason_and_ends():
    member, by = reachable(), UserFactory()
    for more in ({"note": "On leave"}, {"note": " ", "until": NOW + DAY}):
        with pytest.raises(NotAllowed):
            ledger.pause(imis_id=member.imis_id, reason="manual", by=by, now=NOW, **more)
    made = ledger.pause(
        imis_id=member.imis_id,
        reason="manual",
        note="On leave",
        by=by,
        now=NOW,
        until=NOW + 2 * DAY,
        area="retention",
    )

    assert "until 3 Jun" in may(member).sentence
    assert may(member, area="tiers") is None
    assert may(member, now=NOW + 3 * DAY) is None
    ledger.end_pause(pause=made, by=by, now=NOW)
    assert may(member) is None


def test_sources_of_other_parts_ask_for_silence_too(monkeypatch):
    member = reachable()
    monkeypatch.setattr(pauses, "SOURCES", dict(pauses.SOURCES))
    silence = pauses.Silence("the member is in the control group until 31 January.")
    pauses.register("control", "control group", lambda ids, area, now: dict.fromkeys(ids, silence))

    assert may(member).rule == "control group"


@pytest.mark.row("U8")
def test_one_budget_over_all_areas_and_one_per_area():
    member = reachable()
    MemberAlias.objects.create(imis_id="old-2", retained_imis_id=member.imis_id, merged_at=NOW)
    ContactFactory(imis_id=member.imis_id, area="retention", sent_at=NOW - 2 * DAY)

    assert "1 contact for retention in 7 days" in may(member).sentence
    assert may(member, area="tiers") is None
    ContactFactory(imis_id="old-2", area="tiers", channel="sms", sent_at=NOW - 9 * DAY)
    ContactFactory(imis_id=member.imis_id, area="segments", sent_at=NOW - 20 * DAY, state="bounced")
    why = may(member, area="renewals")
    assert "3 of 3 contacts in 30 days" in why.sentence
    assert "11 Jun" in why.next_step
    assert may(member, area="renewals", now=NOW + 11 * DAY) is None


def test_planned_contacts_count_while_drafting_and_not_against_themselves_when_sending():
    member = reachable()
    entry = ledger.plan(
        imis_id=member.imis_id, channel="email", area="retention", now=NOW, reference="IAI-0000000000001"
    )

    assert may(member).rule == "contact limit"
    assert may(member, counts_planned=False) is None
    assert ledger.move(entry=entry, to="sending", now=NOW, sent_at=NOW)
    assert may(member, counts_planned=False).rule == "contact limit"
    assert may(member, counts_planned=False, besides="IAI-0000000000001") is None


def test_the_limits_in_force_are_those_of_the_guardrails(monkeypatch):
    member = reachable()
    ContactFactory(imis_id=member.imis_id, area="tiers", sent_at=NOW - DAY)
    monkeypatch.setattr(limits, "_providers", [lambda: limits.Limits(most=1)])

    assert "1 of 1 contacts" in may(member).sentence


def test_sms_waits_for_the_morning_in_the_associations_zone(settings):
    settings.TIME_ZONE = "America/Chicago"
    member = reachable()
    evening = dt.datetime(2026, 6, 2, 1, 30, tzinfo=dt.UTC)  # 20:30 the day before, in Chicago

    assert may(member, "sms") is None
    assert may(member, "sms", now=evening).rule == "quiet hours"
    assert may(member, "email", now=evening) is None
    found = messages.refusals(imis_ids=[member.imis_id], channel="sms", area="retention", now=evening)
    assert found[member.imis_id].until == dt.datetime(2026, 6, 2, 14, tzinfo=dt.UTC)
    assert found[member.imis_id].waits


@pytest.mark.row("GOV-58", "K4")
def test_the_most_valuable_members_never_get_an_automatic_message(monkeypatch):
    members = [reachable() for _ in range(20)]
    for number, member in enumerate(members):
        PaymentFactory(member=member, amount=100 + number, received_on=dt.date(2025, 6, 1))

    refused = [m for m in members if may(m, is_automatic=True)]
    assert refused == [members[-1]]
    assert may(members[-1], is_automatic=True).rule == "people only"
    assert may(members[-1]) is None

    monkeypatch.setattr(contact, "_people_only", [lambda ids, now: {members[0].imis_id}])
    assert [m for m in members if may(m, is_automatic=True)] == [members[0]]


def test_many_members_are_asked_in_a_fixed_number_of_queries(django_assert_max_num_queries):
    members = [reachable() for _ in range(30)]
    ids = [member.imis_id for member in members]

    with django_assert_max_num_queries(19):
        assert messages.refusals(imis_ids=ids, channel="email", area="retention", now=NOW) == {}


@pytest.mark.row("CHURN-24")
def test_the_channel_follows_consent_and_past_answers_with_its_reason():
    fresh, texter, neither = reachable(), reachable(), MemberFactory()
    for days in (40, 80, 120):
        ContactFactory(imis_id=texter.imis_id, channel="email", area="tiers", sent_at=NOW - days * DAY)
        ContactFactory(imis_id=texter.imis_id, channel="sms", sent_at=NOW - days * DAY, state="replied")

    def choose(member, **more):
        return messages.choose_channel(imis_id=member.imis_id, area="retention", now=NOW, **more)

    assert (choose(fresh).channel, choose(fresh).reason) == (
        "email",
        "E-mail: the member agreed to it; no past answers to compare.",
    )
    assert choose(texter).channel == "sms"
    assert "answered 3 of 3 in the last 12 months" in choose(texter).reason
    none = choose(neither, allowed=("email", "sms"))
    assert none.channel == ""
    assert {why.rule for why in none.refused.values()} == {"consent"}


def test_opens_count_as_answers_to_email():
    member = reachable()
    for days in (40, 80):
        ContactFactory(imis_id=member.imis_id, channel="email", area="tiers", sent_at=NOW - days * DAY)
        ContactFactory(imis_id=member.imis_id, channel="sms", area="tiers", sent_at=NOW - days * DAY)
        ActivityFactory(member=member, kind="email_open", at=NOW - days * DAY + dt.timedelta(hours=2))

    choice = messages.choose_channel(imis_id=member.imis_id, area="retention", now=NOW)

    assert (choice.channel, "answered 2 of 2" in choice.reason) == ("email", True)


def test_erasure_takes_what_was_written_and_keeps_the_counts():
    member = reachable()
    ContactFactory(imis_id=member.imis_id)
    ledger.opt_out(imis_id=member.imis_id, kind="channel", channel="sms", source="reply", now=NOW)
    ledger.pause(imis_id=member.imis_id, reason="dispute", note="x", by=UserFactory(), now=NOW)
    ledger.call_a_person(imis_id=member.imis_id, why="asked", key="k", now=NOW, text="Call me")

    ledger.forget(imis_id=member.imis_id)

    assert ContactEntry.objects.count() == 1
    assert not ContactEntry.objects.filter(imis_id=member.imis_id).exists()
    assert not OptOut.objects.exists()
    assert not Pause.objects.exists()


def test_what_people_change_is_in_the_audit_log():
    member, by = reachable(), UserFactory()

    made = ledger.opt_out(imis_id=member.imis_id, kind="no marketing", source="staff", by=by, now=NOW)
    ledger.opt_out(imis_id=member.imis_id, kind="no marketing", source="staff", by=by, now=NOW)
    ledger.opt_in(opt_out=made, by=by, now=NOW, note="Asked to hear from us again")
    pause = ledger.pause(imis_id=member.imis_id, reason="dispute", note="Invoice", by=by, now=NOW)
    ledger.end_pause(pause=pause, by=by, now=NOW)

    entries = AuditEntry.objects.order_by("seq").values_list("action", "actor_id")
    assert list(entries) == [
        ("contact.opted out", by.pk),
        ("contact.opted in", by.pk),
        ("contact.paused", by.pk),
        ("contact.pause ended", by.pk),
    ]
    assert may(member) is None
