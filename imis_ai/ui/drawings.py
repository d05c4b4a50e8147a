"""The rows under a drawing, read from the page as a person gets it: the table of `data-drawing`. Pure.

A cell's <data value> or <time datetime> stands in place of its words.
"""

import re
from decimal import Decimal
from html.parser import HTMLParser

NUMBER = re.compile(r"-?\d+(\.\d+)?")


class Table(HTMLParser):
    """Rows of the first table within one figure, as text."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self._name, self._inside, self._table, self._over = name, 0, False, False
        self._cell: list[str] | None = None
        self._plain: str | None = None
        self.rows: list[list[str]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        if tag == "figure" and (self._inside or found.get("data-drawing") == self._name):
            self._inside += 1
        if not self._inside or self._over:
            return
        if tag == "table":
            self._table = True
        elif self._table and tag == "tr":
            self.rows.append([])
        elif self._table and tag in ("td", "th"):
            self._cell, self._plain = [], None
        elif self._cell is not None and tag in ("data", "time"):
            self._plain = found.get("value" if tag == "data" else "datetime")

    def handle_endtag(self, tag: str) -> None:
        if tag == "figure" and self._inside:
            self._inside -= 1
        elif tag == "table" and self._table:
            self._table, self._over = False, True
        elif tag in ("td", "th") and self._cell is not None:
            text = " ".join("".join(self._cell).split())
            self.rows[-1].append(text if self._plain is None else self._plain)
            self._cell = None

    def handle_data(self, data: str) -> None:
        if self._cell is not None:
            self._cell.append(data)


def rows_of(page: str, name: str) -> list[list[object]]:
    """The head and the rows of that drawing; empty where the page has no such table."""
    table = Table(name)
    table.feed(page)
    return [[_number(cell) for cell in row] for row in table.rows]


def _number(cell: str) -> object:
    """As a number where it is one: in words a negative one would look like a formula."""
    plain = cell.replace(",", "").replace("\N{MINUS SIGN}", "-")
    return Decimal(plain) if NUMBER.fullmatch(plain) else cell
