"""Panel sources: user-defined business objects, their definitions and their rows."""

import re
from collections.abc import Sequence
from typing import Any

from imis_ai.sandbox import wire
from imis_ai.sandbox.accounts import Account
from imis_ai.sandbox.entities import records
from imis_ai.sandbox.entities.base import DocumentEntity, Row
from imis_ai.sandbox.filters import Filter
from imis_ai.sandbox.store import Store

NAME = re.compile(r"^[A-Za-z][A-Za-z0-9_]*$")
NUMBERS = {"Integer", "Decimal", "Monetary"}


class BOEntityDefinition(DocumentEntity):
    """Definitions. Only a SysAdmin may write them; a new one is not yet available via the REST API."""

    name, item_type = "BOEntityDefinition", wire.kind("BOEntityDefinitionData", wire.CORE)

    def _key(self, name: str) -> str | None:
        return next((k for k in self.kept if k.lower() == name.lower()), None)

    def get(self, elements: list[str]) -> Row:
        key = self._key(elements[0])
        if key is None:
            raise self.missing(elements)
        return self.kept[key]

    def check(self, body: Row, user: Account) -> None:
        """403 for everybody but a SysAdmin, 400 for a definition that makes no table."""
        if not user.is_staff:
            raise wire.Refusal(
                403, wire.http_error("Only a system administrator may change business object definitions.")
            )
        problems = []
        if not NAME.match(str(body.get("EntityTypeName", ""))):
            problems.append(
                ("EntityTypeName", body.get("EntityTypeName"), "Letters, digits and underscores only.")
            )
        if body.get("ObjectTypeName") not in {"Single", "Multi", "Standard"}:
            problems.append(("ObjectTypeName", body.get("ObjectTypeName"), "One of Single, Multi, Standard."))
        if body.get("PrimaryParentEntityTypeName") not in {"Party", "Standalone", "Event"}:
            problems.append(
                (
                    "PrimaryParentEntityTypeName",
                    body.get("PrimaryParentEntityTypeName"),
                    "One of Party, Standalone, Event.",
                )
            )
        for item in wire.unwrap(body.get("Properties")):
            if item.get("PropertyTypeName") == "String" and not item.get("MaxLength"):
                problems.append((item.get("Name", ""), None, "A text property needs a MaxLength."))
        if problems:
            raise wire.invalid(*problems)

    def create(self, body: Row, user: Account) -> Row:
        self.check(body, user)
        name = body["EntityTypeName"]
        if self._key(name):
            raise wire.Refusal(409, wire.http_error(f"A business object named {name} exists."), "Conflict")
        self.kept[name] = {"$type": self.item_type} | body
        return self.kept[name]

    def update(self, elements: list[str], body: Row, user: Account) -> Row:
        self.check(body, user)
        key = self._key(elements[0])
        if key is None:
            raise self.missing(elements)
        self.kept[key] = {"$type": self.item_type} | body
        return self.kept[key]

    def delete(self, elements: list[str], user: Account) -> None:
        raise wire.Refusal(
            405, wire.http_error("Business object definitions are removed in the Business Object Designer.")
        )


def flagged(store: Store) -> dict[str, bool]:
    """Which definitions have 'Available via the REST API' ticked."""
    return store.kept("RestAccess")


class Panel(DocumentEntity):
    """Rows of one panel source. Single: identity [ID]; Multi: [ID, Ordinal]; without a parent: [Ordinal]."""

    item_type = wire.GENERIC

    def __init__(self, store: Store, definition: Row) -> None:
        super().__init__(store)
        self.name = definition["EntityTypeName"]
        self.keep = f"panel {self.name}"
        self.definition = definition
        self.parent = definition["PrimaryParentEntityTypeName"]
        self.single = definition["ObjectTypeName"] == "Single"
        self.properties = {p["Name"]: p for p in wire.unwrap(definition.get("Properties"))}
        if not flagged(store).get(self.name):
            raise wire.Refusal(403, wire.http_error(f"{self.name} is not available via the REST API."))

    def value(self, document: Row, name: str) -> Any:
        return {k.lower(): v for k, v in document["values"].items()}.get(name, ...)

    def find(self, conditions: Sequence[Filter], order_by: str, descending: bool) -> list[str]:
        found = super().find(conditions, order_by, descending)
        return found if order_by else sorted(found, key=lambda key: self.kept[key]["order"])

    def render(self, handles: Sequence[Any]) -> list[Row]:
        return [self._draw(self.kept[key]) for key in handles if key in self.kept]

    def get(self, elements: list[str]) -> Row:
        key = "|".join(elements)
        if key not in self.kept:
            raise self.missing(elements)
        return self._draw(self.kept[key])

    def _draw(self, document: Row, ordinal: int | None = None) -> Row:
        values = dict(document["values"])
        elements = list(document["identity"])
        if ordinal is not None and not self.single:
            elements[-1], values["Ordinal"] = ordinal, ordinal
        parent_id = document["identity"][0] if self.parent != "Standalone" else None
        return wire.generic(self.name, elements, values, self.parent, parent_id)

    def clean(self, body: Row) -> Row:
        """The values by their defined names; refuses over-long and missing ones, ignores unknown names."""
        given, found, problems = {k.lower(): v for k, v in wire.unbag(_properties(body)).items()}, {}, []
        for name, rule in self.properties.items():
            value = given.get(name.lower())
            if value is None or value == "":
                if rule.get("Required"):
                    problems.append((name, value, f"{name} is required."))
                found[name] = None
                continue
            found[name] = self._cast(name, rule, value)
            most = rule.get("MaxLength")
            if most and len(str(value)) > most:
                problems.append((name, value, f"{name} is longer than {most} characters."))
        if problems:
            raise wire.invalid(*problems)
        return found

    def _cast(self, name: str, rule: Row, value: Any) -> Any:
        kind = rule["PropertyTypeName"]
        try:
            if kind == "Integer":
                return int(value)
            if kind in NUMBERS:
                return float(value)
        except (TypeError, ValueError) as error:
            message = f"Unable to cast object of type 'System.String' to type 'System.{kind}' ({name})."
            raise wire.Refusal(500, wire.http_error(message)) from error
        if kind == "Boolean":
            return value if isinstance(value, bool) else str(value).lower() == "true"
        return value

    def _owner(self, body: Row) -> list[str]:
        """The parent's id, checked against the contacts; empty for a standalone table."""
        if self.parent == "Standalone":
            return []
        owner = wire.unwrap((body.get("PrimaryParentIdentity") or {}).get("IdentityElements"))
        given = wire.unbag(_properties(body)).get("ID")
        party = str(owner[0] if owner else given or "")
        if self.parent == "Party" and self.store.tables["Party"].at(party) is None:
            raise wire.invalid(("ID", party, f"There is no contact {party}."))
        return [party]

    def create(self, body: Row, user: Account) -> Row:
        """Store under the next ordinal; the answer says ordinal 0, as iMIS does."""
        owner, values = self._owner(body), self.clean(body)
        identity = owner if self.single else [*owner, str(self._next(owner))]
        key = "|".join(identity)
        if key in self.kept:
            raise wire.Refusal(409, wire.http_error(f"{self.name} has a row for {key}."), "Conflict")
        self.kept[key] = self._document(identity, values, len(self.kept) + 1)
        self._log(identity, {}, values, user, 0)
        self.announce("Created", key)
        return self._draw(self.kept[key], 0)

    def _next(self, owner: list[str]) -> int:
        counters = self.store.kept("Ordinals")
        key = f"{self.name}|{'|'.join(owner)}"
        counters[key] = counters.get(key, 0) + 1
        return int(counters[key])

    def _document(self, identity: list[str], values: Row, order: int) -> Row:
        shown: Row = {"ID": identity[0]} if self.parent != "Standalone" else {}
        if not self.single:
            shown["Ordinal"] = int(identity[-1])
        return {"identity": identity, "values": shown | values, "order": order}

    def update(self, elements: list[str], body: Row, user: Account) -> Row:
        key = "|".join(elements)
        if key not in self.kept:
            raise self.missing(elements)
        before, values = self.kept[key], self.clean(body)
        self.kept[key] = self._document(before["identity"], values, before["order"])
        self._log(elements, before["values"], values, user, 1)
        self.announce("Updated", key)
        return self._draw(self.kept[key])

    def delete(self, elements: list[str], user: Account) -> None:
        before = self.kept.get("|".join(elements))
        super().delete(elements, user)
        self._log(elements, (before or {}).get("values", {}), {}, user, 2)

    def _log(self, identity: list[str], before: Row, after: Row, user: Account, action: int) -> None:
        """Logged properties appear in the ChangeLog."""
        changes = [
            (f"{self.name}.{name}", before.get(name), after.get(name))
            for name, rule in self.properties.items()
            if rule.get("Logged") and before.get(name) != after.get(name)
        ]
        if changes:
            records.change(
                self.store,
                self.name,
                identity,
                self.store.clock.text(),
                changes,
                action=action,
                user=user.name,
            )


def _properties(body: Row) -> Any:
    return next((v for k, v in body.items() if k.lower() == "properties"), None)
