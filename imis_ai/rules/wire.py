"""A rule as JSON: a closed, versioned schema. Whatever comes in is either a checked rule or a sentence."""

import json
from collections.abc import Callable
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any as Anything

from imis_ai.rules.tree import All, Among, Any, Between, Compare, Known, Not, Rule, Today, Value
from imis_ai.rules.vocabulary import COMPARISONS, Type, UnknownWord, Vocabulary, Word

Node = dict[str, Anything]
VERSION = 1
DEEPEST, LARGEST, LONGEST_LIST, LONGEST_TEXT, FARTHEST = 16, 100, 500, 200, 36_600
LONGEST_NUMBER, PLACES, BIGGEST = 40, 9, Decimal(10) ** 15
SHAPE = 'Write {"all": […]}, {"any": […]}, {"not": …} or {"word": …} with one comparison.'


class BadRule(Exception):
    """This is no rule we can read; the text says where and what to do. Nothing was changed."""


def parse_json(source: str | Node, *, vocabulary: Vocabulary, purpose: str = "") -> Rule:
    """The rule in `source`, JSON text or what was parsed from it. Raises BadRule."""
    if isinstance(source, str):
        try:
            source = json.loads(source)
        except (ValueError, RecursionError):
            raise BadRule("This is not JSON. Check brackets and quotes.") from None
    if not isinstance(source, dict) or set(source) != {"version", "rule"}:
        raise BadRule('A rule has exactly two parts: {"version": 1, "rule": …}.')
    if source["version"] != VERSION or isinstance(source["version"], bool):
        raise BadRule(f"This rule is of version {source['version']!r}; this program reads version {VERSION}.")
    return _Reader(vocabulary, purpose).rule(source["rule"], 1)


def to_json(rule: Rule) -> Node:
    """Plain data that `parse_json` reads back as an equal rule."""
    return {"version": VERSION, "rule": _node(rule)}


class _Reader:
    def __init__(self, vocabulary: Vocabulary, purpose: str) -> None:
        self.vocabulary, self.purpose, self.seen = vocabulary, purpose, 0

    def rule(self, node: Anything, depth: int) -> Rule:
        self.seen += 1
        if self.seen > LARGEST or depth > DEEPEST:
            raise BadRule(f"A rule has at most {LARGEST} conditions, {DEEPEST} levels deep. Split it in two.")
        if not isinstance(node, dict) or not node:
            raise BadRule(f"A condition is missing. {SHAPE}")
        if "word" in node:
            return self.leaf(node)
        if len(node) != 1 or not set(node) <= {"all", "any", "not"}:
            raise BadRule(f"“{_shown(node)}” is not a condition. {SHAPE}")
        ((key, inner),) = node.items()
        if key == "not":
            return Not(self.rule(inner, depth + 1))
        if not isinstance(inner, list) or (key == "any" and not inner):
            raise BadRule(f"“{key}” needs a list of conditions.")
        parts = tuple(self.rule(part, depth + 1) for part in inner)
        return All(parts) if key == "all" else Any(parts)

    def leaf(self, node: Node) -> Rule:
        if len(node) != 2 or not isinstance(node["word"], str):
            raise BadRule(f"“{_shown(node)}” needs one word and one comparison. {SHAPE}")
        try:
            word = self.vocabulary.find(node["word"], self.purpose)
        except UnknownWord as problem:
            raise BadRule(str(problem)) from None
        (how,) = set(node) - {"word"}
        given = node[how]
        if how == "known" and given is True:
            return Known(word.name)
        if how == "in":
            return Among(word.name, self.several(word, given))
        if how == "between" and word.is_ordered:
            low, high = self.pair(word, given)
            return Between(word.name, low, high)
        if how in COMPARISONS[word.type]:
            return Compare(word.name, how, READERS[word.type](word, given))
        possible = sorted(
            COMPARISONS[word.type] | {"in", "known"} | ({"between"} if word.is_ordered else set())
        )
        raise BadRule(
            f"“{word.says}” cannot be compared by “{_shown(how)}”. Use one of: {', '.join(possible)}."
        )

    def several(self, word: Word, given: Anything) -> tuple[Value, ...]:
        if not isinstance(given, list) or not 1 <= len(given) <= LONGEST_LIST:
            raise BadRule(f"“{word.says}” needs a list of 1 to {LONGEST_LIST} values after “in”.")
        return tuple(READERS[word.type](word, value) for value in given)

    def pair(self, word: Word, given: Anything) -> list[Value]:
        if not isinstance(given, list) or len(given) != 2:
            raise BadRule(f"“{word.says}” needs two values after “between”, the lower one first.")
        values = [READERS[word.type](word, value) for value in given]
        if type(values[0]) is type(values[1]) and _order(values[0]) > _order(values[1]):
            raise BadRule(f"“{word.says}” is between a higher and a lower value. Turn them round.")
        return values


def _order(value: Value) -> Anything:
    return value.days if isinstance(value, Today) else value


def read_text(word: Word, given: Anything) -> str:
    if not isinstance(given, str) or not given.strip() or len(given) > LONGEST_TEXT or "\0" in given:
        raise BadRule(f"“{word.says}” needs a text of 1 to {LONGEST_TEXT} characters.")
    return given


def read_number(word: Word, given: Anything) -> Decimal:
    try:
        number = Decimal(str(given)) if _may_be_number(given) else None
    except InvalidOperation:
        number = None
    if number is None:
        raise BadRule(f'“{word.says}” needs a number, such as 10 or "10.50".')
    if not number.is_finite() or abs(number) > BIGGEST or number != round(number, PLACES):
        raise BadRule(f"“{word.says}” needs a number of ordinary size, not {_shown(given)}.")
    return number


def _may_be_number(given: Anything) -> bool:
    if isinstance(given, str):
        return len(given) <= LONGEST_NUMBER
    return isinstance(given, int | float | Decimal) and not isinstance(given, bool)


def read_date(word: Word, given: Anything) -> date | Today:
    if isinstance(given, dict) and set(given) == {"today"}:
        days = given["today"]
        if isinstance(days, int) and not isinstance(days, bool) and abs(days) <= FARTHEST:
            return Today(days)
    try:
        if isinstance(given, str) and len(given) == 10:
            return date.fromisoformat(given)
    except ValueError:
        pass
    raise BadRule(
        f'“{word.says}” needs a date such as "2026-12-14", or {{"today": 30}} for 30 days from today.'
    )


def read_flag(word: Word, given: Anything) -> bool:
    if not isinstance(given, bool):
        raise BadRule(f"“{word.says}” needs true or false.")
    return given


READERS: dict[Type, Callable[[Word, Anything], Value]] = {
    Type.TEXT: read_text,
    Type.NAMES: read_text,
    Type.NUMBER: read_number,
    Type.MONEY: read_number,
    Type.PERCENT: read_number,
    Type.DATE: read_date,
    Type.FLAG: read_flag,
}


def _node(rule: Rule) -> Node:
    match rule:
        case All(parts):
            return {"all": [_node(part) for part in parts]}
        case Any(parts):
            return {"any": [_node(part) for part in parts]}
        case Not(part):
            return {"not": _node(part)}
        case Compare(word, how, value):
            return {"word": word, how: _plain(value)}
        case Among(word, values):
            return {"word": word, "in": [_plain(value) for value in values]}
        case Between(word, low, high):
            return {"word": word, "between": [_plain(low), _plain(high)]}
        case Known(word):
            return {"word": word, "known": True}


def _plain(value: Value) -> Anything:
    if isinstance(value, Today):
        return {"today": value.days}
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else str(value)
    return value


def _shown(given: Anything) -> str:
    return str(given)[:60]
