"""The audit log: a keyed hash chain of who did what, its seals, and what proves it whole."""

from imis_ai.governance.audit.append import record
from imis_ai.governance.audit.following import Happened, happened, newest
from imis_ai.governance.audit.looks import log_export, log_search
from imis_ai.governance.audit.nightly import Broken, check, seal_the_day
from imis_ai.governance.audit.removal import remove_details
from imis_ai.governance.audit.seals import NotWritten
from imis_ai.governance.audit.verify import REMOVED, Verdict, verify

__all__ = [
    "REMOVED",
    "Broken",
    "Happened",
    "NotWritten",
    "Verdict",
    "check",
    "happened",
    "log_export",
    "log_search",
    "newest",
    "record",
    "remove_details",
    "seal_the_day",
    "verify",
]
