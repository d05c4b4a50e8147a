"""What may be written to iMIS: canonical objects, their columns and other names. No network here."""

from imis_ai.imis.targets.base import Column, Shape, Target
from imis_ai.imis.targets.names import Choice, Names
from imis_ai.imis.targets.table import TARGETS
from imis_ai.imis.targets.values import BadFields, checked, new_reference

__all__ = [
    "TARGETS",
    "BadFields",
    "Choice",
    "Column",
    "Names",
    "Shape",
    "Target",
    "checked",
    "new_reference",
]
