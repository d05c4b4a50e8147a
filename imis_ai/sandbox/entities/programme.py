"""Events, registrations and activities."""

from collections.abc import Sequence
from typing import Any

import msgspec
import numpy as np

from imis_ai.sandbox import wire
from imis_ai.sandbox.accounts import Account
from imis_ai.sandbox.association import service
from imis_ai.sandbox.entities.base import Entity, Row, TableEntity
from imis_ai.sandbox.filters import Filter


class Event(TableEntity):
    name, item_type = "Event", wire.kind("EventData", wire.EVENTS)

    def draw(self, row: Row) -> Row:
        shape = wire.typed(
            self.item_type,
            EventId=row["EventId"],
            EventCode=row["EventId"],
            Name=row["Name"],
            Status=row["Status"],
            StartDateTime=row["StartDateTime"],
            EndDateTime=row["EndDateTime"],
            RegistrationType=1,
            Category=wire.typed(
                wire.kind("EventCategoryData", wire.EVENTS),
                EventCategoryId=row["Category"],
                Name=row["Category"],
            ),
            UpdateInformation=wire.typed(
                wire.kind("UpdateInformationData", wire.CORE), UpdatedOn=row["UpdatedOn"], UpdatedBy="MANAGER"
            ),
        )
        return shape | {"AdditionalAttributes": wire.bag({"Chapter": row["Chapter"], "Fee": row["Fee"]})}


class EventSummary(Event):
    name, item_type = "EventSummary", wire.kind("EventSummaryData", wire.EVENTS)

    def draw(self, row: Row) -> Row:
        return {
            k: v
            for k, v in super().draw(row).items()
            if k not in {"AdditionalAttributes", "UpdateInformation"}
        }


class EventRegistration(TableEntity):
    """id EVENT-PARTYID."""

    name, table_name, item_type = (
        "EventRegistration",
        "Registrations",
        wire.kind("EventRegistrationData", wire.EVENTS),
    )
    aliases = {"registrantid": "id", "partyid": "id"}

    def draw(self, row: Row) -> Row:
        return wire.typed(
            self.item_type,
            EventRegistrationId=f"{row['EventId']}-{row['ID']}",
            RegistrationDate=row["RegisteredOn"],
            Event=wire.typed(wire.kind("EventSummaryData", wire.EVENTS), EventId=row["EventId"]),
            Registrant=wire.typed(wire.kind("PersonSummaryData"), PartyId=row["ID"], Id=row["ID"]),
            RegisteredByPartyId=row["ID"],
            BillToPartyId=row["ID"],
            Status=4 if row["CancelledOn"] else 1,
        )

    def get(self, elements: list[str]) -> Row:
        event, _, party = elements[0].rpartition("-")
        both = self.find([_equals("eventid", event), _equals("id", party)], "", False)
        if not len(both):
            raise self.missing(elements)
        return self.render(both[:1])[0]


def _equals(name: str, value: str) -> Any:
    return Filter(name, "eq", (value,))


COLUMNS = [
    "SEQN",
    "PartyId",
    "ACTIVITY_TYPE",
    "TRANSACTION_DATE",
    "EFFECTIVE_DATE",
    "PRODUCT_CODE",
    "OTHER_CODE",
    "DESCRIPTION",
    "SOURCE_SYSTEM",
    "QUANTITY",
    "AMOUNT",
    "CATEGORY",
    "NOTE",
    "TICKLER_DATE",
    "SOLICITOR_ID",
]
WIDTHS = {
    "ACTIVITY_TYPE": 10,
    "PRODUCT_CODE": 31,
    "OTHER_CODE": 60,
    "DESCRIPTION": 255,
    "SOURCE_SYSTEM": 10,
    "CATEGORY": 15,
}
HEAD = (
    b'{"$type":"'
    + wire.GENERIC.encode()
    + b'","EntityTypeName":"Activity","PrimaryParentEntityTypeName":"Party","Identity":{"$type":"'
    + wire.IDENTITY.encode()
    + b'","EntityTypeName":"Activity","IdentityElements":{"$type":"'
    + wire.STRINGS.encode()
    + b'","$values":["'
)
MIDDLE = (
    b'"]}},"PrimaryParentIdentity":{"$type":"'
    + wire.IDENTITY.encode()
    + b'","EntityTypeName":"Party","IdentityElements":{"$type":"'
    + wire.STRINGS.encode()
    + b'","$values":['
)
BAG = b']}},"Properties":{"$type":"' + wire.PROPERTIES.encode() + b'","$values":['
ITEM = b'{"$type":"' + wire.PROPERTY.encode() + b'","Name":"'


class Activity(TableEntity):
    """Generic rows with the raw column names.

    Encoded by hand: fifteen properties a row, five hundred rows a page.
    """

    name, item_type = "Activity", wire.GENERIC
    aliases = {"id": "partyid"}

    def render(self, handles: Sequence[Any]) -> list[Any]:
        table, rows = self.table, np.asarray(handles, np.int64)
        columns = []
        for name in COLUMNS:
            start, bare = ITEM + name.encode() + b'"', b"}"
            with_value = start + b',"Value":'
            columns.append(
                [
                    start + bare if value is None else with_value + wire.encode(wire.boxed(value)) + bare
                    for value in table.columns[name].wire(rows)
                ]
            )
        numbers, members = table.columns["SEQN"].wire(rows), table.columns["PartyId"].wire(rows)
        return [
            msgspec.Raw(HEAD + str(n).encode() + MIDDLE + wire.encode(m) + BAG + b",".join(items) + b"]}}")
            for n, m, items in zip(numbers, members, zip(*columns, strict=True), strict=True)
        ]

    def get(self, elements: list[str]) -> Row:
        return msgspec.json.decode(super().get(elements))

    def check(self, body: Row, user: Account) -> None:
        """400 for an unknown contact or type, or a value wider than its column.

        Unknown names are ignored, as iMIS seems to do.
        """
        given = _columns(body)
        problems = [
            (n, given[n], f"{n} is longer than {width} characters.")
            for n, width in WIDTHS.items()
            if len(str(given.get(n) or "")) > width
        ]
        if self.store.tables["Party"].at(given.get("PartyId")) is None:
            problems.append(("PartyId", given.get("PartyId"), "There is no such contact."))
        known = {row["ActivityTypeId"] for row in LegacyActivityType(self.store).find([], "", False)}
        if given.get("ACTIVITY_TYPE") not in known:
            problems.append(
                (
                    "ACTIVITY_TYPE",
                    given.get("ACTIVITY_TYPE"),
                    "The activity type is not defined on this site.",
                )
            )
        if problems:
            raise wire.invalid(*problems)

    def create(self, body: Row, user: Account) -> Row:
        """The answer's first identity element is the new SEQN."""
        self.check(body, user)
        now, number = self.store.clock.text(), self.table.next_number()
        defaults = {"SEQN": number, "TRANSACTION_DATE": now, "EFFECTIVE_DATE": now[:10]}
        self.table.extend(
            [defaults | {n: v for n, v in _columns(body).items() if v is not None and n != "SEQN"}]
        )
        return self.get([str(number)])

    def update(self, elements: list[str], body: Row, user: Account) -> Row:
        position = self.table.at(elements[0])
        if position is None:
            raise self.missing(elements)
        self.check(body, user)
        self.table.set(position, **{name: _columns(body).get(name) for name in COLUMNS if name != "SEQN"})
        return self.get(elements)

    def delete(self, elements: list[str], user: Account) -> None:
        position = self.table.at(elements[0])
        if position is None:
            raise self.missing(elements)
        self.table.remove(position)


def _columns(body: Row) -> Row:
    """The columns of the body's bag; ID is another name of PartyId."""
    upper = {name.upper(): name for name in COLUMNS} | {"ID": "PartyId"}
    bag = wire.unbag(next((v for k, v in body.items() if k.lower() == "properties"), None))
    return {upper[name.upper()]: value for name, value in bag.items() if name.upper() in upper}


class LegacyActivityType(Entity):
    """The activity types of this site."""

    name, item_type = "LegacyActivityType", wire.kind("LegacyActivityTypeData")

    def find(self, conditions: Sequence[Any], order_by: str, descending: bool) -> list[Row]:
        known = self.store.kept(self.name) or {code: text for code, text, _ in service.TYPES} | {
            "AIOUT": "Outreach by imis_ai"
        }
        return [
            wire.typed(self.item_type, ActivityTypeId=code, Description=text) for code, text in known.items()
        ]

    def render(self, handles: Sequence[Any]) -> list[Row]:
        return list(handles)
