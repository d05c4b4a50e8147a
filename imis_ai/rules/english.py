"""A rule in English. Total: every tree has its sentence, whatever became of the words in it."""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal

from imis_ai.rules.tree import All, Among, Any, Between, Compare, Known, Leaf, Not, Rule, Today, Value
from imis_ai.rules.vocabulary import Type, Vocabulary, Word
from imis_ai.ui import words as say

ORDER = {"is": "", "under": "under", "at_most": "at most", "over": "over", "at_least": "at least"}
DATES = {"is": "on", "under": "before", "at_most": "on or before", "over": "after", "at_least": "on or after"}
ENOUGH = 8  # values named one by one


def describe(rule: Rule, *, vocabulary: Vocabulary, currency: str = "USD") -> str:
    """A phrase without a full stop: "tier is Fellow or Student, and joined after 1 January 2020"."""
    return _Speaker(vocabulary, currency).phrase(rule)


class _Speaker:
    def __init__(self, vocabulary: Vocabulary, currency: str) -> None:
        self.vocabulary, self.currency = vocabulary, currency

    def phrase(self, rule: Rule) -> str:
        match rule:
            case All(parts):
                return self.joined(parts, "and") if parts else f"every {self.vocabulary.one}"
            case Any(parts):
                return self.joined(parts, "or") if parts else f"no {self.vocabulary.one}"
            case Not(All((part,)) | Any((part,))):
                return self.phrase(Not(part))
            case Not(All() | Any()):
                return f"not ({self.phrase(rule.part)})"
            case Not(Not(part)):
                return self.phrase(part)
            case Not(Compare() | Among() | Between() | Known() as part):
                return self.leaf(part, is_not=True)
            case Compare() | Among() | Between() | Known() as part:
                return self.leaf(part, is_not=False)
        raise TypeError(f"{rule!r} is no rule")

    def joined(self, parts: Sequence[Rule], word: str) -> str:
        said = [self.inner(part) if len(parts) > 1 else self.phrase(part) for part in parts]
        return said[0] if len(said) == 1 else f", {word} ".join([", ".join(said[:-1]), said[-1]])

    def inner(self, part: Rule) -> str:
        said = self.phrase(part)
        has_parts = isinstance(part, All | Any) and len(part.parts) > 1
        return f"({said})" if has_parts else said

    def leaf(self, rule: Leaf, *, is_not: bool) -> str:
        word = self.vocabulary.words.get(rule.word) or Word(rule.word, rule.word, Type.TEXT)
        if isinstance(rule, Compare) and word.type is Type.FLAG and isinstance(rule.value, bool):
            return self.flag(word, rule.value, is_not)
        link = f"{word.link} not".strip() if is_not else word.link
        match rule:
            case Known():
                return f"{word.says} is {'not ' if is_not else ''}known"
            case Compare(_, "is", value) if word.type is Type.NAMES:
                return self.among(word, [value], is_not)
            case Compare(_, how, value):
                return _put(word.says, link, self.compared(word, how, value))
            case Between(_, low, high):
                joint = f"{self.value(word, low)} and {self.value(word, high)}"
                return _put(word.says, link, f"between {joint}")
            case Among(_, values):
                return self.among(word, values, is_not)

    def flag(self, word: Word, value: bool, is_not: bool) -> str:
        """Brackets, for "not yes" is more than "no": nobody may know."""
        said = (word.yes or f"{word.says} is yes") if value else (word.no or f"{word.says} is no")
        return f"not ({said})" if is_not else said

    def compared(self, word: Word, how: str, value: Value) -> str:
        order = (DATES if word.type is Type.DATE else ORDER).get(how, how)
        return f"{order} {self.value(word, value)}".strip()

    def among(self, word: Word, values: Sequence[Value], is_not: bool) -> str:
        said = [self.value(word, value) for value in values[:ENOUGH]]
        if len(values) > ENOUGH:
            said.append(f"{len(values) - ENOUGH} more")
        listed = said[0] if len(said) == 1 else f"{', '.join(said[:-1])} or {said[-1]}"
        if word.type is Type.NAMES:
            return _put(word.says, "include none of" if is_not else "include", listed)
        if is_not and len(said) > 1:
            return _put(word.says, word.link, f"none of {listed}")
        return _put(word.says, word.link, "not" if is_not else "", listed)

    def value(self, word: Word, value: Value) -> str:
        if isinstance(value, Today):
            return _moving(value.days)
        if isinstance(value, bool):
            return "yes" if value else "no"
        if isinstance(value, date):
            return f"{value.day} {value:%B} {value.year}"
        if isinstance(value, Decimal):
            return self.number(word, value)
        return (word.choices() if word.choices else {}).get(value, value)

    def number(self, word: Word, value: Decimal) -> str:
        if word.type is Type.MONEY:
            return say.money(value, self.currency)
        shown = f"{value.normalize():,f}".replace("-", say.MINUS)
        unit = "%" if word.type is Type.PERCENT else word.unit
        return f"{shown}{say.NO_BREAK}{unit}" if unit else shown


def _put(*parts: str) -> str:
    return " ".join(part for part in parts if part)


def _moving(days: int) -> str:
    if days == 0:
        return "today"
    span = say.plural(abs(days), "day")
    return f"{span} from today" if days > 0 else f"{span} ago"
