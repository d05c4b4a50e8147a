"""What must exist in iMIS before anything is written: looked at, created where the account may, else listed.

Creates definitions of our own objects only; rows are the outbox's business.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from imis_ai.imis.errors import Ambiguous, BadAnswer, Denied, NotApplied
from imis_ai.imis.probe import permission
from imis_ai.imis.targets.base import Column, Shape, Target
from imis_ai.imis.targets.table import REFERENCE_COLUMN
from imis_ai.imis.writes import bodies
from imis_ai.imis.writes.rows import Raw, listed, read, values
from imis_ai.imis.writes.shapes import Gate
from imis_ai.imis.writes.writer import Writer

FOLDER = "$/imis_ai"
REFUSALS = (Denied, BadAnswer)
KIN = {  # types that hold the same values
    "day": {"Date", "DateTime"},
    "moment": {"Date", "DateTime"},
    "decimal": {"Decimal", "Monetary"},
}


@dataclass(frozen=True)
class Standing:
    """One target at the site. A flag is None where iMIS does not say. `steps` are left for a person."""

    target: str
    object: str
    purpose: str
    exists: bool | None
    is_available: bool
    is_writable: bool | None
    missing: list[str] = field(default_factory=list)
    unfit: list[str] = field(default_factory=list)
    steps: list[str] = field(default_factory=list)

    @property
    def is_ready(self) -> bool:
        return not self.steps


@dataclass(frozen=True)
class Made:
    """What `apply` did with one object, in a sentence."""

    object: str
    is_done: bool
    sentence: str


def examine(writer: Writer) -> list[Standing]:
    """Dry run of every target: reads definitions and one row of each, writes nothing. Raises ImisError."""
    return [_standing(writer, target) for target in writer.names.all() if target.shape is not Shape.BY_HAND]


def _standing(writer: Writer, target: Target) -> Standing:
    path = f"/api/{target.object}"
    definition, exists = _definition(writer, target)
    is_available = _answers(writer, path)
    is_writable = permission(_Asker(writer), path) if is_available else None
    missing, unfit = _compare(target, definition) if definition else ([], [])
    standing = Standing(
        target.name, target.object, target.purpose, exists, is_available, is_writable, missing, unfit
    )
    return Standing(**{**vars(standing), "steps": list(_steps(writer, target, standing))})


class _Asker:
    """What `permission` needs."""

    def __init__(self, writer: Writer) -> None:
        self._session = writer.session

    def get(self, path: str, **params: str) -> Any:
        return self._session.get(path, tuple(params.items()))


def _definition(writer: Writer, target: Target) -> tuple[Raw | None, bool | None]:
    if not target.is_panel:
        return None, None
    try:
        found = read(writer.session, f"/api/BOEntityDefinition/{target.object}")
    except REFUSALS:
        return None, None
    return found, found is not None


def _answers(writer: Writer, path: str) -> bool:
    try:
        writer.session.get(path, (("Limit", "1"),))
    except REFUSALS:
        return False
    return True


def _wanted(target: Target) -> list[Column]:
    return [*target.columns, REFERENCE_COLUMN._replace(wire=target.reference)]


def _compare(target: Target, definition: Raw) -> tuple[list[str], list[str]]:
    """Columns that are missing there, and those of another type or too short, as sentences."""
    there = {str(each.get("Name")).lower(): each for each in values(definition.get("Properties"))}
    missing, unfit = [], []
    for column in _wanted(target):
        found = there.get(column.wire.lower())
        if found is None:
            missing.append(column.wire)
        elif column.kind == "text" and int(found.get("MaxLength") or 0) < column.length:
            unfit.append(f"{column.wire} holds {found.get('MaxLength')} characters, {column.length} needed")
        elif found.get("PropertyTypeName") not in KIN.get(column.kind, {bodies.type_name(column)}):
            unfit.append(f"{column.wire} is {found['PropertyTypeName']}, not {bodies.type_name(column)}")
    return missing, unfit


def _steps(writer: Writer, target: Target, now: Standing) -> Iterator[str]:
    """The check-list of one target, in order."""
    if target.is_panel:
        yield from _panel_steps(target, now)
    elif not now.is_available:
        yield f"Give the write account the right to read and write {target.object}."
    if now.is_writable is False:
        yield f"Give the write account the right to add and change {target.object}."
    if target.shape is Shape.ACTIVITY and now.is_available:
        code = dict(target.fixed)["ACTIVITY_TYPE"]
        if code not in _activity_types(writer):
            yield f"Add the activity type {code} (Outreach by imis_ai), or choose another for {target.name}."


def _panel_steps(target: Target, now: Standing) -> Iterator[str]:
    kind = "one row per contact" if target.shape is Shape.SINGLE else "several rows per contact"
    if now.exists is False:
        columns = ", ".join(f"{c.wire} ({_words(c)})" for c in _wanted(target))
        yield f"Create the panel source {target.object} under contacts, {kind}, with: {columns}."
    if now.missing:
        names = {c.wire: c for c in _wanted(target)}
        columns = ", ".join(f"{wire} ({_words(names[wire])})" for wire in now.missing)
        yield f"Add to {target.object}: {columns}."
    yield from (f"Correct {target.object}: {each}." for each in now.unfit)
    if not now.is_available:
        yield f"Tick 'Available via the REST API' on {target.object} and let the write account see it."


def _words(column: Column) -> str:
    return f"text of {column.length}" if column.kind == "text" else bodies.type_name(column).lower()


def _activity_types(writer: Writer) -> set[str]:
    try:
        rows = list(listed(writer.session, "/api/LegacyActivityType", []))
    except REFUSALS:
        return set()
    return {str(row.get("ActivityTypeId")) for row in rows}


def apply(writer: Writer, standings: Sequence[Standing], gate: Gate) -> list[Made]:
    """Create what is missing of our own objects. A refusal is told, not raised; the rest goes on."""
    made = []
    for standing in standings:
        target = writer.names.target(standing.target)
        if target.is_panel and (standing.exists is False or standing.missing):
            made.append(_make(writer, target, standing, gate))
    return made


def _make(writer: Writer, target: Target, standing: Standing, gate: Gate) -> Made:
    path = "/api/BOEntityDefinition"
    try:
        if standing.missing:
            return _extend(writer, target, standing, gate)
        writer.session.write("POST", path, bodies.definition(target, _wanted(target)), gate=gate)
    except NotApplied as refusal:
        return Made(target.object, is_done=False, sentence=f"{target.object} was not created. {refusal}")
    except Ambiguous as doubt:
        return Made(target.object, is_done=False, sentence=f"{doubt} Run this again to see what is there.")
    return Made(target.object, is_done=True, sentence=f"{target.object} was created.")


def _extend(writer: Writer, target: Target, standing: Standing, gate: Gate) -> Made:
    """The definition as it stands with our columns added; nothing of it is taken away."""
    path = f"/api/BOEntityDefinition/{target.object}"
    definition = read(writer.session, path) or {}
    added = [bodies.property_definition(c) for c in _wanted(target) if c.wire in standing.missing]
    properties = definition.get("Properties")
    held = values(properties)
    whole = (properties if isinstance(properties, dict) else {}) | {"$values": held + added}
    writer.session.write("PUT", path, definition | {"Properties": whole}, gate=gate)
    return Made(target.object, is_done=True, sentence=f"{target.object} has {len(added)} more columns.")


def queries(writer: Writer) -> list[dict[str, str]]:
    """The IQAs of the recipe: for staff to see scores where they work, and for dynamic groups."""
    target = writer.names.target
    insight, segment, task = target("AI_MemberInsight"), target("AI_Segment"), target("task")
    shown = (
        "score",
        "low",
        "high",
        "band",
        "lapse_on",
        "factor_1",
        "factor_2",
        "factor_3",
        "scored_on",
        "link",
    )
    columns = ", ".join(f"{insight.column(n).wire} as '{insight.column(n).caption}'" for n in shown)
    key, member = segment.column("segment_key").wire, segment.column("is_member").wire
    found = [
        {
            "path": f"{FOLDER}/MemberInsight",
            "source": insight.object,
            "columns": columns,
            "filter": f"ID = the contact shown; newest {insight.column('scored_on').wire} first",
            "use": "Add it to the staff view of a contact with a Query menu iPart. It shows the score, its "
            "range, date and reasons, and a link that opens imis_ai.",
        },
        {
            "path": f"{FOLDER}/SegmentMembers",
            "source": segment.object,
            "columns": "ID",
            "filter": f"{key} = the id of the group; {member} = true",
            "use": "Copy it once per segment and let a dynamic group read it. Give the group the key of the "
            "segment as its id; imis_ai refreshes it after each change.",
        },
    ]
    if task.is_panel:
        found.append(
            {
                "path": f"{FOLDER}/OpenTasks",
                "source": task.object,
                "columns": ", ".join(c.wire for c in task.columns),
                "filter": f"{task.column('assignee').wire} = the user; {task.column('status').wire} = open",
                "use": "Add it to the staff home page. Setting the status to done tells imis_ai.",
            }
        )
    return found
