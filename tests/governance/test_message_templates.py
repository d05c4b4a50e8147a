"""Words and offers go through two people; drafts say facts of the mirror and nothing else."""

import datetime as dt
from decimal import Decimal

import pytest
from django.db import IntegrityError, transaction

from imis_ai.governance import models
from imis_ai.governance.messages import defaults, drafts, offers, templates
from imis_ai.governance.messages.templates import Text
from imis_ai.governance.refusals import Blocked, Changed, NotAllowed
from imis_ai.mirror.models import Member
from tests.factories.accounts import UserFactory
from tests.factories.messages import NOW, TemplateFactory, VersionFactory, reachable
from tests.factories.mirror import (
    ActivityFactory,
    EventFactory,
    MemberFactory,
    RegistrationFactory,
    RelationshipFactory,
    TermFactory,
)

pytestmark = pytest.mark.django_db


def attend(member, times: int, days_ago: int = 30):
    for number in range(times):
        event = EventFactory(starts_at=NOW - dt.timedelta(days=days_ago + number))
        RegistrationFactory(member=member, event=event)


def use(member, benefit: str, times: int):
    for number in range(times):
        at = NOW - dt.timedelta(days=number + 1)
        ActivityFactory(member=member, kind="benefit_use", reference=benefit, at=at)


@pytest.mark.row("GOV-31")
def test_a_text_is_used_only_after_a_second_person_approved_it():
    writer, colleague = UserFactory(), UserFactory()
    version = templates.write(
        template=TemplateFactory(),
        text=Text("Hello {{ first_name }}", "Dear {{ first_name }}"),
        by=writer,
        now=NOW,
    )
    with pytest.raises(Blocked, match="not approved"):
        drafts.make(imis_ids=[], area="retention", versions=[version], now=NOW)

    templates.submit(version=version, by=writer, now=NOW)
    with pytest.raises(NotAllowed, match="someone else"):
        templates.approve(version=version, by=writer, now=NOW)
    templates.approve(version=version, by=colleague, now=NOW)

    assert drafts.usable(area="retention", channel="email") == [version]
    assert list(models.AuditEntry.objects.order_by("seq").values_list("action", "actor_id")) == [
        ("template.written", writer.pk),
        ("template.submitted", writer.pk),
        ("template.approved", colleague.pk),
    ]
    with pytest.raises(Changed):
        templates.approve(version=version, by=UserFactory(), now=NOW)


def test_the_database_too_refuses_an_approval_by_the_writer():
    version = VersionFactory()

    with pytest.raises(IntegrityError), transaction.atomic():
        models.TemplateVersion.objects.filter(pk=version.pk).update(approved_by=version.written_by)


def test_an_approved_version_retires_the_one_before_it_and_both_stay_to_be_read():
    first = VersionFactory(body="Dear {{ first_name }}, one.")
    writer = UserFactory()

    second = templates.write(
        template=first.template, text=Text("S", "Dear {{ first_name }}, two."), by=writer, now=NOW
    )
    templates.submit(version=second, by=writer, now=NOW)
    templates.approve(version=second, by=UserFactory(), now=NOW)

    assert [(v.body, v.state) for v in first.template.versions.order_by("number")] == [
        (first.body, "retired"),
        (second.body, "approved"),
    ]


@pytest.mark.row("GOV-31")
@pytest.mark.parametrize(
    ("subject", "body", "says"),
    [
        ("S", "You are likely to leave us.", "never tells a member"),
        ("S", "{{ shoe_size }}", "no fact named shoe_size"),
        ("S", "{% if x %}", "not understood"),
        ("", "Dear {{ first_name }}", "needs a subject"),
        ("S", " ", "empty"),
    ],
)
def test_a_text_that_breaks_a_rule_is_not_even_put_before_a_second_person(subject, body, says):
    writer = UserFactory()
    version = templates.write(template=TemplateFactory(), text=Text(subject, body), by=writer, now=NOW)

    with pytest.raises(Blocked, match=says):
        templates.submit(version=version, by=writer, now=NOW)


@pytest.mark.row("CHURN-25", "REN-16", "REN-23")
def test_a_draft_states_counts_as_the_data_has_them_with_source_and_date():
    member = reachable(first_name="Dana")
    attend(member, 3)
    attend(member, 2, days_ago=400)
    RegistrationFactory(
        member=member, event=EventFactory(starts_at=NOW - dt.timedelta(days=9)), attended=False
    )
    use(member, "Salary Survey", 6)
    use(member, "Forum", 2)
    owner = MemberFactory(name="Priya Raman")
    RelationshipFactory(member=member, other_imis_id=owner.imis_id)
    version = VersionFactory()

    draft = drafts.make(imis_ids=[member.imis_id], area="retention", versions=[version], now=NOW)[
        member.imis_id
    ]

    assert "you attended 3 events. Your most used benefit was Salary Survey, 6 times." in draft.text.body
    assert draft.text.body.endswith("Kind regards\nPriya Raman")
    assert {(f.name, f.value, f.source) for f in draft.text.used} >= {
        ("events_attended", 3, "iMIS registrations"),
        ("top_benefit", "Salary Survey", "iMIS activities"),
    }
    assert all(f.at.startswith("2026-06-01") for f in draft.text.used)
    assert drafts.problems_of(draft.payload()) == []


@pytest.mark.row("REN-23")
def test_members_without_engagement_get_another_text():
    eager, quiet = reachable(first_name="Dana"), reachable(first_name="Quinn")
    attend(eager, 1)
    full, plain = VersionFactory(), VersionFactory(body="Dear {{ first_name }}, how can we help?")

    made = drafts.make(
        imis_ids=[eager.imis_id, quiet.imis_id], area="retention", versions=[full, plain], now=NOW
    )

    assert made[eager.imis_id].version == full
    assert "1 event." in made[eager.imis_id].text.body
    assert made[quiet.imis_id].version == plain
    assert "event" not in made[quiet.imis_id].text.body


@pytest.mark.row("GOV-34")
def test_each_generated_text_is_noted_with_template_facts_and_hash():
    member = reachable(first_name="Dana")
    attend(member, 2)
    version = VersionFactory()

    drafts.make(imis_ids=[member.imis_id], area="retention", versions=[version], now=NOW)

    noted = models.Generation.objects.get()
    assert (noted.imis_id, noted.version, len(noted.output_hash)) == (member.imis_id, version, 64)
    assert {fact["name"]: fact["value"] for fact in noted.facts} == {
        "first_name": "Dana",
        "events_attended": 2,
    }


@pytest.mark.row("GOV-31", "K9")
def test_a_person_may_change_words_but_not_add_figures_links_or_promises():
    member = reachable(first_name="Dana")
    attend(member, 3)
    draft = drafts.make(imis_ids=[member.imis_id], area="retention", versions=[VersionFactory()], now=NOW)
    payload = draft[member.imis_id].payload()

    kinder = drafts.revise(payload, {"body": payload["body"].replace("Dear Dana", "Good morning Dana")})
    for words in ("You get 10 % off.", "See evil.example.com", "We waive it.", "You attended 4 events."):
        with pytest.raises(Blocked, match="cannot stand here"):
            drafts.revise(payload, {"body": payload["body"] + "\n" + words})

    assert ("removed", "Dear") in drafts.changes(kinder)
    assert [text for text, fact in drafts.marked(kinder) if fact] == ["Dana", "3 events"]


@pytest.mark.row("REN-16")
def test_a_fact_that_changed_since_the_draft_is_named():
    member = reachable(first_name="Dana")
    attend(member, 3)
    payload = drafts.make(imis_ids=[member.imis_id], area="retention", versions=[VersionFactory()], now=NOW)[
        member.imis_id
    ].payload()
    assert drafts.stale_facts(payload, imis_id=member.imis_id, now=NOW) == []

    attend(member, 1, days_ago=5)
    Member.objects.filter(pk=member.pk).update(first_name="")

    assert drafts.stale_facts(payload, imis_id=member.imis_id, now=NOW) == [
        "Events attended in 12 months is now 4 events; the draft says 3 events.",
        "First name is not known any more; the draft says Dana.",
    ]


def test_a_name_that_carries_a_link_or_a_figure_is_no_fact():
    for name in ("Visit evil.com://x", "a@b.example", "15 % off", "{{ dues }}"):
        member = reachable(first_name=name)
        version = VersionFactory(body="[[Dear {{ first_name }}, ]]welcome.", subject="Hello")
        made = drafts.make(imis_ids=[member.imis_id], area="retention", versions=[version], now=NOW)

        assert made[member.imis_id].text.body == "welcome."


PLANTED_ELSEWHERE = {"first-year-peer", "win-back"}  # introductions and members who left: tests/retention


def test_the_shipped_texts_pass_their_own_check_and_wait_for_a_person():
    waiting = defaults.load(now=NOW)
    member = reachable(first_name="Dana", joined_on=dt.date(2019, 3, 1), paid_through=dt.date(2026, 12, 31))
    ended = reachable(first_name="Ada", paid_through=NOW.date() - dt.timedelta(days=9))
    given = an_offer(what="a guest pass for a colleague")
    TermFactory(member=member, price=Decimal("250.00"))
    attend(member, 3)
    use(member, "Salary Survey", 6)
    EventFactory(chapter=member.chapter, name="Spring meeting", starts_at=NOW + dt.timedelta(days=9))

    assert {version.state for version in waiting} == {"waiting"}
    assert defaults.load(now=NOW) == []
    for version in waiting:
        templates.approve(version=version, by=UserFactory(), now=NOW)
        if version.template.use in PLANTED_ELSEWHERE:
            continue
        who = (ended if version.template.use == "grace" else member).imis_id
        made = drafts.make(
            imis_ids=[who], area=version.template.area, versions=[version], offer=given, now=NOW
        )
        payload = made[who].payload()
        assert drafts.problems_of(payload) == [], payload["body"]
        assert "  " not in payload["body"]


def an_offer(**terms) -> models.OfferVersion:
    writer, known = UserFactory(), {"what": "10 % off your dues", "cost": Decimal(25), "ceiling": Decimal(50)}
    known |= {"budget": Decimal(100), "needs_approval_above": Decimal(30), "price_effect": Decimal(10)}
    version = offers.write(
        offer=models.Offer.objects.create(name=f"Offer {models.Offer.objects.count()}"),
        terms=offers.Terms(**(known | terms)),
        by=writer,
        now=NOW,
    )
    offers.submit(version=version, by=writer, now=NOW)
    return offers.approve(version=version, by=UserFactory(), now=NOW)


@pytest.mark.row("K9")
def test_an_offer_outside_the_catalogue_its_ceiling_or_its_budget_is_impossible():
    version = an_offer(reasons=["price"])

    def give(imis_id, amount, reason="price"):
        offers.reserve(version=version, imis_id=imis_id, amount=Decimal(amount), reason=reason, now=NOW)

    for amount, reason, says in (
        (51, "price", "ceiling"),
        (20, "relocation", "is for: price"),
        (0, "price", "more than nothing"),
    ):
        with pytest.raises(Blocked, match=says):
            give("1", amount, reason)
    give("1", 50)
    with pytest.raises(Blocked, match="already"):
        give("1", 10)
    give("2", 40)
    with pytest.raises(Blocked, match=r"has 10\.00 left"):
        give("3", 11)

    assert offers.needs_second(version=version, amount=Decimal(31))
    assert not offers.needs_second(version=version, amount=Decimal(30))
    offers.retire(version=version, by=UserFactory(), now=NOW)
    with pytest.raises(Blocked, match="not approved"):
        give("4", 5)


def test_an_offer_is_said_in_its_own_words_with_its_last_day():
    member = reachable(first_name="Dana")
    version = VersionFactory(body="Dear {{ first_name }}, {{ offer }}, until {{ offer_until }}.")
    offer = an_offer()

    made = drafts.make(imis_ids=[member.imis_id], area="retention", versions=[version], now=NOW, offer=offer)
    payload = made[member.imis_id].payload()

    assert payload["body"] == "Dear Dana, 10 % off your dues, until 15 June 2026."
    assert drafts.problems_of(payload) == []
    with pytest.raises(Blocked):
        drafts.revise(payload, {"body": payload["body"].replace("10 %", "15 %")})
    assert drafts.stale_facts(payload, imis_id=member.imis_id, now=NOW + dt.timedelta(days=20)) == [
        "The offer has run out."
    ]
