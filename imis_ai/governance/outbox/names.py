"""The association's names for our objects, chosen on the set-up page."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction

from imis_ai.governance import audit
from imis_ai.governance.models import WriteName, WriteStanding
from imis_ai.governance.refusals import NotAllowed, WhyNot
from imis_ai.imis.targets import TARGETS, Choice, Names, Shape, Target
from imis_ai.imis.targets.names import selectable


def names_in_force() -> Names:
    return Names({row.target: Choice(row.object, row.columns) for row in WriteName.objects.all()})


@transaction.atomic
def choose(
    *, target: str, object_name: str, columns: Mapping[str, str] | None = None, by: Any, now: datetime
) -> None:
    """Keep a target in another object of iMIS. Raises NotAllowed for a name that is not on the list."""
    if target not in TARGETS or object_name not in selectable(target):
        known = ", ".join(selectable(target)) if target in TARGETS else ", ".join(TARGETS)
        raise NotAllowed(
            WhyNot(f"{object_name} cannot hold {target}.", rule="names in iMIS", next_step=f"Use: {known}.")
        )
    before = names_in_force().target(target).object
    WriteName.objects.update_or_create(
        target=target,
        defaults={"object": object_name, "columns": dict(columns or {}), "changed_by": by, "changed_at": now},
    )
    audit.record(
        action="outbox.name_chosen",
        by=by,
        now=now,
        about=("target", target),
        detail={"before": before, "after": object_name},
    )


@dataclass(frozen=True)
class Named:
    """One target on the set-up page: its names, the one in force, what the last dry run found."""

    target: Target
    choices: list[str]
    standing: dict[str, Any]
    checked_at: datetime | None


def listed() -> list[Named]:
    """Every target that is written by the product."""
    names = names_in_force()
    found = WriteStanding.objects.in_bulk()
    made = []
    for name in TARGETS:
        target, row = names.target(name), found.get(name)
        if target.shape is not Shape.BY_HAND:
            is_same = row is not None and row.standing["object"] == target.object
            standing = row.standing if row and is_same else {}
            made.append(
                Named(target, selectable(name), standing, row.checked_at if row and is_same else None)
            )
    return made


@transaction.atomic
def keep_standings(*, standings: Iterable[dict[str, Any]], now: datetime) -> None:
    for each in standings:
        WriteStanding.objects.update_or_create(
            target=each["target"], defaults={"standing": each, "checked_at": now}
        )
