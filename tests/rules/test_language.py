"""The rule language: its words, its JSON, what it says and what it refuses."""

import datetime as dt
import json
import re
from decimal import Decimal

import pytest
from hypothesis import given

from imis_ai.rules import english, facts, query, tree, vocabulary, wire
from imis_ai.rules.tree import ALWAYS, All, Among, Any, Between, Compare, Known, Not, Today
from tests.rules import made

FELLOW = Compare("tier", "is", "FEL")
LARGE = Compare("members", "over", Decimal(2000))


def said(rule):
    return english.describe(rule, vocabulary=made.WORDS)


def read(node, **options):
    return wire.parse_json({"version": 1, "rule": node}, vocabulary=made.WORDS, **options)


def holds(rule, **known):
    return facts.evaluate(rule, known, vocabulary=made.WORDS, today=made.TODAY)


@given(made.rules())
def test_a_rule_survives_the_way_to_json_and_back(rule):
    back = wire.parse_json(json.dumps(wire.to_json(rule)), vocabulary=made.WORDS)

    assert back == rule
    assert hash(back) == hash(rule)


@given(made.rules())
def test_every_rule_has_its_sentence_also_when_its_words_are_gone(rule):
    nothing = vocabulary.Vocabulary("empty", one="thing", many="things")

    for words in (made.WORDS, nothing):
        sentence = english.describe(rule, vocabulary=words)
        assert sentence.strip()
        assert "  " not in sentence
        assert sentence.count("(") == sentence.count(")")


@given(made.rules(), made.facts())
def test_a_rule_and_its_negation_never_agree(rule, known):
    assert holds(rule, **known) is not holds(Not(rule), **known)


@given(made.json_like)
def test_whatever_comes_in_is_a_rule_or_a_sentence(anything):
    for source in (anything, {"version": 1, "rule": anything}):
        try:
            rule = wire.parse_json(source, vocabulary=made.WORDS)
        except wire.BadRule:
            continue
        assert wire.parse_json(wire.to_json(rule), vocabulary=made.WORDS) == rule


@pytest.mark.parametrize(
    ("rule", "sentence"),
    [
        (ALWAYS, "every thing"),
        (FELLOW, "tier is Fellow"),
        (Not(FELLOW), "tier is not Fellow"),
        (Not(Not(FELLOW)), "tier is Fellow"),
        (Among("tier", ("FEL", "STU")), "tier is Fellow or Student"),
        (Not(Among("tier", ("FEL", "STU"))), "tier is none of Fellow or Student"),
        (Not(Among("tier", ("FEL",))), "tier is not Fellow"),
        (Compare("discount", "over", Decimal("12.5")), "discount is over 12.5\N{NO-BREAK SPACE}%"),
        (Compare("amount", "at_least", Decimal(500)), "amount is at least $500.00"),
        (LARGE, "number of members is over 2,000"),
        (Between("amount", Decimal(1), Decimal(2)), "amount is between $1.00 and $2.00"),
        (Compare("joined", "under", dt.date(2020, 1, 1)), "joined before 1 January 2020"),
        (Not(Compare("joined", "over", Today(-30))), "joined not after 30 days ago"),
        (Compare("joined", "at_most", Today(1)), "joined on or before 1 day from today"),
        (Compare("auto", "is", True), "sent without a person"),
        (Among("fields", ("age", "gender")), "fields used include age or gender"),
        (Known("amount"), "amount is known"),
        (Not(Known("amount")), "amount is not known"),
        (Compare("age", "under", Decimal(30)), "age is under 30\N{NO-BREAK SPACE}years"),
        (
            All((FELLOW, Any((LARGE, Known("amount"))))),
            "tier is Fellow, and (number of members is over 2,000, or amount is known)",
        ),
        (Not(All((FELLOW, LARGE))), "not (tier is Fellow, and number of members is over 2,000)"),
        (Compare("tier", "is", "GONE"), "tier is GONE"),
    ],
)
def test_rules_read_well(rule, sentence):
    assert said(rule) == sentence


@pytest.mark.parametrize(
    ("node", "words"),
    [
        ({"word": "salary", "is": "high"}, "“salary” is not a word for things. Known: age, amount"),
        ({"word": "tier", "over": "FEL"}, "“tier” cannot be compared by “over”. Use one of: in, is, known."),
        ({"word": "tier", "is": ""}, "needs a text"),
        ({"word": "tier", "is": "x" * 201}, "needs a text"),
        ({"word": "amount", "over": "much"}, "needs a number"),
        ({"word": "amount", "over": "NaN"}, "ordinary size"),
        ({"word": "amount", "over": True}, "needs a number"),
        ({"word": "amount", "between": [2, 1]}, "Turn them round"),
        ({"word": "amount", "between": [2]}, "needs two values"),
        ({"word": "joined", "is": "14/12/2026"}, "needs a date"),
        ({"word": "joined", "is": {"today": 10**9}}, "needs a date"),
        ({"word": "auto", "is": "yes"}, "true or false"),
        ({"word": "tier", "in": []}, "needs a list"),
        ({"word": "tier", "is": "FEL", "in": ["FEL"]}, "one word and one comparison"),
        ({"any": []}, "needs a list"),
        ({"all": [], "any": []}, "is not a condition"),
        ({"sql": "DROP TABLE"}, "is not a condition"),
        ([], "A condition is missing"),
        ({"all": [{"word": "tier", "is": "FEL"}] * 101}, "at most 100 conditions"),
    ],
)
def test_what_is_no_rule_is_refused_with_a_sentence(node, words):
    with pytest.raises(wire.BadRule, match=re.escape(words)):
        read(node)


def test_depth_is_limited_and_deep_text_does_not_break_the_reader():
    deep = {"word": "tier", "is": "FEL"}
    for _ in range(16):
        deep = {"not": deep}

    with pytest.raises(wire.BadRule, match="levels deep"):
        read(deep)
    with pytest.raises(wire.BadRule, match="not JSON"):
        wire.parse_json("[" * 100_000, vocabulary=made.WORDS)


@pytest.mark.parametrize("version", [0, 2, "1", True, None])
def test_another_version_is_not_guessed_at(version):
    with pytest.raises(wire.BadRule, match="reads version 1"):
        wire.parse_json({"version": version, "rule": {"all": []}}, vocabulary=made.WORDS)


def test_a_word_is_refused_for_a_purpose_it_is_not_for():
    node = {"word": "age", "under": 30}

    assert read(node, purpose="retention") == Compare("age", "under", Decimal(30))
    with pytest.raises(wire.BadRule, match=r"Age may not be used for segments\. Allowed for: retention\."):
        read(node, purpose="segments")


def test_what_is_not_known_meets_no_condition_and_every_negation():
    assert [holds(FELLOW), holds(Not(FELLOW)), holds(FELLOW, tier=""), holds(FELLOW, tier="FEL")] == [
        False,
        True,
        False,
        True,
    ]
    assert not holds(LARGE, members=None)


def test_a_fact_of_the_wrong_sort_is_an_error_and_never_a_pass():
    with pytest.raises(facts.BadFact, match="discount is 'ten', which is no percent"):
        holds(Compare("discount", "over", Decimal(10)), discount="ten")
    with pytest.raises(vocabulary.UnknownWord):
        holds(Compare("gone", "is", "x"), gone="x")


def test_limits_are_exact_to_the_cent():
    over = Compare("amount", "over", Decimal(500))

    assert [holds(over, amount=amount) for amount in ("500.00", "500.01", 500, 500.01)] == [
        False,
        True,
        False,
        True,
    ]


def test_moving_days_move():
    soon = Compare("joined", "at_most", Today(30))
    july = {"joined": dt.date(2026, 7, 10)}

    assert not facts.evaluate(soon, july, vocabulary=made.WORDS, today=dt.date(2026, 6, 1))
    assert facts.evaluate(soon, july, vocabulary=made.WORDS, today=dt.date(2026, 6, 15))


def test_a_word_keeps_one_meaning():
    words = vocabulary.Vocabulary("x", one="x", many="xs")
    tier = vocabulary.Word("tier", "tier", vocabulary.Type.TEXT)
    words.add(tier)
    words.add(tier)

    with pytest.raises(ValueError, match="another word 'tier'"):
        words.add(vocabulary.Word("tier", "rank", vocabulary.Type.NUMBER))


def test_a_word_without_a_column_is_no_query():
    with pytest.raises(query.NotAColumn, match="Tier is not stored with things"):
        query.compile_q(FELLOW, vocabulary=made.WORDS, today=made.TODAY)


def test_rules_join_without_needless_brackets():
    assert tree.both(FELLOW, ALWAYS) == FELLOW
    assert tree.both(All((FELLOW, LARGE)), Known("amount")) == All((FELLOW, LARGE, Known("amount")))
    assert tree.words_of(Not(All((FELLOW, Any((LARGE,)))))) == {"tier", "members"}
