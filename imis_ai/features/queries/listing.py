"""The catalogue: every feature in plain words, whether its source is there, and where it is used."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from imis_ai.features import definitions
from imis_ai.features.definitions import FEATURES, Feature
from imis_ai.features.definitions.own import PREFIX
from imis_ai.features.models import Snapshot, SnapshotColumn

Use = Callable[[], Mapping[str, float | None]]
_uses: dict[str, Use] = {}


@dataclass(frozen=True)
class Entry:
    """One line of the catalogue. `coverage`: share of members with a value in the last snapshot.

    `status`: available, not available (no member has a value, so its source is missing) or not built yet.
    `used_in`: the users' names, each with what the feature is worth to it where that is known.
    """

    name: str
    group: str
    meaning: str
    unit: str
    source: str
    window: str
    missing: str
    purposes: tuple[str, ...]
    sensitivity: str
    point_in_time: bool
    note: str
    status: str
    coverage: float | None
    used_in: Mapping[str, float | None]


def register_use(label: str, names: Use) -> None:
    """Say which features something uses: `names()` gives each with its worth to it (None: not known)."""
    _uses[label] = names


def catalogue() -> list[Entry]:
    """All declared features, and those of the association's own kinds as of the last snapshot."""
    last = Snapshot.objects.order_by("-as_of").first()
    covered = (
        dict(SnapshotColumn.objects.filter(snapshot=last).values_list("name", "covered")) if last else {}
    )
    kinds = {
        name.removeprefix(PREFIX).removesuffix("_count_365")
        for name in covered
        if name.endswith("_count_365")
    }
    features = FEATURES | definitions.own_features(kinds)
    uses = {label: names() for label, names in _uses.items()}
    return [_entry(each, covered, last.members if last else 0, uses) for each in features.values()]


def missing_sources() -> dict[str, list[str]]:
    """Sources of which iMIS holds nothing, with the features that are therefore not available."""
    missing: dict[str, list[str]] = {}
    for entry in catalogue():
        if entry.status == "not available":
            missing.setdefault(entry.source, []).append(entry.name)
    return missing


def _entry(
    feature: Feature, covered: Mapping[str, int], members: int, uses: Mapping[str, Mapping[str, float | None]]
) -> Entry:
    number = covered.get(feature.name)
    share = number / members if number is not None and members else None
    return Entry(
        name=feature.name,
        group=feature.group,
        meaning=feature.meaning,
        unit=feature.unit,
        source=feature.source,
        window=feature.window_text,
        missing=feature.missing,
        purposes=tuple(sorted(feature.purposes)),
        sensitivity=feature.sensitivity,
        point_in_time=feature.point_in_time,
        note=feature.note,
        status="not built yet" if share is None else "available" if share else "not available",
        coverage=share,
        used_in={label: worth[feature.name] for label, worth in uses.items() if feature.name in worth},
    )
