"""The association's names for our objects, chosen on the set-up page."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import transaction

from imis_ai.governance import audit
from imis_ai.governance.models import WriteName
from imis_ai.governance.refusals import NotAllowed, WhyNot
from imis_ai.imis.targets import TARGETS, Choice, Names
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
