"""The words a rule may use. Apps bring theirs: what a word means, what it is for, how it is found."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum


class Type(StrEnum):
    TEXT = "text"
    NUMBER = "number"
    MONEY = "money"
    PERCENT = "percent"  # of 100: ten percent is 10
    DATE = "date"
    FLAG = "yes or no"
    NAMES = "several names"


EQUAL = frozenset({"is"})
ORDERED = frozenset({"is", "under", "at_most", "over", "at_least"})
COMPARISONS = {
    Type.TEXT: EQUAL,
    Type.FLAG: EQUAL,
    Type.NAMES: EQUAL,
    Type.NUMBER: ORDERED,
    Type.MONEY: ORDERED,
    Type.PERCENT: ORDERED,
    Type.DATE: ORDERED,
}
ORDINARY, PERSONAL, PROTECTED = "ordinary", "personal", "protected"


@dataclass(frozen=True)
class Word:
    """`says` is its plain name, which begins the sentence ("tier", then "is Fellow"); `link` stands between.

    A yes-or-no word has sentences instead: `yes` and `no`. `choices` are the values known now, by their plain
    names, or None where anything goes. `column` is the path from the model; words without one live in facts
    only. No purposes means every purpose.
    """

    name: str
    says: str
    type: Type
    link: str = "is"
    yes: str = ""
    no: str = ""
    unit: str = ""
    choices: Callable[[], Mapping[str, str]] | None = None
    sensitivity: str = ORDINARY
    purposes: frozenset[str] = frozenset()
    column: str = ""

    def allows(self, purpose: str) -> bool:
        return not purpose or not self.purposes or purpose in self.purposes

    @property
    def is_ordered(self) -> bool:
        return COMPARISONS[self.type] is ORDERED


class UnknownWord(Exception):
    """No such word, or not for this purpose. The text says which words there are."""


class Vocabulary:
    """The words about one sort of thing, such as members or proposals."""

    def __init__(self, name: str, *, one: str, many: str) -> None:
        self.name, self.one, self.many = name, one, many
        self.words: dict[str, Word] = {}

    def add(self, *words: Word) -> None:
        """Idempotent. Two meanings for one name are refused."""
        for word in words:
            if self.words.get(word.name, word) != word:
                raise ValueError(f"{self.name} has another word {word.name!r} already. Choose another name.")
            self.words[word.name] = word

    def find(self, name: str, purpose: str = "") -> Word:
        """Raises UnknownWord."""
        word = self.words.get(name)
        if word is None:
            known = ", ".join(sorted(self.words)) or "none"
            raise UnknownWord(f"“{str(name)[:60]}” is not a word for {self.many}. Known: {known}.")
        if not word.allows(purpose):
            allowed = ", ".join(sorted(word.purposes))
            raise UnknownWord(
                f"{word.says.capitalize()} may not be used for {purpose}. Allowed for: {allowed}."
            )
        return word

    def only(self, names: Iterable[str], *, one: str, many: str) -> "Vocabulary":
        """A smaller one with the same meanings."""
        part = Vocabulary(self.name, one=one, many=many)
        part.add(*(self.words[name] for name in names))
        return part
