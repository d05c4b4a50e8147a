"""One page: the envelope checked, rows decoded, each row to records or to a reject with its reason."""

import re
from collections.abc import Callable, Set
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cache
from typing import Any

import msgspec

from imis_ai.imis.parse import wire
from imis_ai.imis.parse.context import Context
from imis_ai.imis.parse.values import Unreadable
from imis_ai.imis.parse.values import key as key_of
from imis_ai.imis.records import Record
from imis_ai.imis.text import clean_line, clean_tree

# an escaped pair, a lone half of one, or any other escape: scanning all keeps `\\ud800` (a backslash, then
# text) apart
_ESCAPES = re.compile(
    rb"\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|(\\u[dD][89a-fA-F][0-9a-fA-F]{2})|\\.",
    re.DOTALL,
)


class Damaged(ValueError):
    """The page as a whole cannot be trusted. The text never quotes the page."""


@dataclass(frozen=True)
class Rejected:
    """One row that could not be read: its key as far as known, why, and the row as JSON-safe values."""

    key: str
    reason: str
    raw: Any


@dataclass(frozen=True)
class Shape:
    """How the rows of one resource look and what they become.

    `makes` is the main record of a row; `expects` are words of which the class of the list must hold one.
    """

    row: Any
    key: Callable[[Any, Context], str]
    records: Callable[[Any, Context], list[Record]]
    makes: type[Record]
    expects: tuple[str, ...] = ()

    @property
    def needed(self) -> frozenset[str]:
        """Fields without which there is no record."""
        return frozenset(each.name for each in msgspec.structs.fields(self.makes) if each.required)


@dataclass(frozen=True)
class Bad:
    """A row that is not even of the right shape."""

    raw: bytes
    reason: str


@dataclass
class Decoded:
    """A page before conversion. `keys` stand in the order of `rows`, empty where none could be read."""

    offset: int
    total: int
    has_next: bool
    rows: list[Any]
    keys: list[str] = field(default_factory=list)


@cache
def decoder(kind: Any) -> msgspec.json.Decoder[Any]:
    return msgspec.json.Decoder(kind, float_hook=Decimal)


def mended(body: bytes) -> bytes:
    """Lone surrogate escapes, which no encoding can hold, as the replacement character."""
    return _ESCAPES.sub(lambda match: rb"\ufffd" if match[1] else match[0], body)


def _load(kind: Any, body: bytes) -> Any:
    """Raises `msgspec.ValidationError` for the wrong shape and `Damaged` for what is no JSON at all."""
    try:
        return decoder(kind).decode(body)
    except msgspec.ValidationError:
        raise
    except (ValueError, RecursionError, OverflowError) as error:
        if b"\\u" in body and (repaired := mended(body)) != body:
            return _load(kind, repaired)
        raise Damaged("the page is not complete JSON") from error


def _row_by_row(shape: Shape, body: bytes) -> "wire.Envelope[Any]":
    """Decode again so that one misshapen row costs itself and not the page."""
    try:
        envelope = _load(wire.Envelope[msgspec.Raw], body)
    except msgspec.ValidationError as error:
        raise Damaged("the page is not a list as iMIS sends it") from error
    rows: list[Any] = []
    for raw in wire.each(envelope.items):
        try:
            rows.append(decoder(shape.row).decode(raw))
        except (ValueError, RecursionError, OverflowError) as error:
            rows.append(Bad(bytes(raw), _shape_reason(error)))
    envelope.items = rows
    return envelope  # type: ignore[no-any-return]


def _shape_reason(error: Exception) -> str:
    return clean_line(str(error), limit=200) if isinstance(error, msgspec.ValidationError) else "not readable"


def decode(body: bytes, shape: Shape, context: Context, offset: int) -> Decoded:
    """Bytes of an answer to rows with keys. Raises `Damaged` when the page must not be used."""
    try:
        envelope = _load(wire.Envelope[shape.row], body)  # type: ignore[name-defined]
    except msgspec.ValidationError:
        envelope = _row_by_row(shape, body)
    rows = [_row(each) for each in wire.each(envelope.items)]
    _check(envelope, len(rows), shape, offset)
    return Decoded(
        offset=envelope.offset,
        total=envelope.total_count,
        has_next=envelope.has_next,
        rows=rows,
        keys=[_key(row, shape, context) for row in rows],
    )


def _row(row: Any) -> Any:
    """Rows of the old query route are bags; they become flat like those of the new one."""
    if type(row) is dict and "Properties" in row:
        try:
            return wire.flat(msgspec.convert(row, wire.Bag).properties)
        except msgspec.ValidationError as error:
            return Bad(msgspec.json.encode(row), _shape_reason(error))
    return row


def _check(envelope: "wire.Envelope[Any]", count: int, shape: Shape, offset: int) -> None:
    name = envelope.type_name
    inner = name.partition("[[")[2]
    if name and "PagedResult" not in name:
        raise Damaged("the answer is not a list")
    if "Asi.Soa" in inner and shape.expects and not any(word in inner for word in shape.expects):
        raise Damaged("the list holds other things than were asked for")
    if envelope.offset != offset:
        raise Damaged("iMIS sent another page than was asked for")
    if envelope.count != count:
        raise Damaged("the page holds another number of rows than it says")
    if not count and (envelope.has_next or offset < envelope.total_count):
        raise Damaged("the page is empty although rows should follow")


def _key(row: Any, shape: Shape, context: Context) -> str:
    if isinstance(row, Bad):
        return ""
    try:
        return shape.key(row, context)
    except Unreadable:
        return ""


def convert(
    page: Decoded, shape: Shape, context: Context, *, off: frozenset[str], known: Set[str]
) -> tuple[list[Record], list[Rejected]]:
    """Rows to records, without the rows whose key is in `known` (the overlap with the page before)."""
    records: list[Record] = []
    rejects: list[Rejected] = []
    make = shape.records
    for row, key in zip(page.rows, page.keys, strict=True):
        if key and key in known:
            continue
        if type(row) is Bad:
            rejects.append(Rejected(key=key, reason=row.reason, raw=_plain(row)))
            continue
        try:
            records += make(row, context)
        except Unreadable as error:
            rejects.append(Rejected(key=key, reason=str(error), raw=_plain(row)))
    return ([without(each, off) for each in records] if off else records), rejects


def _plain(row: Any) -> Any:
    if isinstance(row, Bad):
        try:
            return clean_tree(msgspec.json.decode(mended(row.raw)))
        except (ValueError, RecursionError, OverflowError):
            return clean_line(row.raw[:2000].decode("utf-8", "replace"), limit=2000)
    return clean_tree(msgspec.to_builtins(row, str_keys=True))


def without(record: Record, off: frozenset[str]) -> Record:
    """The record with the fields that are switched off at their default."""
    defaults = {
        each.name: each.default
        for each in msgspec.structs.fields(record)
        if each.name in off and each.default is not msgspec.NODEFAULT
    }
    return msgspec.structs.replace(record, **defaults) if defaults else record


def decode_one(body: bytes, shape: Shape, context: Context) -> list[Record]:
    """The answer to a request for one object. Raises `Damaged` or `Unreadable`."""
    try:
        row = _load(shape.row, body)
    except msgspec.ValidationError as error:
        raise Damaged("the record does not have the shape of its kind") from error
    return shape.records(row, context)


def column(resource: str, name: str) -> Callable[[Any, Context], str]:
    """Key of a query row: the text of one of its columns."""

    def read(row: Any, context: Context) -> str:
        wanted = context.columns[resource][name]
        return key_of(row.get(wanted), wanted)

    return read
