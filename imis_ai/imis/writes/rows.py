"""What iMIS answers about what we write: rows with their key, their fields in our form, our reference."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from zoneinfo import ZoneInfo

import msgspec

from imis_ai.imis.errors import BadAnswer, Denied, NotFindable
from imis_ai.imis.session import Session
from imis_ai.imis.targets.base import Target
from imis_ai.imis.targets.values import Fields, from_wire
from imis_ai.imis.writes.bodies import is_shared

MOST_PAGES = 20
Raw = dict[str, Any]


@dataclass(frozen=True)
class Row:
    """`key` is its identity in iMIS, elements joined by `|`; `raw` what must go back with a PUT."""

    key: str
    fields: Fields
    reference: str = ""
    raw: Mapping[str, Any] = field(default_factory=dict)

    @property
    def elements(self) -> list[str]:
        return self.key.split("|")


def read(session: Session, path: str, params: list[tuple[str, str]] | None = None) -> Raw | None:
    """One object, or nothing when iMIS has none. Raises ImisError."""
    try:
        answer = session.get(path, params or ())
    except Denied as error:
        if error.status == 404:
            return None
        raise
    return decoded(answer.body, path)


def decoded(body: bytes, path: str) -> Raw:
    try:
        found = msgspec.json.decode(body) if body else {}
    except ValueError:
        found = None
    if not isinstance(found, dict):
        raise BadAnswer(f"{path}: iMIS' answer cannot be read. It is looked at again later.")
    return found


def listed(session: Session, path: str, params: list[tuple[str, str]]) -> Iterator[Raw]:
    """Every object of a list. Raises NotFindable for one so long that the filter was surely ignored."""
    offset = 0
    for _ in range(MOST_PAGES):
        page = read(session, path, [*params, ("Offset", str(offset)), ("Limit", "500")]) or {}
        yield from values(page.get("Items"))
        if not page.get("HasNext"):
            return
        offset = int(page.get("NextOffset") or 0)
    raise NotFindable(f"{path}: iMIS answers with far too many rows, so ours cannot be looked for there.")


def values(collection: Any) -> list[Any]:
    if isinstance(collection, dict):
        collection = collection.get("$values")
    return collection if isinstance(collection, list) else []


def bag(raw: Raw) -> dict[str, Any]:
    """The properties of a generic row, boxes opened."""
    found = {}
    for each in values(raw.get("Properties")):
        value = each.get("Value")
        found[str(each.get("Name"))] = value.get("$value") if isinstance(value, dict) else value
    return found


def elements(raw: Raw) -> list[str]:
    return [str(each) for each in values((raw.get("Identity") or {}).get("IdentityElements"))]


def fields(target: Target, held: Mapping[str, Any], zone: ZoneInfo) -> Fields:
    """The target's columns as iMIS holds them, in our form."""
    by_name = {name.lower(): value for name, value in held.items()}
    found = {}
    for column in target.columns:
        value = by_name.get(column.wire.lower()) if column.wire else None
        if column.wire and is_shared(target, column):
            value = _part(target, column.caption, str(value or ""))
        found[column.name] = from_wire(column, value, zone)
    return found


def _part(target: Target, caption: str, text: str) -> str:
    """One of several texts that stand in the same column of iMIS, each behind its caption."""
    captions = "|".join(re.escape(column.caption) for column in target.columns if column.caption)
    found = re.search(rf"^{re.escape(caption)}: (.*?)(?=^(?:{captions}): |\Z)", text, re.S | re.M)
    return found[1].strip() if found else ""
