"""Snapshots of all features, stored column by column, and the vectors of the newest one."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from uuid import UUID

import numpy as np
from django.db import transaction
from django.db.models import Q

from imis_ai.features import definitions
from imis_ai.features.actions import rows
from imis_ai.features.calc.vectors import reduced
from imis_ai.features.models import MemberVector, PublishedValue, Snapshot, SnapshotColumn
from imis_ai.features.queries import pointintime, sources
from imis_ai.features.queries.pointintime import Computed, pack, unpack
from imis_ai.jobs.progress import SILENT, Progress
from imis_ai.mirror import columns
from imis_ai.mirror import queries as mirror

KEPT = timedelta(days=1096)
KEPT_DAYS = timedelta(days=35)
NOT_ALIKE = {
    "membership.days_to_term_end",
    "membership.days_into_term",
    "membership.renewal_rate_association",
}
READ, COMPUTE = "Read the mirror", "Compute and store"


class Empty(Exception):
    """There is nothing to compute features from."""


def build(*, as_of: date, now: datetime, progress: Progress = SILENT) -> Snapshot:
    """Compute and store all features as of a day; again for the same day replaces them. Raises Empty."""
    return build_many(as_ofs=[as_of], now=now, progress=progress)[0]


def build_many(*, as_ofs: Iterable[date], now: datetime, progress: Progress = SILENT) -> list[Snapshot]:
    """Like `build` for many days; the mirror is read once. The newest snapshot gives the vectors.

    Days on which nobody was known yet are left out. Raises Empty when that is all of them.
    """
    days = sorted(set(as_ofs))
    progress.stage(READ)
    write = mirror.write_number()  # before reading: what is written meanwhile counts as newer
    data = sources.load()
    _forget_erased(data.members["pseudonym"])
    wanted = pointintime.all_features(data)
    progress.stage(COMPUTE, len(days))
    built = []
    for day in days:
        progress.checkpoint()
        found = pointintime.compute(data, day, wanted)
        if stored := _store(found, day, write, now):
            built.append(stored)
        progress.advance()
    if not built:
        raise Empty("There are no members yet. Run `manage.py sync` or `manage.py import_archive DIR` first.")
    progress.note(f"{built[-1].members:,} members, {len(wanted)} features, {len(built)} days.")
    return built


@transaction.atomic
def _store(found: Computed, day: date, write: int, now: datetime) -> Snapshot | None:
    """The new snapshot instead of the old one; None when nobody was known on the day."""
    Snapshot.objects.filter(as_of=day).delete()
    if not len(found.pseudonyms):
        return None
    raw = columns.raw_pseudonyms(found.pseudonyms)
    snapshot = Snapshot.objects.create(
        as_of=day,
        version=definitions.version(),
        write=write,
        built_at=now,
        members=len(found.pseudonyms),
        pseudonyms=raw,
    )
    covered = len(found.pseudonyms) - np.isnan(found.values).sum(axis=1)
    SnapshotColumn.objects.bulk_create(
        [
            SnapshotColumn(snapshot=snapshot, name=name, covered=int(number), data=pack(values))
            for name, number, values in zip(found.names, covered, found.values, strict=True)
        ],
        batch_size=50,
    )
    if not Snapshot.objects.filter(as_of__gt=day).exists():
        _store_vectors(found, day, raw)
    return snapshot


def _store_vectors(found: Computed, day: date, raw: bytes) -> None:
    chosen = [i for i, name in enumerate(found.names) if _says_alike(name)]
    vectors = reduced(found.values[chosen].T)
    MemberVector.objects.all().delete()
    values = {"pseudonym": np.frombuffer(raw, dtype="V16"), "as_of": day, "values": vectors}
    rows.copy(table="features_membervector", columns=values, rows=len(vectors))


def _says_alike(name: str) -> bool:
    """Numbers of behaviour and standing. A category's number is no distance; a renewal date says nothing."""
    feature = definitions.FEATURES.get(name)
    if feature is None:
        return not name.endswith(("_reference", "_detail"))
    return "similarity" in feature.purposes and not feature.is_category and name not in NOT_ALIKE


@transaction.atomic
def forget(*, pseudonyms: Sequence[str | UUID]) -> None:
    """Remove erased people from every snapshot, published value and vector."""
    gone = {str(pseudonym) for pseudonym in pseudonyms}
    PublishedValue.objects.filter(pseudonym__in=gone).delete()
    MemberVector.objects.filter(pk__in=gone).delete()
    for snapshot in Snapshot.objects.all():
        raw = np.frombuffer(bytes(snapshot.pseudonyms), dtype="V16")
        stays = ~np.isin(columns.pseudonyms(raw), list(gone))
        if not stays.all():
            _keep(snapshot, raw, stays)


def _forget_erased(present: np.ndarray) -> None:
    """People whom the mirror no longer holds, erased or purged, are forgotten here too."""
    known = _halves(present)
    gone: set[str] = set()
    for pseudonyms in Snapshot.objects.values_list("pseudonyms", flat=True):
        raw = np.frombuffer(bytes(pseudonyms), dtype="V16")
        gone.update(columns.pseudonyms(raw[~np.isin(_halves(raw), known)]))
    if gone:
        forget(pseudonyms=sorted(gone))


def _halves(raw: np.ndarray) -> np.ndarray:
    """The first half of each pseudonym as a number: enough to tell them apart, and quick to compare."""
    return np.ascontiguousarray(raw).view(np.int64)[::2]


def _keep(snapshot: Snapshot, raw: np.ndarray, stays: np.ndarray) -> None:
    snapshot.pseudonyms, snapshot.members = raw[stays].tobytes(), int(stays.sum())
    snapshot.save()
    for column in snapshot.columns.all():
        values = unpack(column.data)[stays]
        column.data, column.covered = pack(values), int((~np.isnan(values)).sum())
        column.save()


def prune(*, now: datetime, before: datetime | None = None) -> int:
    """Remove snapshots built over 36 months ago; of days other than the first of a month, which no model
    learns from, those over 35 days old and those that are out of date. `before`: an earlier end for all."""
    old = Q(built_at__lt=before or now - KEPT) | Q(built_at__lt=now - KEPT_DAYS) & ~Q(as_of__day=1)
    doomed = Snapshot.objects.filter(old | Q(as_of__in=pointintime.out_of_date()) & ~Q(as_of__day=1))
    number = doomed.count()
    doomed.delete()
    return number
