"""A rule against facts in hand, a plain dict. None, "" and what is missing from it are not known."""

from collections.abc import Callable, Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any as Anything

from imis_ai.rules.tree import All, Among, Any, Between, Compare, Known, Leaf, Not, Rule, Today
from imis_ai.rules.vocabulary import Type, Vocabulary, Word
from imis_ai.rules.wire import BadRule, read_number

UNKNOWN: tuple[Anything, ...] = (None, "", (), frozenset())
ORDER: dict[str, Callable[[Anything, Anything], bool]] = {
    "is": lambda a, b: a == b,
    "under": lambda a, b: a < b,
    "at_most": lambda a, b: a <= b,
    "over": lambda a, b: a > b,
    "at_least": lambda a, b: a >= b,
}


class BadFact(Exception):
    """A fact is of the wrong sort, so no rule can be trusted on it. The text names it."""


def evaluate(rule: Rule, facts: Mapping[str, Anything], *, vocabulary: Vocabulary, today: date) -> bool:
    """Whether the rule holds. Raises BadFact, and UnknownWord for a word that no longer exists."""
    match rule:
        case All(parts):
            return all(evaluate(part, facts, vocabulary=vocabulary, today=today) for part in parts)
        case Any(parts):
            return any(evaluate(part, facts, vocabulary=vocabulary, today=today) for part in parts)
        case Not(part):
            return not evaluate(part, facts, vocabulary=vocabulary, today=today)
    word = vocabulary.find(rule.word)
    fact = _fact(word, facts.get(rule.word))
    return fact is not None and _holds(rule, fact, today)


def _holds(rule: Leaf, fact: Anything, today: date) -> bool:
    match rule:
        case Known():
            return True
        case Compare(_, how, value) if isinstance(fact, frozenset):
            return how == "is" and value in fact
        case Compare(_, how, value):
            return ORDER[how](fact, _settled(value, today))
        case Among(_, values):
            wanted = {_settled(value, today) for value in values}
            return bool(fact & wanted) if isinstance(fact, frozenset) else fact in wanted
        case Between(_, low, high):
            return bool(_settled(low, today) <= fact <= _settled(high, today))


def _settled(value: Anything, today: date) -> Anything:
    return value.on(today) if isinstance(value, Today) else value


def _fact(word: Word, given: Anything) -> Anything:
    """The fact in the type of its word; None when it is not known."""
    if any(given is empty or given == empty for empty in UNKNOWN) or given == []:
        return None
    fitting = FITTERS[word.type](word, given)
    if fitting is None:
        raise BadFact(f"{word.says} is {str(given)[:60]!r}, which is no {word.type}. Correct the data.")
    return fitting


def _number(word: Word, given: Anything) -> Decimal | None:
    try:
        return read_number(word, given)
    except BadRule:
        return None


def _date(word: Word, given: Anything) -> date | None:
    if isinstance(given, datetime):
        return given.date()
    if isinstance(given, str):
        try:
            return date.fromisoformat(given[:10])
        except ValueError:
            return None
    return given if isinstance(given, date) else None


def _text(word: Word, given: Anything) -> str | None:
    return str(given) if isinstance(given, str | int) and not isinstance(given, bool) else None


def _flag(word: Word, given: Anything) -> bool | None:
    return given if isinstance(given, bool) else None


def _names(word: Word, given: Anything) -> frozenset[str] | None:
    if isinstance(given, str):
        return frozenset({given})
    return frozenset(map(str, given)) if isinstance(given, list | tuple | set | frozenset) else None


FITTERS: dict[Type, Callable[[Word, Anything], Anything]] = {
    Type.TEXT: _text,
    Type.NAMES: _names,
    Type.NUMBER: _number,
    Type.MONEY: _number,
    Type.PERCENT: _number,
    Type.DATE: _date,
    Type.FLAG: _flag,
}
