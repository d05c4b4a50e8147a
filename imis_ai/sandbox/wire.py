"""The JSON shapes of iMIS: `$type`, `$values`, omitted defaults, property bags with boxed numbers, pages,
errors.
"""

import functools
from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Any, NamedTuple

import msgspec

CORE, MEMBERSHIP = "Asi.Soa.Core.DataContracts", "Asi.Soa.Membership.DataContracts"
COMMERCE, EVENTS = "Asi.Soa.Commerce.DataContracts", "Asi.Soa.Events.DataContracts"
COMMUNICATIONS = "Asi.Soa.Communications.DataContracts"
STRINGS = "System.Collections.ObjectModel.Collection`1[[System.String, mscorlib]], mscorlib"
GENERIC = f"{CORE}.GenericEntityData, Asi.Contracts"
PROPERTY = f"{CORE}.GenericPropertyData, Asi.Contracts"
PROPERTIES = f"{CORE}.GenericPropertyDataCollection, Asi.Contracts"
IDENTITY = f"{CORE}.IdentityData, Asi.Contracts"
ROW = "System.Dynamic.ExpandoObject, System.Core"
SYSTEM = "System.Object, mscorlib"
CENTURY = "0001-01-01T00:00:00"

encode = msgspec.json.Encoder().encode


class Answer(NamedTuple):
    """What goes back over HTTP."""

    status: int
    body: bytes
    reason: str = ""
    headers: tuple[tuple[str, str], ...] = (("Content-Type", "application/json; charset=utf-8"),)
    missing: int = 0  # bytes that are promised and never come


class Refusal(Exception):
    """A request that is answered with an error; carries the answer."""

    def __init__(
        self, status: int, body: Any, reason: str = "", headers: Sequence[tuple[str, str]] = ()
    ) -> None:
        super().__init__(status, reason)
        kind = ("Content-Type", "application/json; charset=utf-8")
        self.answer = Answer(status, encode(body), reason, (kind, *headers))


@functools.cache
def kind(name: str, space: str = MEMBERSHIP) -> str:
    return f"{space}.{name}, Asi.Contracts"


def typed(type_name: str, **members: Any) -> dict[str, Any]:
    """A typed object.

    Members with a default value (null, 0, 0.0, false) are left out, as Json.NET does there.
    """
    return {"$type": type_name} | {
        k: v for k, v in members.items() if v is not None and v is not False and v != 0
    }


def values(items: Iterable[Any], type_name: str) -> dict[str, Any]:
    """A collection in its wrapper."""
    return {"$type": type_name, "$values": list(items)}


def unwrap(collection: Any) -> list[Any]:
    """The items of a collection, which may come as a plain array."""
    if isinstance(collection, dict):
        collection = collection.get("$values", [])
    return collection if isinstance(collection, list) else []


MONEY = f"{CORE}.MonetaryAmountData, Asi.Contracts"
CURRENCY = {"$type": f"{CORE}.CurrencyData, Asi.Contracts", "CurrencyCode": "USD", "DecimalPositions": 2}


def money(amount: float | None) -> dict[str, Any]:
    """Zero has no Amount."""
    if amount:
        return {"$type": MONEY, "Amount": amount, "Currency": CURRENCY, "IsAmountDefined": True}
    return {"$type": MONEY, "Currency": CURRENCY, "IsAmountDefined": True}


def boxed(value: Any) -> Any:
    """A property-bag value: text and dates plain, numbers and flags in a box that keeps 0 and false."""
    if isinstance(value, bool):
        return {"$type": "System.Boolean", "$value": value}
    if isinstance(value, int):
        return {"$type": "System.Int32" if abs(value) < 2**31 else "System.Int64", "$value": value}
    if isinstance(value, float | Decimal):
        return {"$type": "System.Decimal", "$value": float(value)}
    return value


def unbox(value: Any) -> Any:
    return value.get("$value") if isinstance(value, dict) and "$value" in value else value


def bag(members: dict[str, Any]) -> dict[str, Any]:
    """Properties; only null loses its Value."""
    found = []
    for name, value in members.items():
        item = {"$type": PROPERTY, "Name": name}
        if value is not None:
            item["Value"] = boxed(value)
        found.append(item)
    return {"$type": PROPERTIES, "$values": found}


def unbag(properties: Any) -> dict[str, Any]:
    """Properties as a dict of plain values, names as they came."""
    if isinstance(properties, dict):
        properties = properties.get("$values", properties.get("values", []))
    return {p["Name"]: unbox(p.get("Value")) for p in properties or [] if isinstance(p, dict) and "Name" in p}


def identity(entity: str, *elements: Any) -> dict[str, Any]:
    return {
        "$type": IDENTITY,
        "EntityTypeName": entity,
        "IdentityElements": {"$type": STRINGS, "$values": [str(e) for e in elements]},
    }


def generic(
    entity: str, elements: Sequence[Any], members: dict[str, Any], parent: str = "", parent_id: Any = None
) -> dict[str, Any]:
    """A GenericEntityData row."""
    shape: dict[str, Any] = {"$type": GENERIC, "EntityTypeName": entity}
    if parent:
        shape["PrimaryParentEntityTypeName"] = parent
    shape["Identity"] = identity(entity, *elements)
    if parent_id is not None:
        shape["PrimaryParentIdentity"] = identity(parent, parent_id)
    return shape | {"Properties": bag(members)}


def page(item_type: str, items: list[Any], offset: int, limit: int, total: int) -> dict[str, Any]:
    """The paging envelope. NextOffset is 0 on the last page."""
    end = offset + len(items)
    following = end if end < total else 0
    return {
        "$type": f"{CORE}.PagedResult`1[[{item_type}]], Asi.Contracts",
        "Items": {"$type": f"System.Collections.Generic.List`1[[{item_type}]], mscorlib", "$values": items},
        "Offset": offset,
        "Limit": limit,
        "Count": len(items),
        "TotalCount": total,
        "NextPageLink": None,
        "HasNext": following > 0,
        "NextOffset": following,
    }


def http_error(message: str) -> dict[str, Any]:
    return {"$type": "System.Web.Http.HttpError, System.Web.Http", "Message": message}


def invalid(*problems: tuple[str, Any, str]) -> Refusal:
    """400 with ValidationResultsData; problems are (field, value, message)."""
    results = kind("ValidationResultData", CORE)
    errors = [
        typed(results, FieldName=f, FieldValue=None if v is None else str(v), Location=f, Message=m)
        for f, v, m in problems
    ]
    collection = f"System.Collections.ObjectModel.Collection`1[[{results}]], mscorlib"
    body = {
        "$type": kind("ValidationResultsData", CORE),
        "Errors": values(errors, collection),
        "Warnings": values([], collection),
    }
    return Refusal(400, body, "Validation error")


RESULT = kind("ValidationResultData", CORE)
RESULTS = f"System.Collections.ObjectModel.Collection`1[[{RESULT}]], mscorlib"


def service_response(result: Any, of: str = SYSTEM) -> dict[str, Any]:
    """The EMS envelope of _execute."""
    nothing = {
        "$type": kind("ValidationResultsData", CORE),
        "Errors": values([], RESULTS),
        "Warnings": values([], RESULTS),
    }
    return {
        "$type": f"{CORE}.ServiceResponse`1[[{of}]], Asi.Contracts",
        "Result": result,
        "IsSuccessStatusCode": True,
        "Message": None,
        "ReasonPhrase": "OK",
        "StatusCode": 200,
        "ValidationResults": nothing,
        "IsCachedResult": False,
        "BrowserCacheDuration": 0,
    }
