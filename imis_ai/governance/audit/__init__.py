"""The audit log: a keyed hash chain of who did what, its seals, and what proves it whole."""

from imis_ai.governance.audit.append import record
from imis_ai.governance.audit.looks import log_export, log_search
from imis_ai.governance.audit.nightly import Broken, check, seal_the_day
from imis_ai.governance.audit.removal import remove_details
from imis_ai.governance.audit.seals import NotWritten
from imis_ai.governance.audit.verify import REMOVED, Verdict, verify

__all__ = [
    "REMOVED",
    "Broken",
    "NotWritten",
    "Verdict",
    "check",
    "log_export",
    "log_search",
    "record",
    "remove_details",
    "seal_the_day",
    "verify",
]
