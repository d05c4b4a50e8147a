"""Who looks after a member: our assignment stands above the staff owner in iMIS. Any list can ask."""

from imis_ai.governance.owners.assign import Given, assign
from imis_ai.governance.owners.read import (
    MINE,
    NOBODY,
    annotated,
    choices,
    given_lately,
    history,
    may_own,
    people,
    said,
    version,
    where,
)

__all__ = [
    "MINE",
    "NOBODY",
    "Given",
    "annotated",
    "assign",
    "choices",
    "given_lately",
    "history",
    "may_own",
    "people",
    "said",
    "version",
    "where",
]
