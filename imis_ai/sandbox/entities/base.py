"""What every entity can do, and the two ways of keeping one: a table of generated rows, or stored
documents.
"""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from imis_ai.sandbox import filters, wire
from imis_ai.sandbox.columns import Table
from imis_ai.sandbox.filters import Filter
from imis_ai.sandbox.store import Store

Row = dict[str, Any]


def full_names(store: Store, parties: set[str | None]) -> dict[str, str]:
    """Names of the contacts among these that exist, by id."""
    table = store.tables["Party"]
    positions = [p for p in (table.at(party) for party in parties if party) if p is not None]
    rows = table.rows(np.array(positions, np.int64), ("PartyId", "FirstName", "LastName"))
    return {r["PartyId"]: f"{r['FirstName'] or ''} {r['LastName'] or ''}".strip() for r in rows}


class Entity:
    """A named resource. Methods that a build does not implement answer 501."""

    name = ""
    item_type = ""

    def __init__(self, store: Store) -> None:
        self.store = store

    def find(self, conditions: Sequence[Filter], order_by: str, descending: bool) -> Sequence[Any]:
        """Handles of what passes, in stable order."""
        raise self.not_implemented()

    def render(self, handles: Sequence[Any]) -> list[Any]:
        """Wire objects of some handles."""
        raise self.not_implemented()

    def get(self, elements: list[str]) -> Row:
        """One object; raises a 404 refusal."""
        raise self.not_implemented()

    def create(self, body: Row, user: "Any") -> Row:
        raise self.not_implemented()

    def update(self, elements: list[str], body: Row, user: "Any") -> Row:
        raise self.not_implemented()

    def delete(self, elements: list[str], user: "Any") -> None:
        raise self.not_implemented()

    def announce(self, action: str, subject: str) -> None:
        """Tell the subscriber of change notifications, if there is one."""
        if self.store.announce:
            self.store.announce(self.name, action, subject)

    def check(self, body: Row, user: "Any") -> None:
        """What _validate runs: raises a validation refusal."""

    def not_implemented(self) -> wire.Refusal:
        return wire.Refusal(
            501, wire.http_error(f"The requested operation is not implemented for {self.name}.")
        )

    def missing(self, elements: Sequence[str]) -> wire.Refusal:
        return wire.Refusal(404, wire.http_error(f"No {self.name} found with identity {'|'.join(elements)}."))


class TableEntity(Entity):
    """Rows of one table, drawn by `draw(rows as dicts)`."""

    table_name = ""
    aliases: dict[str, str] = {}

    @property
    def table(self) -> Table:
        return self.store.tables[self.table_name or self.name]

    def find(self, conditions: Sequence[Filter], order_by: str, descending: bool) -> np.ndarray:
        named = [c._replace(name=self.aliases.get(c.name, c.name)) for c in conditions]
        try:
            return self.table.find(named, self.aliases.get(order_by.lower(), order_by), descending)
        except ValueError as error:
            raise wire.Refusal(400, wire.http_error(f"ArgumentFault: {error}")) from error

    def render(self, handles: Sequence[Any]) -> list[Any]:
        return [self.draw(row) for row in self.table.rows(np.asarray(handles, np.int64))]

    def get(self, elements: list[str]) -> Row:
        position = self.table.at(elements[0])
        if position is None:
            raise self.missing(elements)
        return self.render([position])[0]

    def draw(self, row: Row) -> Row:
        raise NotImplementedError


class DocumentEntity(Entity):
    """Stored wire objects by identity text."""

    keep = ""  # the collection, the entity's own name when empty
    drawn: Callable[[Row], Row] | None = None
    fields: dict[str, Callable[[Row], Any]] = {}

    @property
    def kept(self) -> dict[str, Row]:
        return self.store.kept(self.keep or self.name)

    def value(self, document: Row, name: str) -> Any:
        """The stored value a filter on `name` looks at; a list means any of them."""
        if reader := self.fields.get(name):
            return reader(document)
        lower = {k.lower(): v for k, v in document.items()}
        return lower.get(name, ...)

    def find(self, conditions: Sequence[Filter], order_by: str, descending: bool) -> list[str]:
        found = [key for key, document in list(self.kept.items()) if self._passes(document, conditions)]
        if order_by:
            found.sort(key=lambda key: str(self.value(self.kept[key], order_by.lower())), reverse=descending)
        return found

    def _passes(self, document: Row, conditions: Sequence[Filter]) -> bool:
        for condition in conditions:
            value = self.value(document, condition.name)
            if value is ...:
                continue
            several = value if isinstance(value, list) else [value]
            if not any(filters.matches(condition, v) for v in several):
                return False
        return True

    def render(self, handles: Sequence[Any]) -> list[Row]:
        return [self.kept[key] for key in handles if key in self.kept]

    def get(self, elements: list[str]) -> Row:
        key = "|".join(elements)
        if key not in self.kept:
            raise self.missing(elements)
        return self.kept[key]

    def delete(self, elements: list[str], user: Any) -> None:
        self.get(elements)
        del self.kept["|".join(elements)]
