"""The columnar copy of the activity table and quick reads of the smaller tables: numbers and hashes only.

The copy lies in `VAR_DIR/columns/<fingerprint of the database>`; it can be deleted at any time.
"""

from imis_ai.mirror.columns.copy import CANONICAL, Activities, activities, folder, refresh
from imis_ai.mirror.columns.read import NO_DAY, NO_FLAG, NO_ID, NO_WORD, pseudonyms, raw_pseudonyms, words
from imis_ai.mirror.columns.tables import members, table
from imis_ai.mirror.columns.witnesses import of_activities, of_tables

__all__ = [
    "CANONICAL",
    "NO_DAY",
    "NO_FLAG",
    "NO_ID",
    "NO_WORD",
    "Activities",
    "activities",
    "folder",
    "members",
    "of_activities",
    "of_tables",
    "pseudonyms",
    "raw_pseudonyms",
    "refresh",
    "table",
    "words",
]
