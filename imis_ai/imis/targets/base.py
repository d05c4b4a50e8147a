"""The shape of a target: an object in iMIS, its columns, and the column that holds our reference."""

import enum
from dataclasses import dataclass
from typing import NamedTuple

REFERENCE_LENGTH = 17  # IAI- and 13 characters


class Shape(enum.Enum):
    """How iMIS keeps it, which decides how it is written and found again."""

    MULTI = "several rows per member"
    SINGLE = "one row per member"
    ACTIVITY = "activity"
    INTERACTION = "contact interaction"
    NOTE = "note"
    COMMUNICATION = "communication history"
    REFRESH = "refresh of a dynamic group"
    BY_HAND = "keyed in by a person"


class Column(NamedTuple):
    """`name` is ours, `wire` is iMIS'. `kind`: text, whole, decimal, flag, day, moment; `length` for text."""

    name: str
    wire: str
    kind: str = "text"
    length: int = 0
    is_needed: bool = False
    is_logged: bool = False
    caption: str = ""


@dataclass(frozen=True)
class Target:
    """One canonical object. `aliases` are names of the guides for the same thing, selectable.

    `match`: the columns that tell one row of a member from another, for SET on several rows.
    `reference`: iMIS' name of the column with our reference; empty where it cannot be looked for.
    `fixed`: columns that always have the same value. `variants`: other objects it may be kept in.
    """

    name: str
    object: str
    shape: Shape
    columns: tuple[Column, ...]
    purpose: str
    aliases: tuple[str, ...] = ()
    match: tuple[str, ...] = ()
    reference: str = ""
    fixed: tuple[tuple[str, str], ...] = ()
    variants: tuple["Target", ...] = ()
    is_money: bool = False
    is_per_member: bool = True

    @property
    def is_panel(self) -> bool:
        """A business object that the association defines for us."""
        return self.shape in {Shape.MULTI, Shape.SINGLE}

    @property
    def is_findable(self) -> bool:
        return bool(self.reference)

    def column(self, name: str) -> Column:
        return next(each for each in self.columns if each.name == name)
