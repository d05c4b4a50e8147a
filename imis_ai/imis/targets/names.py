"""What this association calls our objects and their columns. The choice is data."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from imis_ai.imis.targets.base import Target
from imis_ai.imis.targets.table import TARGETS


@dataclass(frozen=True)
class Choice:
    """The name in iMIS, and the columns that are called something else there.

    `columns` may also give the site's code for a fixed column, such as ACTIVITY_TYPE.
    """

    object: str
    columns: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Names:
    """The names in force; a target without a choice keeps the name of the table."""

    choices: Mapping[str, Choice] = field(default_factory=dict)

    def target(self, name: str) -> Target:
        """The target under the association's names. Raises KeyError for one that is not on the list."""
        found = TARGETS[name]
        choice = self.choices.get(name)
        if choice is None:
            return found
        for variant in found.variants:
            if variant.object == choice.object:
                found = variant
        columns = tuple(
            column._replace(wire=choice.columns.get(column.name, column.wire)) for column in found.columns
        )
        reference = choice.columns.get("reference", found.reference)
        fixed = tuple((wire, choice.columns.get(wire, value)) for wire, value in found.fixed)
        return replace(found, object=choice.object, columns=columns, reference=reference, fixed=fixed)

    def all(self) -> list[Target]:
        return [self.target(name) for name in TARGETS]


def selectable(name: str) -> list[str]:
    """The names a target may have: ours first, then those of the guides."""
    return [TARGETS[name].object, *TARGETS[name].aliases]
