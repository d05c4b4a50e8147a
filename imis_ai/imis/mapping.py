"""What this association calls things in iMIS: defaults, a JSON file on top, and a dry run of both."""

import datetime as dt
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Protocol
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec

from imis_ai.imis.errors import ImisError, NotConfigured
from imis_ai.imis.parse import wire
from imis_ai.imis.parse.context import KINDS, Context, default_columns
from imis_ai.imis.parse.page import Bad, Decoded
from imis_ai.imis.resources import RESOURCES, Resource

QUERY_ROUTE = "/api/query"


class MappingError(NotConfigured):
    """The mapping file cannot be used; the text says where and what to write instead."""


class MappingFile(msgspec.Struct, forbid_unknown_fields=True):
    """The JSON file. A field mapped to null is not read at all."""

    paths: dict[str, str] = {}
    fields: dict[str, dict[str, str | None]] = {}
    activity_kinds: dict[str, str] = {}
    query_route: str = QUERY_ROUTE


@dataclass(frozen=True)
class Names:
    """The names in force. `paths` holds only those that differ from the table of resources."""

    context: Context
    paths: Mapping[str, str] = field(default_factory=dict)
    query_route: str = QUERY_ROUTE

    def path(self, resource: Resource) -> str:
        """Endpoint or query path of a resource; the paths of `also` are not renamed."""
        is_main = RESOURCES.get(resource.name, resource) is resource
        return self.paths.get(resource.name, resource.path) if is_main else resource.path


@dataclass(frozen=True)
class Check:
    """One resource in the dry run: names found on its first page, names missing there, columns left over."""

    resource: str
    path: str
    rows: int
    found: dict[str, str]
    missing: dict[str, str]
    unused: list[str]
    unknown_kinds: dict[str, int]
    rejects: list[str]
    problem: str = ""


class Reader(Protocol):
    """What the dry run needs of the client."""

    mapping: Names

    def first_page(self, resource: Resource) -> tuple[Decoded, list[str]]: ...


def load(*, time_zone: str, path: str | Path = "") -> Names:
    """The names in force for a site in `time_zone`. Raises `MappingError`."""
    try:
        zone = ZoneInfo(time_zone)
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise MappingError(
            f"SITE_TIME_ZONE: {time_zone!r} is not a time zone. Write one like America/Chicago."
        ) from error
    given = _read(Path(path)) if path else MappingFile()
    columns = default_columns()
    off: dict[str, frozenset[str]] = {}
    for resource, names in given.fields.items():
        _known(resource, set(columns), path)
        for name, wire_name in names.items():
            _known(name, set(columns[resource]), path, of=resource)
            if wire_name is None and name in _needed(resource):
                raise MappingError(
                    f"{path}: {resource}.{name} cannot be switched off, nothing works without it."
                )
            columns[resource][name] = wire_name or ""
        off[resource] = frozenset(name for name, wire_name in names.items() if wire_name is None)
    for resource in given.paths:
        _known(resource, set(RESOURCES) | {"ids"}, path)
    kinds = KINDS | {code.upper(): kind for code, kind in given.activity_kinds.items()}
    context = Context(
        zone=zone, columns=columns, kinds=kinds, off={name: each for name, each in off.items() if each}
    )
    return Names(context=context, paths=given.paths, query_route=given.query_route)


def _needed(resource: str) -> frozenset[str]:
    return RESOURCES[resource].shape.needed if resource in RESOURCES else frozenset({"key"})


def without(names: Names, off: Mapping[str, frozenset[str]]) -> Names:
    """The names with these fields, by resource, not read at all."""
    before = names.context
    columns = {
        resource: {
            name: "" if name in off.get(resource, ()) else wire_name for name, wire_name in known.items()
        }
        for resource, known in before.columns.items()
    }
    both = {
        resource: before.off.get(resource, frozenset()) | off.get(resource, frozenset())
        for resource in {*before.off, *off}
    }
    return replace(names, context=replace(before, columns=columns, off=both))


def _read(path: Path) -> MappingFile:
    try:
        return msgspec.json.decode(path.read_bytes(), type=MappingFile)
    except OSError as error:
        raise MappingError(f"{path}: cannot be read. Check IMIS_MAPPING_FILE.") from error
    except ValueError as error:
        raise MappingError(f"{path}: {error}. Correct the file, or unset IMIS_MAPPING_FILE.") from error


def _known(name: str, names: set[str], path: str | Path, of: str = "") -> None:
    if name not in names:
        raise MappingError(f"{path}: {of or 'imis_ai'} knows no {name!r}. Known: {', '.join(sorted(names))}.")


def check(reader: Reader) -> list[Check]:
    """Dry run: read the first page of every resource and compare names. Writes nothing, here or there."""
    return list(_checks(reader))


def _checks(reader: Reader) -> Iterator[Check]:
    for resource in RESOURCES.values():
        path = reader.mapping.path(resource)
        try:
            page, rejects = reader.first_page(resource)
        except ImisError as error:
            yield Check(resource.name, path, 0, {}, {}, [], {}, [], problem=str(error))
            continue
        yield _compare(reader.mapping.context, resource, path, page, rejects)


def _compare(context: Context, resource: Resource, path: str, page: Decoded, rejects: list[str]) -> Check:
    wanted = {name: wire_name for name, wire_name in context.columns[resource.name].items() if wire_name}
    seen = _names(page.rows)
    if seen is None or not page.rows:  # typed objects have fixed names, and an empty page proves nothing
        return Check(resource.name, path, len(page.rows), wanted if page.rows else {}, {}, [], {}, rejects)
    found = {name: wire_name for name, wire_name in wanted.items() if wire_name in seen}
    missing = {name: wire_name for name, wire_name in wanted.items() if wire_name not in seen}
    unused = sorted(seen - set(wanted.values()) - {"$type"})
    return Check(
        resource.name, path, len(page.rows), found, missing, unused, _strange(context, page), rejects
    )


def _names(rows: list[Any]) -> set[str] | None:
    """Column names on the page; nothing for typed objects, whose names are fixed."""
    readable = [row for row in rows if not isinstance(row, Bad)]
    if readable and isinstance(readable[0], dict):
        return {name for row in readable for name in row}
    if readable and isinstance(readable[0], wire.Bag):
        return {name for row in readable for name in wire.flat(row.properties)}
    return None


def _strange(context: Context, page: Decoded) -> dict[str, int]:
    """Activity types of the page that have no kind yet, with how often they occur."""
    name = context.columns["activities"]["kind"]
    codes = Counter(
        str(wire.flat(row.properties).get(name, "")) for row in page.rows if isinstance(row, wire.Bag)
    )
    return {code: times for code, times in codes.most_common() if code and code.upper() not in context.kinds}


def earliest_text(since: dt.datetime, zone: ZoneInfo) -> str:
    """`since` as the site's wall time for a filter, naive.

    In the hours before clocks are put back a wall time comes twice, so an hour is taken off: too much is
    read, never too little.
    """
    local = since.astimezone(zone)
    later = (since + dt.timedelta(hours=2)).astimezone(zone)
    drop = (local.utcoffset() or dt.timedelta(0)) - (later.utcoffset() or dt.timedelta(0))
    return (local.replace(tzinfo=None, microsecond=0) - max(drop, dt.timedelta(0))).isoformat()
