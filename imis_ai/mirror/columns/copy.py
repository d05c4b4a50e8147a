"""The columnar copy of the activity table: what is newer than the copy is read, the rest stays where it is.

Kept right through updates (a changed row has a higher version), merges and erasures (they raise the lease's
epoch), another database or a restored one behind the same folder (fingerprint), and a kill at any point
(files are immutable, the manifest is swapped in). Rows of an uncommitted transaction are never stored.
"""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from django.conf import settings

from imis_ai.mirror.columns import read, store
from imis_ai.mirror.columns.read import BATCH, Column
from imis_ai.mirror.columns.store import ALWAYS, COLUMNS, ROW, Segment, State

FORMAT = 1
TAIL_ROWS = 50_000  # a tail beyond this, and beyond a twentieth of its base, is merged into it
LARGEST = 1e30
CANONICAL = (
    "login", "page_view", "download", "email_sent", "email_open", "email_click", "email_bounce",
    "unsubscribe", "community_post", "community_reply", "course_start", "course_complete", "certification",
    "donation", "purchase", "sponsorship", "volunteer_shift", "case_opened", "profile_update", "benefit_use",
)  # fmt: skip


@dataclass(frozen=True)
class Activities:
    """`members[i]` is the mirror id of the member whom `segment["member"] == i` means.

    `segments[kind]` holds one or two column sets, each sorted by day: id, member, day and, where any row has
    them, quantity, amount, number (the last one in the detail), reference and detail (keyed hashes).
    """

    members: np.ndarray
    segments: dict[str, list[Segment]]

    @property
    def rows(self) -> int:
        return sum(len(part["day"]) for parts in self.segments.values() for part in parts)


def activities() -> Activities:
    """All activities, up to date."""
    return refresh(settings.VAR_DIR)


def refresh(var_dir: Path, *, verify: bool = False) -> Activities:
    """Bring the copy up to date and map it into memory. `verify` also counts the rows in PostgreSQL."""
    place = folder(var_dir)
    with store.locked(place):
        try:
            state = store.load(place)
        except store.Damaged:
            store.clear(place)
            state = State()
        changed = _advance(state)
        if verify and state.rows != read.ask("SELECT count(*) FROM mirror_activity")[0]:
            state = State(generation=state.generation)
            changed = _advance(state)
        if changed is not None and not _is_uncommitted():
            store.save(place, state, changed)
            store.remove_strangers(place.parent, place.name)
    return _result(state)


def folder(var_dir: Path) -> Path:
    """Where the copy of the connected database lies."""
    identity = read.ask(
        "SELECT (SELECT system_identifier FROM pg_control_system()),"
        " (SELECT timeline_id FROM pg_control_checkpoint()),"
        " (SELECT oid FROM pg_database WHERE datname = current_database()),"
        " pg_relation_filenode('mirror_activity')"
    )
    parts = [FORMAT, *identity, settings.TIME_ZONE, read.seed()]
    digest = hashlib.sha256("|".join(map(str, parts)).encode()).hexdigest()
    return Path(var_dir) / "columns" / digest[:16]


def _is_uncommitted() -> bool:
    """True inside a transaction that has written: what it sees may never come to be."""
    return bool(read.ask("SELECT pg_current_xact_id_if_assigned() IS NOT NULL")[0])


def _result(state: State) -> Activities:
    segments: dict[str, list[Segment]] = {}
    for part in (state.base, state.tail):
        for code, segment in part.items():
            if len(segment["day"]):
                segments.setdefault(state.names[code], []).append(segment)
    return Activities(state.members, segments)


def _advance(state: State) -> dict[str, set[int]] | None:
    """Take in what is new; returns which segments changed, None when nothing did."""
    last, epoch = read.ask(
        "SELECT (SELECT last_value FROM mirror_activity_version),"
        " coalesce((SELECT max(epoch) FROM mirror_lease), 0)"
    )
    if last < state.watermark:  # an older state of the same database was put back
        state.__init__(generation=state.generation)
    if (last, epoch) == (state.watermark, state.epoch):
        return None
    is_first = not state.rows
    batches = list(_newer(state.watermark, last))
    if not batches and epoch == state.epoch:
        return None
    gone = _take_members(state)
    changed: dict[str, set[int]] = {"base": set(), "tail": set()}
    if not is_first:
        _drop(state, changed, [batch["id"] for batch in batches], gone)
    for batch in batches:
        _name_kinds(state, batch)
        state.watermark = max(state.watermark, int(batch["version"].max()))
    changed["tail"] |= _add(state, batches)
    _settle(state, changed)
    state.epoch = epoch
    return changed


def _columns() -> list[Column]:
    canonical = ", ".join(f"'{kind}'" for kind in CANONICAL)
    own = f"CASE WHEN t.detail = '' OR t.kind IN ({canonical}) THEN {{}} ELSE {{}} END"
    reference = f"CASE WHEN t.reference = '' THEN 0 ELSE hashtextextended(t.reference, {read.seed()}) END"
    return [
        Column("id", "t.id", "i8"),
        Column("version", "t.version", "i8"),
        Column("owner", "t.member_id", "i8"),
        Column("kind", f"hashtextextended(t.kind, {read.seed()})", "i8"),
        Column("day", read.day("t.at"), "i4"),
        Column("quantity", "coalesce(t.quantity, 'NaN')", "f8"),
        Column("amount", "coalesce(t.amount, 'NaN')", "f8"),
        Column("number", own.format("'NaN'::float8", read.number("t.detail")), "f8"),
        Column("reference", reference, "i8"),
        Column("detail", own.format("0", _category("t.detail")), "i8"),
    ]


def _category(sql: str) -> str:
    """The words of a detail without its numbers: 'Balcony / price level 3.0' and '... 4.0' are one."""
    return read.word(f"regexp_replace({sql}, '[0-9.]+', '', 'g')")


def _newer(after: int, last: int) -> Iterator[dict[str, np.ndarray]]:
    for low in range(after, last, BATCH):
        found = read.fetch(
            "mirror_activity t WHERE t.version > %s AND t.version <= %s",
            _columns(),
            [low, min(low + BATCH, last)],
        )
        if len(found["id"]):
            yield _typed(found)


def _typed(found: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    for name in ("quantity", "amount", "number"):
        found[name] = np.clip(found[name], -LARGEST, LARGEST).astype(np.float32)
    return found


def _take_members(state: State) -> np.ndarray:
    """Append members not seen before; returns the positions of those that no longer exist."""
    known = read.fetch("mirror_member t", [Column("id", "t.id", "i8")])["id"]
    gone = np.flatnonzero(~np.isin(state.members, known, assume_unique=True))
    new = np.sort(known[~np.isin(known, state.members, assume_unique=True)])
    state.members = np.concatenate([state.members, new])
    return gone


def _drop(state: State, changed: dict[str, set[int]], updated: list[np.ndarray], gone: np.ndarray) -> None:
    """Remove rows that were changed, moved to another member, or belong to members that are gone."""
    parts = [(part, code) for part in ("base", "tail") for code in getattr(state, part)]
    highest = max((int(getattr(state, part)[code]["id"].max(initial=0)) for part, code in parts), default=0)
    replaced = np.zeros(highest + 1, dtype=bool)
    for ids in updated:
        replaced[ids[ids <= highest]] = True
    is_gone = np.zeros(len(state.members), dtype=bool)
    is_gone[gone] = True
    if not replaced.any() and not is_gone.any():
        return
    for part, code in parts:
        segment = getattr(state, part)[code]
        doomed = replaced[segment["id"]] | is_gone[segment["member"]]
        if doomed.any():
            getattr(state, part)[code] = {name: column[~doomed] for name, column in segment.items()}
            changed[part].add(code)


def _name_kinds(state: State, batch: dict[str, np.ndarray]) -> None:
    codes, where = np.unique(batch["kind"], return_index=True)
    for code, row in zip(codes.tolist(), where.tolist(), strict=True):
        if code not in state.names:
            kind = read.ask("SELECT kind FROM mirror_activity WHERE id = %s", [int(batch["id"][row])])
            state.names[code] = kind[0]


def _add(state: State, batches: list[dict[str, np.ndarray]]) -> set[int]:
    """Put new rows into the tails; returns the kinds touched."""
    pending: dict[int, list[Segment]] = {}
    by_id = np.argsort(state.members)
    for batch in batches:
        batch["member"] = by_id[np.searchsorted(state.members, batch["owner"], sorter=by_id)].astype(np.int32)
        order = np.argsort(batch["kind"], kind="stable")
        codes, starts = np.unique(batch["kind"][order], return_index=True)
        for code, rows in zip(codes.tolist(), np.split(order, starts[1:]), strict=True):
            part = {name: batch[name][rows].astype(ROW[name], copy=False) for name in COLUMNS}
            pending.setdefault(code, []).append(part)
    for code, parts in pending.items():
        state.tail[code] = _merged([*([state.tail[code]] if code in state.tail else []), *parts])
    return set(pending)


def _settle(state: State, changed: dict[str, set[int]]) -> None:
    """Merge tails that have grown, so that most rows lie in one sorted run."""
    for code in list(state.tail):
        base, tail = state.base.get(code), state.tail[code]
        size = len(base["id"]) if base else 0
        if size and code not in changed["base"] and len(tail["id"]) <= max(TAIL_ROWS, size // 20):
            continue
        state.base[code] = _merged([base, tail]) if size else tail
        del state.tail[code]
        changed["base"].add(code)


def _merged(parts: list[Segment]) -> Segment:
    """One segment sorted by day. Columns without any value are left out."""
    day = np.concatenate([part["day"] for part in parts])
    order = np.argsort(day, kind="stable")
    merged = {}
    for name in COLUMNS:
        if any(name in part for part in parts):
            column = np.concatenate([part.get(name, _blank(name, len(part["day"]))) for part in parts])
            if name in ALWAYS or not _is_blank(column):
                merged[name] = column[order]
    return merged


def _blank(name: str, rows: int) -> np.ndarray:
    return np.full(rows, np.nan if ROW[name].kind == "f" else 0, dtype=ROW[name])


def _is_blank(column: np.ndarray) -> bool:
    return bool(np.isnan(column).all() if column.dtype.kind == "f" else not column.any())
