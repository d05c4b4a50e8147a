"""Request bodies in iMIS' JSON dialect."""

from collections.abc import Iterable, Mapping
from typing import Any
from zoneinfo import ZoneInfo

from imis_ai.imis.targets.base import Column, Target
from imis_ai.imis.targets.values import Fields, to_wire

CORE, MEMBERSHIP = "Asi.Soa.Core.DataContracts", "Asi.Soa.Membership.DataContracts"
COMMUNICATIONS = "Asi.Soa.Communications.DataContracts"
STRINGS = "System.Collections.ObjectModel.Collection`1[[System.String, mscorlib]], mscorlib"
OBJECTS = "System.Collections.ObjectModel.Collection`1[[System.Object, mscorlib]], mscorlib"
MESSAGE_TYPES = {"email": 0, "sms": 1, "print": 3}
SENT, DELIVERED = 3, 2
Body = dict[str, Any]


def _kind(name: str, space: str = CORE) -> str:
    return f"{space}.{name}, Asi.Contracts"


def identity(entity: str, elements: Iterable[str]) -> Body:
    return {
        "$type": _kind("IdentityData"),
        "EntityTypeName": entity,
        "IdentityElements": {"$type": STRINGS, "$values": list(elements)},
    }


def _property(name: str, value: Any) -> Body:
    found = {"$type": _kind("GenericPropertyData"), "Name": name}
    return found if value is None else found | {"Value": value}


def row(entity: str, imis_id: str, values: Mapping[str, Any], elements: list[str] | None = None) -> Body:
    """A row of a generic object under a contact; `elements` is its identity when it exists already."""
    body = {
        "$type": _kind("GenericEntityData"),
        "EntityTypeName": entity,
        "PrimaryParentEntityTypeName": "Party",
        "PrimaryParentIdentity": identity("Party", [imis_id]),
        "Properties": {
            "$type": _kind("GenericPropertyDataCollection"),
            "$values": [_property(name, value) for name, value in values.items()],
        },
    }
    return body if elements is None else body | {"Identity": identity(entity, elements)}


def wire_values(target: Target, fields: Fields, zone: ZoneInfo) -> dict[str, Any]:
    """Values by iMIS' names. Columns that share one name there are written below each other in it."""
    found: dict[str, Any] = {}
    for column in target.columns:
        if column.name not in fields or not column.wire:
            continue
        value = to_wire(column, fields[column.name], zone)
        if is_shared(target, column):
            value = "\n".join(filter(None, [found.get(column.wire), value and f"{column.caption}: {value}"]))
        found[column.wire] = value
    return found


def is_shared(target: Target, column: Column) -> bool:
    return sum(each.wire == column.wire for each in target.columns) > 1


def interaction(target: Target, imis_id: str, values: Mapping[str, Any], reference: str) -> Body:
    kind = _kind("ContactInteraction.ContactInteractionData", MEMBERSHIP)
    given = {name: value for name, value in values.items() if value is not None}
    return {"$type": kind, "PartyId": imis_id, **dict(target.fixed), **given, target.reference: reference}


def note(imis_id: str, values: Mapping[str, Any], reference: str) -> Body:
    given = {name: value for name, value in values.items() if value is not None}
    text = f"{given['Text']}\n\n{reference}"
    return {"$type": _kind("PartyNoteData", MEMBERSHIP), "PartyId": imis_id, **given, "Text": text}


def communication(fields: Fields, reference: str) -> Body:
    return {
        "$type": _kind("CommunicationLogData", COMMUNICATIONS),
        "Subject": fields["subject"],
        "Text": fields.get("text") or "",
        "SourceProcess": "imis_ai",
        "Status": SENT,
        "CommunicationLogMessageId": reference,
    }


def recipient(log: str, imis_id: str, fields: Fields, at: str | None) -> Body:
    body = {
        "$type": _kind("CommunicationLogRecipientData", COMMUNICATIONS),
        "CommunicationLog": {"CommunicationLogId": log},
        "Party": {"PartyId": imis_id},
        "MessageType": MESSAGE_TYPES.get(fields.get("channel") or "email", 0),
        "Address": fields["address"],
        "LastEventType": DELIVERED,
    }
    return body | {"LastEventDateTime": at} if at else body


def execute(entity: str, operation: str, *parameters: str) -> Body:
    return {
        "$type": _kind("GenericExecuteRequest"),
        "EntityTypeName": entity,
        "OperationName": operation,
        "Parameters": {"$type": OBJECTS, "$values": list(parameters)},
        "ParameterTypeNames": {"$type": STRINGS, "$values": ["System.String"] * len(parameters)},
        "UseJson": False,
    }


_TYPES = {"text": "String", "whole": "Integer", "decimal": "Decimal", "flag": "Boolean", "day": "Date"}


def definition(target: Target, columns: Iterable[Column]) -> Body:
    """The business object of a target, for BOEntityDefinition."""
    return {
        "$type": _kind("BOEntityDefinitionData"),
        "EntityTypeName": target.object,
        "ObjectTypeName": "Single" if target.shape.name == "SINGLE" else "Multi",
        "PrimaryParentEntityTypeName": "Party",
        "Description": f"imis_ai: {target.purpose}",
        "Properties": {
            "$type": _kind("EntityPropertyDefinitionDataCollection"),
            "$values": [property_definition(column) for column in columns],
        },
    }


def property_definition(column: Column) -> Body:
    kind = type_name(column)
    found: Body = {
        "$type": _kind(f"PropertyType{kind}Data"),
        "Name": column.wire,
        "Caption": column.caption or column.name,
        "PropertyTypeName": kind,
        "Visible": True,
    }
    if column.kind == "text":
        found["MaxLength"] = column.length
    if column.kind == "decimal":
        found |= {"Precision": 14, "Scale": 2}
    if column.is_needed:
        found["Required"] = True
    return found | {"Logged": True} if column.is_logged else found


def type_name(column: Column) -> str:
    """iMIS' word for the column's kind."""
    return _TYPES.get(column.kind, "DateTime")
