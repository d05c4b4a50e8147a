"""From the mirror's columns to what the calculations read: one position per member, tables sorted."""

from collections.abc import Mapping, Sequence

import numpy as np
from django.conf import settings

from imis_ai.features.calc.activity import History
from imis_ai.features.calc.arrays import Array, Columns, take_rows
from imis_ai.features.calc.asof import Sources
from imis_ai.features.definitions.own import safe
from imis_ai.mirror import columns
from imis_ai.mirror import queries as mirror

WORDS = ("organisation", "annual_conference", "chapter_meeting", "webinar", "dues", "autopay")
MOST_OWN_KINDS = 30
OTHER_KINDS = "other_kinds"
CLOSE = 20  # ids per member
HALF = 2**19  # days either side of 1970 that a sort key has room for

# table: the fields read, and those it is sorted by after the member
TABLES = {
    "term": (
        ("member", "start_on", "end_on", "resigned_on", "tier", "price", "method"),
        ("start_on", "end_on"),
    ),
    "registration": (("member", "event", "registered_at", "attended", "cancelled_at"), ()),
    "invoice": (
        ("member", "issued_on", "due_on", "paid_on", "amount", "kind", "term_start"),
        ("issued_on", "due_on"),
    ),
    "payment": (("member", "received_on", "amount"), ("received_on",)),
    "payment_attempt": (("member", "at", "succeeded"), ("at", "succeeded")),
    "committee_role": (("member", "start_on", "end_on", "leads:role"), ("start_on",)),
}


def load() -> Sources:
    """Everything the features are computed from."""
    activities = columns.activities()
    members = _aligned(activities.members, columns.members())
    return _load(members, _named(activities.segments), None)


def load_few(pseudonyms: Sequence[str]) -> Sources:
    """The same of a few members and of those who show since when there is anything; all others are missing.

    So whatever compares members with each other (Feature.of_all) comes out wrong; the rest is as in `load`.
    """
    activities = columns.activities()
    named = _named(activities.segments)
    first = columns.of_activities(part for parts in named.values() for part in parts)
    witnesses = set(activities.members[first].tolist()) | columns.of_tables()
    members = columns.members(sorted(witnesses.union(mirror.member_ids(pseudonyms))))
    place = Positions(members["id"]).of(activities.members).astype(np.int32)
    few = {kind: [_of_few(part, place) for part in parts] for kind, parts in named.items()}
    return _load(members, few, members["id"].tolist())


def _of_few(part: Columns, place: Array) -> Columns:
    """The rows of the members that have a place, with that place as their number."""
    member = place[part["member"]]
    rows = np.flatnonzero(member >= 0)
    return {name: member[rows] if name == "member" else column[rows] for name, column in part.items()}


def _load(members: Columns, named: Mapping[str, list[Columns]], only: list[int] | None) -> Sources:
    at = Positions(members["id"])
    tables = {name: _table(name, at, only) for name in TABLES}
    words = columns.words(WORDS)
    tables["term"]["has_method"] = tables["term"]["method"] != columns.NO_WORD
    tables["term"]["is_autopay"] = tables["term"].pop("method") == words["autopay"]
    tables["committee_role"]["is_leader"] = tables["committee_role"].pop("leads:role")
    tables["registration"] = _with_events(tables["registration"])
    tiers = columns.table("tier", ["code", "rank"])
    tiers["rank"] = np.unique(tiers["rank"], return_inverse=True)[1] + 1.0  # 1 is the cheapest
    tables["tier"] = tiers
    tables["tier_price"] = columns.table("tier_price", ["tier", "effective_on", "price"])
    histories = {kind: History(parts, len(members["id"])) for kind, parts in named.items()}
    return Sources(members, histories, tables, words, settings.GRACE_DAYS)


def own_kinds(sources: Sources) -> list[str]:
    """Kinds that the product does not know."""
    return sorted(set(sources.activities) - set(columns.CANONICAL))


class Positions:
    """Member ids to their positions: by a table where ids lie close together, else by search."""

    def __init__(self, ids: Array) -> None:
        self.ids = ids
        highest = int(ids.max(initial=0))
        self.table = np.full(highest + 1, -1, dtype=np.int64) if highest < CLOSE * (len(ids) + 1000) else None
        if self.table is not None:
            self.table[ids] = np.arange(len(ids))
        else:
            self.order = np.argsort(ids)

    def of(self, ids: Array) -> Array:
        """Position of each id, -1 for one that is not there."""
        if not len(self.ids):
            return np.full(len(ids), -1)
        if self.table is not None:
            return np.where(ids < len(self.table), self.table[np.minimum(ids, len(self.table) - 1)], -1)
        at = np.minimum(np.searchsorted(self.ids, ids, sorter=self.order), len(self.ids) - 1)
        found = self.order[at]
        return np.where(self.ids[found] == ids, found, -1)


def _aligned(first: Array, members: Columns) -> Columns:
    """Members in the order of the activity columns, others behind; those no longer there count as merged."""
    others = members["id"][~np.isin(members["id"], first, assume_unique=True)]
    ids = np.concatenate([first, others])
    position = Positions(members["id"]).of(ids)
    if not len(members["id"]):
        return members
    aligned = take_rows(members, np.maximum(position, 0))
    aligned["id"] = ids
    aligned["is_merged"] = np.where(position < 0, 1, aligned["is_merged"])
    return aligned


def _table(name: str, at: Positions, only: list[int] | None) -> Columns:
    fields, keys = TABLES[name]
    rows = columns.table(name, fields, only)
    rows["member"] = at.of(rows["member"])
    order = _order(rows["member"], *(rows[key] for key in keys))
    return take_rows(rows, order[rows["member"][order] >= 0])


def _order(member: Array, first: Array | None = None, second: Array | None = None) -> Array:
    """Order of rows by member and up to two dates, as one 64-bit key: faster than one by one."""
    if member.max(initial=0) >= 2**23:
        return np.lexsort([each for each in (second, first, member) if each is not None])
    key = member << 40
    for each, shift in ((first, 20), (second, 0)):
        if each is not None:
            key |= (np.clip(each, -HALF, HALF - 1).astype(np.int64) + HALF) << shift
    return np.argsort(key, kind="stable")


def _with_events(rows: Columns) -> Columns:
    events = columns.table("event", ["id", "starts_at", "kind"])
    place = Positions(events["id"]).of(rows["event"])
    rows = take_rows(rows, place >= 0)
    place = place[place >= 0]
    rows["event_day"], rows["event_kind"] = events["starts_at"][place], events["kind"][place]
    return take_rows(rows, _order(rows["member"], rows["event_day"], rows["registered_at"]))


def _named(segments: Mapping[str, list[Columns]]) -> dict[str, list[Columns]]:
    """Rows by kind; of the unknown kinds only the largest stay by themselves."""
    named: dict[str, list[Columns]] = {}
    for kind, parts in segments.items():
        named.setdefault(safe(kind), []).extend(parts)
    own = sorted(set(named) - set(columns.CANONICAL), key=lambda kind: (-_rows(named[kind]), kind))
    for kind in own[MOST_OWN_KINDS:]:
        named.setdefault(OTHER_KINDS, []).extend(named.pop(kind))
    return named


def _rows(parts: list[Columns]) -> int:
    return sum(len(part["day"]) for part in parts)
