"""The syntax tree of a rule. Frozen values only: a rule that was approved cannot change under its approval.

What is not known satisfies no condition, and therefore satisfies the negation of every condition.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal


@dataclass(frozen=True)
class Today:
    """A day that moves: so many days after today, or before it when negative."""

    days: int = 0

    def on(self, today: date) -> date:
        return today + timedelta(days=self.days)


Value = str | Decimal | date | Today | bool


@dataclass(frozen=True)
class All:
    """Every part holds. Without parts: always."""

    parts: "tuple[Rule, ...]" = ()


@dataclass(frozen=True)
class Any:
    """At least one part holds. Without parts: never."""

    parts: "tuple[Rule, ...]" = ()


@dataclass(frozen=True)
class Not:
    part: "Rule"


@dataclass(frozen=True)
class Compare:
    """One word against one value. `how`: is, under, at_most, over, at_least."""

    word: str
    how: str
    value: Value


@dataclass(frozen=True)
class Among:
    """One of these values; for a word that holds several, any of them in common."""

    word: str
    values: tuple[Value, ...]


@dataclass(frozen=True)
class Between:
    """From low to high, both included."""

    word: str
    low: Value
    high: Value


@dataclass(frozen=True)
class Known:
    word: str


Leaf = Compare | Among | Between | Known
Rule = All | Any | Not | Leaf
ALWAYS = All()


def words_of(rule: Rule) -> frozenset[str]:
    """Every word the rule asks about."""
    if isinstance(rule, Not):
        return words_of(rule.part)
    if isinstance(rule, All | Any):
        return frozenset().union(*(words_of(part) for part in rule.parts))
    return frozenset({rule.word})


def both(*rules: Rule) -> Rule:
    """All of these, without needless brackets."""
    parts: list[Rule] = []
    for rule in rules:
        parts += rule.parts if isinstance(rule, All) else [rule]
    return parts[0] if len(parts) == 1 else All(tuple(parts))
