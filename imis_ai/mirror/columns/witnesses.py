"""Who shows since when iMIS holds something: the owners of the first rows of each table and kind.

"Not available before its source began" is a fact about all members. Looked at together with these witnesses,
a few members see the same facts.
"""

from collections.abc import Iterable, Sequence

import numpy as np
from django.core.cache import caches
from django.db import connection

from imis_ai.mirror.columns.store import Segment

KEPT = 600  # seconds; a source begins once, unless older history is imported
ENOUGH = 5  # members with a kind of the association's own; fewer say nothing of it
HEAD = 4096
Witnesses = dict[str, list[tuple[int, int]]]  # by source: id of a row, id of its member
NUMBERS = ("quantity", "amount", "number")

# what was cancelled after its event counts as missed until then: those before the first that stands show too
ATTENDED = """
(SELECT id, member_id FROM (
    SELECT *, min(since) FILTER (WHERE stands) OVER (PARTITION BY kind) AS known_from,
        row_number() OVER (PARTITION BY kind, stands ORDER BY since) AS place
    FROM (
        SELECT r.id, r.member_id, e.kind, greatest(r.registered_at, e.starts_at) AS since,
            r.attended OR r.cancelled_at IS NULL AS stands
        FROM mirror_registration r JOIN mirror_event e ON e.id = r.event_id
        WHERE r.attended OR (NOT r.attended AND (r.cancelled_at IS NULL OR r.cancelled_at >= e.starts_at))
    ) known
) placed
WHERE CASE WHEN stands THEN place = 1 ELSE known_from IS NULL OR since <= known_from END)
"""
OF_DUES = "mirror_invoice WHERE lower(btrim(kind)) = 'dues' AND term_start IS NOT NULL"

# source: its table, and the rows with which it began
FIRST = {
    "registration": ("registration", "mirror_registration ORDER BY registered_at LIMIT 1"),
    "attendance": ("registration", f"{ATTENDED} a"),
    "invoice": ("invoice", "mirror_invoice ORDER BY issued_on LIMIT 1"),
    "dues": ("invoice", f"{OF_DUES} ORDER BY issued_on LIMIT 1"),
    "payment": ("payment", "mirror_payment WHERE member_id IS NOT NULL ORDER BY received_on LIMIT 1"),
    "payment_attempt": ("paymentattempt", "mirror_paymentattempt ORDER BY at LIMIT 1"),
    "committee_role": ("committeerole", "mirror_committeerole ORDER BY start_on LIMIT 1"),
}


def of_tables() -> set[int]:
    """Ids of the members whose rows came first."""
    key = f"witnesses-{connection.settings_dict['NAME']}"
    kept: Witnesses = caches["figures"].get(key, {})
    found = _rows(
        [_again(name) if name in kept else _first(name) for name in FIRST],
        [[row for row, _ in kept[name]] for name in FIRST if name in kept],
    )
    moved = [name for name, rows in kept.items() if set(found.pop(name, [])) != set(rows)]
    found |= {name: rows for name, rows in kept.items() if name not in moved}
    found |= _rows([_first(name) for name in moved], [])
    if found != kept:
        caches["figures"].set(key, found, KEPT)
    return {member for rows in found.values() for _, member in rows}


def _again(name: str) -> str:
    """Rows looked at again, by their ids."""
    return f"SELECT '{name}', id, member_id FROM mirror_{FIRST[name][0]} WHERE id = ANY(%s)"  # noqa: S608  our own


def _first(name: str) -> str:
    """The rows that came first."""
    return f"(SELECT '{name}', id, member_id FROM {FIRST[name][1]})"  # noqa: S608  our own


def _rows(parts: Sequence[str], values: Sequence[list[int]]) -> Witnesses:
    """(id, member) of the rows that these queries find, by the name in their first column."""
    found: Witnesses = {}
    if parts:
        with connection.cursor() as cursor:
            cursor.execute(" UNION ALL ".join(parts), values)
            for name, row, member in cursor.fetchall():
                found.setdefault(name, []).append((row, member))
    return found


def of_activities(segments: Iterable[Segment]) -> np.ndarray:
    """Numbers (`segment["member"]`) of those who did each kind first, and first with a value in a column."""
    found = []
    for part in segments:
        found.append(_first_different(part["member"]))
        for name in NUMBERS:
            if name in part:
                at = _first_true(part[name])
                found.append(part["member"][at : at + 1])
    return np.unique(np.concatenate(found)) if found else np.empty(0, dtype=np.int32)


def _first_different(member: np.ndarray) -> np.ndarray:
    """The first members that differ, in the order of the rows."""
    for rows in (member[:HEAD], member):
        different, first = np.unique(rows, return_index=True)
        if len(different) >= ENOUGH:
            break
    return different[np.argsort(first)[:ENOUGH]]


def _first_true(values: np.ndarray) -> int:
    """The first row that has a value; the number of rows where none has."""
    for start in range(0, len(values), HEAD):
        known = ~np.isnan(values[start : start + HEAD])
        if known.any():
            return start + int(np.argmax(known))
    return len(values)
