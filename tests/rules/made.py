"""Random rules and facts over a small vocabulary with every type of word."""

import datetime as dt
from decimal import Decimal

from hypothesis import strategies as st

from imis_ai.rules import vocabulary as v
from imis_ai.rules.tree import All, Among, Any, Between, Compare, Known, Not, Today

TODAY = dt.date(2026, 6, 1)
WORDS = v.Vocabulary("thing", one="thing", many="things")
WORDS.add(
    v.Word("tier", "tier", v.Type.TEXT, choices=lambda: {"FEL": "Fellow", "STU": "Student"}),
    v.Word("members", "number of members", v.Type.NUMBER),
    v.Word("amount", "amount", v.Type.MONEY),
    v.Word("discount", "discount", v.Type.PERCENT),
    v.Word("joined", "joined", v.Type.DATE, link=""),
    v.Word("auto", "sent by itself", v.Type.FLAG, yes="sent without a person", no="sent by a person"),
    v.Word("fields", "fields used", v.Type.NAMES, link=""),
    v.Word("age", "age", v.Type.NUMBER, unit="years", purposes=frozenset({"retention"})),
)

numbers = st.decimals(min_value=-1000, max_value=1000, places=2)
days = st.dates(dt.date(2020, 1, 1), dt.date(2030, 1, 1))
VALUES = {
    v.Type.TEXT: st.sampled_from(["FEL", "STU", "PRO", "é “x”"]),
    v.Type.NAMES: st.sampled_from(["age", "gender", "address"]),
    v.Type.FLAG: st.booleans(),
    v.Type.DATE: st.one_of(days, st.integers(-2000, 2000).map(Today)),
    v.Type.NUMBER: numbers,
    v.Type.MONEY: numbers,
    v.Type.PERCENT: numbers,
}


def _leaves(words, values):
    def of(word):
        value = values(word)
        kinds = [
            st.just(Known(word.name)),
            st.builds(Compare, st.just(word.name), st.sampled_from(sorted(v.COMPARISONS[word.type])), value),
            st.builds(Among, st.just(word.name), st.lists(value, min_size=1, max_size=3).map(tuple)),
        ]
        if word.is_ordered:
            pair = st.lists(value, min_size=2, max_size=2)
            if word.type is not v.Type.DATE:
                pair = pair.map(sorted)
            else:
                pair = pair.filter(lambda p: type(p[0]) is not type(p[1])) | st.lists(
                    days, min_size=2, max_size=2
                ).map(sorted)
            kinds.append(pair.map(lambda p: Between(word.name, *p)))
        return st.one_of(kinds)

    return st.sampled_from(sorted(words, key=lambda word: word.name)).flatmap(of)


def rules(words=None, values=None):
    """Trees of up to a dozen conditions, negations and empty lists among them."""
    leaves = _leaves(words or WORDS.words.values(), values or (lambda word: VALUES[word.type]))
    return st.recursive(
        leaves | st.just(All()),
        lambda inner: st.one_of(
            st.lists(inner, max_size=3).map(lambda parts: All(tuple(parts))),
            st.lists(inner, min_size=1, max_size=3).map(lambda parts: Any(tuple(parts))),
            inner.map(Not),
        ),
        max_leaves=8,
    )


def facts():
    return st.fixed_dictionaries(
        {},
        optional={
            "tier": st.sampled_from(["FEL", "PRO", "", None]),
            "members": st.integers(0, 1000) | st.none(),
            "amount": numbers.map(str) | numbers | st.none(),
            "discount": st.floats(0, 100).map(lambda x: round(x, 2)) | st.none(),
            "joined": days | st.none(),
            "auto": st.booleans() | st.none(),
            "fields": st.lists(st.sampled_from(["age", "gender"])),
            "age": st.sampled_from([Decimal(20), None]),
        },
    )


json_like = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(
                [
                    "all",
                    "any",
                    "not",
                    "word",
                    "is",
                    "in",
                    "over",
                    "between",
                    "known",
                    "version",
                    "rule",
                    "today",
                    "x",
                ]
            ),
            inner | st.sampled_from(["tier", "joined", "amount", "fields", "password"]),
            max_size=3,
        )
    ),
    max_leaves=20,
)
