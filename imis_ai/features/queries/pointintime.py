"""Frames of features by pseudonym: from the stored snapshot of the day where there is one, else computed."""

import zlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

import numpy as np

from imis_ai.features import definitions
from imis_ai.features.calc.arrays import Array
from imis_ai.features.calc.asof import AsOf, Sources
from imis_ai.features.definitions import FEATURES, PURPOSES, Feature
from imis_ai.features.definitions.own import PREFIX
from imis_ai.features.models import PublishedValue, Snapshot, SnapshotColumn
from imis_ai.features.queries import sources
from imis_ai.mirror import columns
from imis_ai.mirror import queries as mirror

if TYPE_CHECKING:
    import pandas as pd

EPOCH = date(1970, 1, 1)
FEW = 300  # members whose own rows are read rather than everybody's


class NotAllowed(Exception):
    """These features may not be used for this purpose."""


@dataclass(frozen=True)
class Computed:
    """Features of one day: `values[i]` is feature `names[i]`, one 32-bit float per pseudonym."""

    pseudonyms: Array
    names: list[str]
    values: Array


def frame(
    *,
    as_of: date,
    names: Sequence[str] | None = None,
    purpose: str = "retention",
    pseudonyms: Sequence[str] | None = None,
) -> "pd.DataFrame":
    """Features as of a day: one row per member known before it, float32, index pseudonym.

    `names` chooses columns (published values too); without it come all that the purpose allows. `pseudonyms`
    chooses rows; of members whose data changed since the last scoring they are computed anew. (What compares
    a few of them with all others comes from the last snapshot, where there is one of that week.)
    Raises NotAllowed for a feature that the purpose forbids, LookupError for one that does not exist.
    """
    return frames(as_ofs=[as_of], names=names, purpose=purpose, pseudonyms=pseudonyms)[as_of]


def frames(
    *,
    as_ofs: Iterable[date],
    names: Sequence[str] | None = None,
    purpose: str = "retention",
    pseudonyms: Sequence[str] | None = None,
    may_be_old: bool = False,
) -> "dict[date, pd.DataFrame]":
    """`frame` for many days at once: the mirror is read once.

    A stored snapshot is passed over when rows dated before its day came, changed or went since. A page that
    must not wait for what the next night computes says `may_be_old`.
    """
    check_purpose(names, purpose)
    days = sorted(set(as_ofs))
    old = [] if may_be_old else out_of_date(days)
    usable = [day for day in days if day not in old]
    is_changed = not may_be_old and pseudonyms is not None and mirror.have_changed(pseudonyms)
    found = {} if is_changed else _stored(usable, names, purpose, pseudonyms)
    if pseudonyms is not None and len(pseudonyms) <= FEW:
        found |= _of_few([day for day in days if day not in found], names, purpose, pseudonyms)
    missing = [day for day in days if day not in found]
    if missing:
        data = sources.load()
        wanted = _wanted(names, purpose, sources.own_kinds(data))
        for day in missing:
            found[day] = _as_frame(compute(data, day, wanted))
    if pseudonyms is not None:
        found = {day: each[each.index.isin(list(pseudonyms))] for day, each in found.items()}
    return {day: _with_published(found[day], day, names) for day in days}


def out_of_date(days: Iterable[date] | None = None) -> list[date]:
    """Days, of all or of these, whose snapshot has other definitions or was computed from a past that has
    been corrected since."""
    found = Snapshot.objects.all() if days is None else Snapshot.objects.filter(as_of__in=days)
    stored = list(found.order_by("as_of").values_list("as_of", "write", "version"))
    told = mirror.changes(after=min((write for _, write, _ in stored), default=0))
    current = definitions.version()
    return [
        day
        for day, write, version in stored
        if version != current or any(since < day and number > write for since, number in told)
    ]


def stored_days() -> list[date]:
    """Days of which a snapshot of today's definitions is kept, oldest first."""
    found = Snapshot.objects.filter(version=definitions.version())
    return list(found.order_by("as_of").values_list("as_of", flat=True))


def built_at(as_of: date) -> datetime | None:
    """When the stored snapshot of the day was built; None when there is none of today's definitions."""
    found = Snapshot.objects.filter(as_of=as_of, version=definitions.version())
    return found.values_list("built_at", flat=True).first()


def evidence(*, as_of: date, pseudonyms: Sequence[str]) -> "pd.DataFrame":
    """The members' own values behind a sentence ("no visit for 92 days, usually every 12"), as features."""
    return frame(as_of=as_of, pseudonyms=pseudonyms)


def compute(data: Sources, day: date, features: dict[str, Feature]) -> Computed:
    """The features of all members known before the day."""
    at = AsOf(data, (day - EPOCH).days, {name: each.how for name, each in all_features(data).items()})
    rows = np.flatnonzero(at.is_known)
    values = np.empty((len(features), len(rows)), dtype=np.float32)
    for i, name in enumerate(features):
        values[i] = at[name] if len(rows) == at.n else np.take(at[name], rows)
    texts = data.keep("pseudonyms", lambda: columns.pseudonyms(data.members["pseudonym"]))
    return Computed(texts[rows], list(features), values)


def all_features(data: Sources) -> dict[str, Feature]:
    """The declared features and those of the association's own kinds."""
    return FEATURES | definitions.own_features(sources.own_kinds(data))


def check_purpose(names: Sequence[str] | None, purpose: str) -> None:
    """Raises NotAllowed when the purpose is unknown or forbids one of the features."""
    if purpose not in PURPOSES:
        raise NotAllowed(f"{purpose!r} is no purpose. Use one of: {', '.join(PURPOSES)}.")
    refused = [name for name in names or () if name in FEATURES and purpose not in FEATURES[name].purposes]
    if refused:
        raise NotAllowed(
            f"{', '.join(refused)} may not be used for {purpose} ({PURPOSES[purpose]}). Leave it out."
        )


def _wanted(names: Sequence[str] | None, purpose: str, kinds: list[str]) -> dict[str, Feature]:
    known = FEATURES | definitions.own_features(kinds)
    if names is None:
        return {name: each for name, each in known.items() if purpose in each.purposes}
    published = _published_names()
    unknown = [
        name for name in names if name not in known and name not in published and not name.startswith(PREFIX)
    ]
    if unknown:
        raise LookupError(
            f"There is no feature {', '.join(unknown)}. `manage.py features` lists all of them."
        )
    return {name: known[name] for name in names if name in known}


def _of_few(
    days: Sequence[date], names: Sequence[str] | None, purpose: str, pseudonyms: Sequence[str]
) -> "dict[date, pd.DataFrame]":
    """Features of a few members from their own rows; without days for which all others must be looked at."""
    if not days:
        return {}
    data = sources.load_few(pseudonyms)
    wanted = _wanted(names, purpose, sources.own_kinds(data))
    own = {name: each for name, each in wanted.items() if not each.of_all}
    of_all = [name for name in wanted if name not in own]
    found = {}
    for day in days:
        others = _last_stored(day, of_all, purpose, pseudonyms) if of_all else None
        if not of_all or others is not None:
            each = _as_frame(compute(data, day, own))
            each = each[each.index.isin(list(pseudonyms))]
            found[day] = each if others is None else each.join(others)[list(wanted)]
    return found


def _last_stored(
    day: date, names: Sequence[str], purpose: str, pseudonyms: Sequence[str]
) -> "pd.DataFrame | None":
    """These features as of the last snapshot of the week before the day."""
    kept = Snapshot.objects.filter(
        as_of__lte=day, as_of__gt=day - timedelta(days=7), version=definitions.version()
    )
    snapshot = kept.order_by("-as_of").first()
    return snapshot and _load(snapshot, names, purpose, pseudonyms)


def _as_frame(found: Computed) -> "pd.DataFrame":
    import pandas as pd

    index = pd.Index(found.pseudonyms, name="pseudonym", dtype=object)
    return pd.DataFrame(found.values.T, index=index, columns=found.names, copy=False)


# stored snapshots


def _stored(
    days: Sequence[date],
    names: Sequence[str] | None,
    purpose: str,
    pseudonyms: Sequence[str] | None = None,
) -> "dict[date, pd.DataFrame]":
    found = Snapshot.objects.filter(as_of__in=days, version=definitions.version())
    loaded = {snapshot.as_of: _load(snapshot, names, purpose, pseudonyms) for snapshot in found}
    return {day: each for day, each in loaded.items() if each is not None}


def _load(
    snapshot: Snapshot, names: Sequence[str] | None, purpose: str, pseudonyms: Sequence[str] | None
) -> "pd.DataFrame | None":
    """The stored columns, of all members or of these; None when one that is asked for is not among them."""
    rows = SnapshotColumn.objects.filter(snapshot=snapshot)
    if names is not None:
        rows = rows.filter(name__in=names)
    data = dict(rows.values_list("name", "data"))
    if names is None:
        order = [
            name for name in _in_order(data) if name not in FEATURES or purpose in FEATURES[name].purposes
        ]
    else:
        order = [name for name in names if name in data or name in FEATURES or name.startswith(PREFIX)]
    if any(name not in data for name in order):
        return None
    raw = np.frombuffer(bytes(snapshot.pseudonyms), dtype="V16")
    rows = slice(None) if pseudonyms is None else _places(raw, pseudonyms)
    raw = raw[rows]
    values = np.empty((len(order), len(raw)), dtype=np.float32)
    for i, name in enumerate(order):
        values[i] = unpack(data[name])[rows]
    return _as_frame(Computed(columns.pseudonyms(raw), order, values))


def _places(raw: Array, pseudonyms: Sequence[str]) -> Array:
    """Where these members stand, give or take one whose first half is the same."""
    wanted = np.frombuffer(columns.raw_pseudonyms(pseudonyms), dtype="<u8")[::2]
    return np.flatnonzero(np.isin(raw.view("<u8")[::2], wanted))


def _in_order(names: Iterable[str]) -> list[str]:
    """Declared features in their order, the association's own behind them."""
    declared = {name: i for i, name in enumerate(FEATURES)}
    return sorted(names, key=lambda name: (declared.get(name, len(declared)), name))


def pack(values: Array) -> bytes:
    """Floats as stored: the bytes of one significance together, since they repeat, then compressed."""
    as_bytes = np.ascontiguousarray(values, dtype="<f4").view(np.uint8).reshape(-1, 4)
    return zlib.compress(as_bytes.T.tobytes(), 1)


def unpack(data: bytes | memoryview) -> Array:
    by_significance = np.frombuffer(zlib.decompress(data), dtype=np.uint8).reshape(4, -1)
    return np.ascontiguousarray(by_significance.T).view("<f4").ravel()


# published values


def _published_names() -> set[str]:
    return set(PublishedValue.objects.values_list("name", flat=True).distinct())


def _with_published(found: "pd.DataFrame", day: date, names: Sequence[str] | None) -> "pd.DataFrame":
    """Adds the published values asked for: the last ones as of this day or earlier."""
    missing = [name for name in names or () if name not in found.columns]
    for name in missing:
        values = {}
        runs = PublishedValue.objects.filter(name=name, as_of__lte=day)
        if latest := runs.order_by("-as_of").values_list("as_of", flat=True).first():
            values = {str(p): v for p, v in runs.filter(as_of=latest).values_list("pseudonym", "value")}
        found = found.assign(**{name: found.index.map(values).astype("float32")})
    return found[list(names)] if names is not None and missing else found
