"""Columns and page numbers of a list, with their addresses. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

PER_PAGE = 50


class Column(NamedTuple):
    """`sort` is the key in the address; empty for a column that is not sortable."""

    label: str
    sort: str = ""
    classes: str = ""
    falls: bool = False  # the first click sorts downwards
    hint: str = ""


class Head(NamedTuple):
    column: Column
    aria: str
    turn: str  # the sort key that a click asks for


def heads(columns: Iterable[Column], sort: str) -> list[Head]:
    """`sort` as in the address: "risk", "-risk"."""
    made = []
    for column in columns:
        key = column.sort
        if key and sort.lstrip("-") == key:
            aria = "descending" if sort.startswith("-") else "ascending"
            turn = key if sort.startswith("-") else f"-{key}"
        else:
            aria, turn = "", f"-{key}" if column.falls else key
        made.append(Head(column, aria, turn))
    return made


@dataclass(frozen=True)
class Pages:
    """Page `number` of a list of `total`; out of range counts as the nearest page."""

    number: int
    total: int
    per_page: int = PER_PAGE

    @classmethod
    def of(cls, asked: int, total: int, per_page: int = PER_PAGE) -> "Pages":
        last = max(1, -(-total // per_page))
        return cls(min(max(asked, 1), last), total, per_page)

    @property
    def last(self) -> int:
        return max(1, -(-self.total // self.per_page))

    @property
    def start(self) -> int:
        return (self.number - 1) * self.per_page

    @property
    def stop(self) -> int:
        return min(self.start + self.per_page, self.total)

    @property
    def first_shown(self) -> int:
        return min(self.start + 1, self.total)

    @property
    def previous(self) -> int | None:
        return self.number - 1 if self.number > 1 else None

    @property
    def next(self) -> int | None:
        return self.number + 1 if self.number < self.last else None

    @property
    def numbers(self) -> list[int | None]:
        """Around here, the first and the last; None where numbers are left out."""
        near = {1, self.last, *range(self.number - 1, self.number + 2)}
        kept = sorted(number for number in near if 1 <= number <= self.last)
        shown: list[int | None] = []
        for number in kept:
            if shown and shown[-1] is not None and number - shown[-1] > 1:
                shown.append(number - 1 if number - shown[-1] == 2 else None)
            shown.append(number)
        return shown
