"""A rule as one condition of one query: values as parameters, columns from the vocabulary, no SQL text."""

from datetime import date
from typing import Any as Anything

from django.db.models import Q, QuerySet

from imis_ai.rules.tree import All, Among, Any, Between, Compare, Known, Leaf, Not, Rule, Today
from imis_ai.rules.vocabulary import Type, Vocabulary, Word

LOOKUPS = {"is": "", "under": "__lt", "at_most": "__lte", "over": "__gt", "at_least": "__gte"}
NEVER = Q(pk__in=[])


class NotAColumn(Exception):
    """The word has no column, so no query can ask for it."""


def matching(rule: Rule, queryset: QuerySet, *, vocabulary: Vocabulary, today: date) -> QuerySet:
    """Those of the queryset, which is already limited to what the caller may see."""
    return queryset.filter(compile_q(rule, vocabulary=vocabulary, today=today))


def compile_q(rule: Rule, *, vocabulary: Vocabulary, today: date) -> Q:
    """The rule as a Q. Raises UnknownWord and NotAColumn. Negation is carried down to the single condition,

    where "or not known" is added in so many words: SQL's own three values then cannot surprise anybody.
    """
    return _compiled(rule, vocabulary, today, is_not=False)


def _compiled(rule: Rule, vocabulary: Vocabulary, today: date, *, is_not: bool) -> Q:
    if isinstance(rule, Not):
        return _compiled(rule.part, vocabulary, today, is_not=not is_not)
    if isinstance(rule, All | Any):
        parts = [_compiled(part, vocabulary, today, is_not=is_not) for part in rule.parts]
        return _all(parts) if isinstance(rule, All) is not is_not else _any(parts)
    word = vocabulary.find(rule.word)
    if not word.column:
        raise NotAColumn(f"{word.says.capitalize()} is not stored with {vocabulary.many}. Leave it out.")
    return _unknown(word) | ~_leaf(rule, word, today) if is_not else _leaf(rule, word, today)


def _all(parts: list[Q]) -> Q:
    joined = Q()
    for part in parts:
        joined &= part
    return joined if parts else ~NEVER


def _any(parts: list[Q]) -> Q:
    joined = NEVER
    for part in parts:
        joined |= part
    return joined


def _leaf(rule: Leaf, word: Word, today: date) -> Q:
    match rule:
        case Known():
            return ~_unknown(word)
        case Compare(_, how, value):
            return Q(**{f"{word.column}{LOOKUPS[how]}": _settled(value, today)})
        case Among(_, values):
            return Q(**{f"{word.column}__in": [_settled(value, today) for value in values]})
        case Between(_, low, high):
            return Q(
                **{f"{word.column}__gte": _settled(low, today), f"{word.column}__lte": _settled(high, today)}
            )


def _unknown(word: Word) -> Q:
    empty = Q(**{f"{word.column}__isnull": True})
    return empty | Q(**{word.column: ""}) if word.type is Type.TEXT else empty


def _settled(value: Anything, today: date) -> Anything:
    return value.on(today) if isinstance(value, Today) else value
