"""Guardrails: what they object to, in whose words, and that what cannot be read is never let through."""

import datetime as dt
import time
from decimal import Decimal

import pytest

from imis_ai.governance import guardrails
from imis_ai.governance.guardrails import Case, defaults, facts, kinds, read, terms
from imis_ai.governance.messages import limits, tone
from imis_ai.governance.models import ContactEntry, Guardrail, GuardrailVersion
from imis_ai.rules.english import describe
from imis_ai.rules.wire import parse_json
from tests.factories.guardrails import NOW, guardrail_owner, live_guardrail
from tests.factories.mirror import MemberFactory, PaymentFactory, TierFactory
from tests.pace import slowness

pytestmark = pytest.mark.django_db


@pytest.fixture
def alone(db):
    """Without the shipped guardrails."""
    Guardrail.objects.all().delete()


def case(**known) -> Case:
    own = {name: known.pop(name) for name in ("imis_id", "texts", "amount", "members") if name in known}
    area = known.pop("area", "retention")
    return Case(kind="test", area=area, facts=known, **own)


def sentences(case: Case, **options) -> list[str]:
    return [each.sentence for each in guardrails.check(proposal_like=case, now=NOW, **options)]


@pytest.mark.row("GOV-30")
@pytest.mark.parametrize(
    ("kind", "entered", "stopped", "let_through", "sentence"),
    [
        ("ceiling", {"measure": "discount", "most": "10"}, {"discount": "10.01"}, {"discount": 10},
         "The discount of 10.01\N{NO-BREAK SPACE}% is over the ceiling of 10\N{NO-BREAK SPACE}%."),
        ("ceiling", {"measure": "incentive", "most": "50"}, {"incentive": 60}, {"incentive": 50},
         "The incentive of $60.00 is over the ceiling of $50.00."),
        ("ceiling", {"measure": "members", "most": "500"}, {"members": 501}, {"members": 500},
         "This reaches 501 members; the ceiling is 500."),
        ("effect", {"least": "0"}, {"revenue_effect": "-4000"}, {"revenue_effect": 0},
         "The expected effect on revenue of \N{MINUS SIGN}$4,000.00 is under the least effect of $0.00."),
        ("fields", {"off": ["age", "gender"]}, {"fields_used": ["gender"]}, {"fields_used": ["tier"]},
         "It uses gender, which is switched off."),
        ("rule", {"rule": {"version": 1, "rule": {"word": "template", "is": "old"}}, "says": "Out of use."},
         {"template": "old"}, {"template": "new"}, "Out of use."),
    ],
)  # fmt: skip
def test_each_kind_stops_what_it_is_for_and_nothing_beside_it(
    alone, kind, entered, stopped, let_through, sentence
):
    owner = guardrail_owner(first_name="Marta", last_name="Silva")
    version = live_guardrail(kind, owner=owner, **entered)

    (objection,) = guardrails.check(proposal_like=case(**stopped), now=NOW)

    assert sentences(case(**let_through)) == sentences(case()) == []
    assert objection == guardrails.Objection("A rule of ours", "Marta Silva", sentence, version=version.pk)
    assert objection.is_block


@pytest.mark.row("TIER-54")
def test_prohibited_tier_moves_name_the_rule_and_its_owner(alone):
    for rank, code in enumerate(["STU", "ASC", "PRO", "FEL"]):
        TierFactory(code=code, name=code.title(), rank=rank * 10)
    live_guardrail("move", name="No fellow becomes a student", from_tiers=["FEL"], to_tiers=["STU"])
    live_guardrail("move", name="One step down at most", from_tiers=[], to_tiers=[], most_down=1)

    def rules(before, after):
        found = guardrails.check(proposal_like=case(from_tier=before, to_tier=after), now=NOW)
        return [(each.rule, each.owner) for each in found]

    owners = "the guardrail owners"
    assert rules("FEL", "STU") == [("No fellow becomes a student", owners), ("One step down at most", owners)]
    assert rules("PRO", "STU") == [("One step down at most", owners)]
    assert rules("PRO", "ASC") == rules("STU", "FEL") == rules("FEL", "FEL") == []
    assert "A move from Fel to Stu is prohibited." in sentences(case(from_tier="FEL", to_tier="STU"))


@pytest.mark.row("TIER-54")
def test_the_tier_of_the_member_counts_when_the_proposal_does_not_name_it(alone):
    for rank, code in enumerate(["STU", "ASC", "PRO"]):
        TierFactory(code=code, rank=rank)
    MemberFactory(imis_id="7", tier=TierFactory(code="PRO"))
    live_guardrail("move", from_tiers=[], to_tiers=[], most_down=1)

    assert len(sentences(case(imis_id="7", to_tier="STU"))) == 1
    assert sentences(case(imis_id="7", to_tier="ASC")) == []


@pytest.mark.row("GOV-58")
def test_the_most_valuable_and_the_unknown_never_get_anything_automatic(alone):
    people = [MemberFactory(imis_id=str(n)) for n in range(40)]
    for n, member in enumerate(people):
        PaymentFactory(member=member, amount=Decimal(1000 - n), received_on=NOW.date())
    live_guardrail("person", share="5")

    stopped = [n for n in range(40) if sentences(case(imis_id=str(n)), is_automatic=True)]

    assert stopped == [0, 1, 2]  # 2 of 40 paid more than the third: 5 percent, not over it
    assert sentences(case(imis_id="unknown"), is_automatic=True) != []
    assert sentences(case(imis_id="0"), is_automatic=False) == []


def test_contacts_are_counted_per_member_period_and_area(alone):
    live_guardrail("cap", name="All", most=3, days=30, area="")
    live_guardrail("cap", name="Each", most=1, days=7, area="each")

    def sent(area, days_ago, number):
        at = NOW - dt.timedelta(days=days_ago)
        ContactEntry.objects.create(
            imis_id="7", channel="email", area=area, state="sent", planned_at=at, sent_at=at, state_at=at,
            reference=f"IAI-{number}",
        )  # fmt: skip

    def names(area, **more):
        found = guardrails.check(proposal_like=case(imis_id="7", area=area, channel="email", **more), now=NOW)
        return [each.rule for each in found]

    sent("retention", 3, 1)
    assert (names("retention"), names("renewals")) == (["Each"], [])
    sent("retention", 31, 2)
    sent("retention", 20, 3)
    assert names("renewals") == []
    sent("retention", 10, 4)
    assert names("renewals") == ["All"]
    assert sentences(case(imis_id="7", area="renewals", channel="sms")) == [
        "This member had 3 contacts in 30 days; the limit is 3."
    ]
    assert sentences(case(imis_id="8", area="renewals", channel="email")) == []
    assert sentences(case(imis_id="7", area="renewals")) == []  # no message


@pytest.mark.row("GOV-31")
def test_a_text_with_a_prohibited_term_is_stopped_with_the_reason(alone):
    live_guardrail("terms", terms=["act now", "guaranteed"], why="It puts the member under pressure.")

    assert sentences(case(texts=("Dear Dana,\n\nACT\u200b  NOW - and save.",))) == [
        "“act now” may not stand in a message. It puts the member under pressure."
    ]
    assert sentences(case(texts=("We contact nowadays.", "This is not guaranteeing anything."))) == []


@pytest.mark.row("GOV-30")
def test_messages_keep_to_the_values_that_are_live(alone):
    assert limits.current() == limits.Limits()

    live_guardrail("cap", name="All", most=5, days=20, area="", owner=guardrail_owner(last_name="Silva"))
    live_guardrail("cap", name="Looser", most=9, days=20, area="")
    live_guardrail("cap", name="Fellows", most=1, days=99, area="", tiers=["FEL"])
    live_guardrail("person", name="Top", share="10")
    live_guardrail("terms", name="Terms", terms=["synergy"], why="Say what it is.")

    now = limits.current()
    assert (now.most, now.period, now.people_only_share) == (5, dt.timedelta(days=20), 0.1)
    assert (now.owner, now.most_per_area) == ("Priya Silva", 1)
    assert [note.quote for note in tone.forbidden("Synergy!")] == ["synergy"]


def test_a_guardrail_applies_where_its_scope_says(alone):
    live_guardrail("ceiling", measure="discount", most="10", areas=["renewals"], tiers=["FEL"])

    assert sentences(case(discount=20, area="retention", tier="FEL")) == []
    assert sentences(case(discount=20, area="renewals", tier="PRO")) == []
    assert len(sentences(case(discount=20, area="renewals", tier="FEL"))) == 1


def test_what_cannot_be_read_is_stopped(alone):
    version = live_guardrail("ceiling", measure="discount", most="10")

    assert sentences(case(discount="ten"))[0].startswith("This cannot be checked. discount is 'ten'")
    GuardrailVersion.objects.filter(pk=version.pk).update(rule={"version": 9})
    assert sentences(case(discount=1))[0].startswith("This guardrail cannot be read.")


def test_a_guardrail_that_is_off_or_retired_objects_to_nothing(alone):
    version = live_guardrail("ceiling", measure="discount", most="10", is_off=True)
    assert sentences(case(discount=50)) == []

    GuardrailVersion.objects.filter(pk=version.pk).update(is_off=False, state="retired", ended_at=NOW)
    assert sentences(case(discount=50)) == []


def test_facts_are_read_only_when_a_live_rule_asks_for_them(alone, django_assert_num_queries):
    live_guardrail("ceiling", measure="discount", most="10")
    MemberFactory(imis_id="7")

    with django_assert_num_queries(1):
        assert sentences(case(imis_id="7", discount=5)) == []


@pytest.mark.row("GOV-58", "GOV-30", "GOV-31")
def test_sensible_defaults_are_there_from_the_start_and_loading_twice_changes_nothing():
    assert defaults.load(now=NOW) == 0
    assert len(read.live()) == len(defaults.DEFAULTS)

    assert len(sentences(case(discount=11))) == 1
    assert len(sentences(case(revenue_effect=-1))) == 1
    assert len(sentences(case(fields_used=["hardship"]))) == 1
    assert len(sentences(case(texts=("Our model says you are likely to leave.",)))) == 1
    assert len(sentences(case(risk_band="high"), is_automatic=True)) == 2
    assert sentences(case(discount=10, risk_band="high", texts=("Dear Dana, see you in May.",))) == []


def test_every_shipped_guardrail_reads_well():
    for version in read.live():
        kind = kinds.find(version.guardrail.kind)
        rule = parse_json(version.rule, vocabulary=facts.PROPOSALS)
        assert describe(rule, vocabulary=facts.PROPOSALS)
        assert kind.label
        assert kind.explains.endswith(".")


def test_unfair_fields_are_off_until_a_guardrail_switches_them_on(alone):
    assert guardrails.fields_off() == {"address", "age", "gender", "hardship"}

    live_guardrail("fields", off=["gender"])
    assert guardrails.fields_off() == {"gender"}


@pytest.mark.row("T5")
@pytest.mark.parametrize(
    "text",
    [
        "a" * 32_768,
        "a " * 16_384,
        " " * 32_768,
        "act no" * 5_461,
        "ﷺ" * 10_922,
        "\u200b" * 10_922,
        "-_" * 16_384,
    ],
)
def test_no_text_makes_the_term_check_slow(text):
    """32 KiB against the most terms allowed, built to nearly match."""
    hard = [("a " * 25 + "b")[:60].strip(), "a" * 59 + "b", "act now"]
    many = hard + [f"act no{'w' * (n % 40)} {n}" for n in range(terms.MOST_TERMS - len(hard))]
    took = []
    for _ in range(3):
        began = time.process_time()
        terms.found(text, many)
        took.append(time.process_time() - began)

    assert len(text.encode()) <= 32_768
    assert min(took) <= 0.05 * slowness()


def test_terms_are_literals_and_bad_ones_are_named():
    assert terms.found("An a in every way", ["(a|b)+", "a."]) == ["a."]
    assert terms.found("Nothing", ["N.*"]) == []
    assert terms.cleaned([" act now ", "", "act now", "50 %"]) == ["act now", "50 %"]
    with pytest.raises(terms.BadTerm, match="no letter or digit"):
        terms.cleaned(["!!!"])
    with pytest.raises(terms.BadTerm, match="longer than 60"):
        terms.cleaned(["x" * 61])
    with pytest.raises(terms.BadTerm, match="keep it to 500"):
        terms.cleaned([f"term {n}" for n in range(501)])
