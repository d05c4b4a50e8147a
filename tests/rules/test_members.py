"""Rules about members: the query and the plain evaluation never disagree, and the caller's limits stay."""

import datetime as dt
import random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from imis_ai.mirror import access
from imis_ai.mirror.models import Member
from imis_ai.mirror.vocabulary import MEMBERS
from imis_ai.mirror.vocabulary import facts as facts_of
from imis_ai.rules import english, facts, query
from imis_ai.rules.tree import All, Among, Compare, Not, Today
from imis_ai.rules.vocabulary import Type
from tests.factories.accounts import chapter_manager
from tests.factories.mirror import ChapterFactory, MemberFactory, TierFactory
from tests.rules.made import TODAY, rules

VALUES = {
    "tier": st.sampled_from(["FEL", "PRO"]),
    "chapter": st.sampled_from(["TX", "GU"]),
    "kind": st.sampled_from(["person", "organisation"]),
    "member_type": st.sampled_from(["REG", "STU"]),
    "state": st.sampled_from(["TX", "LA"]),
    "status": st.sampled_from(["active", "gone"]),
}
days = st.sampled_from([dt.date(2020, 1, 1), dt.date(2026, 5, 2), dt.date(2026, 6, 1), dt.date(2027, 1, 1)])


def _values(word):
    if word.type is Type.DATE:
        return days | st.sampled_from([Today(), Today(-30), Today(214)])
    return st.booleans() if word.type is Type.FLAG else VALUES[word.name]


@pytest.fixture
def people(db):
    """Forty members; every field is empty for some of them."""
    dice = random.Random(7)
    tiers = [TierFactory(code="FEL"), TierFactory(code="PRO"), None]
    chapters = [ChapterFactory(code="TX"), ChapterFactory(code="GU"), None]
    some_days = [dt.date(2020, 1, 1), dt.date(2026, 5, 2), dt.date(2026, 6, 1), dt.date(2027, 1, 1), None]
    return [
        MemberFactory(
            tier=dice.choice(tiers),
            chapter=dice.choice(chapters),
            kind=dice.choice(["person", "organisation"]),
            member_type=dice.choice(["REG", "STU", ""]),
            state=dice.choice(["TX", "LA", ""]),
            status=dice.choice(["active", "gone", ""]),
            joined_on=dice.choice(some_days),
            paid_through=dice.choice(some_days),
            auto_renew=dice.choice([True, False, None]),
        )
        for _ in range(40)
    ]


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rule=rules(MEMBERS.words.values(), _values))
def test_the_query_and_the_evaluation_agree(people, rule):
    found = query.matching(rule, Member.objects.all(), vocabulary=MEMBERS, today=TODAY)

    expected = {
        member.pk
        for member in people
        if facts.evaluate(rule, facts_of(member), vocabulary=MEMBERS, today=TODAY)
    }
    assert set(found.values_list("pk", flat=True)) == expected


def test_a_rule_is_one_query_and_never_widens_what_the_caller_may_see(people, django_assert_num_queries):
    manager = chapter_manager(ChapterFactory(code="TX"))
    seen = access.members(manager)
    anybody = Not(All((Among("chapter", ("GU",)), Compare("tier", "is", "FEL"))))

    with django_assert_num_queries(2):  # hers: which chapters, then the members
        found = list(query.matching(anybody, access.members(manager), vocabulary=MEMBERS, today=TODAY))

    assert found
    assert set(found) <= set(seen)


@pytest.mark.django_db
def test_members_are_described_by_the_names_of_their_tiers_and_chapters():
    TierFactory(code="FEL", name="Fellow")
    rule = All(
        (
            Compare("tier", "is", "FEL"),
            Compare("auto_renew", "is", False),
            Compare("paid_through", "at_most", Today(30)),
        )
    )

    assert english.describe(rule, vocabulary=MEMBERS) == (
        "tier is Fellow, does not renew automatically, "
        "and paid-through date is on or before 30 days from today"
    )
