"""What the night does for the log: read it whole, then seal it."""

from collections.abc import Callable
from datetime import datetime

from imis_ai.accounts.models import User
from imis_ai.governance.audit import seals
from imis_ai.governance.audit.append import record
from imis_ai.governance.audit.verify import Verdict, verify

VERIFIED = "audit.verified"


class Broken(Exception):
    """The log is not what was written; the text names the first break."""


def check(*, by: User | None, now: datetime, advance: Callable[[int], None] = lambda n: None) -> Verdict:
    """Verify the log and leave an entry that says how it was found."""
    verdict = verify(advance=advance)
    record(action=VERIFIED, by=by, now=now, detail=verdict.as_json() | {"sentence": verdict.sentence})
    return verdict


def seal_the_day(*, now: datetime, advance: Callable[[int], None] = lambda n: None) -> str:
    """Check, then seal whatever was found. Raises Broken or seals.NotWritten."""
    verdict = check(by=None, now=now, advance=advance)
    made = seals.seal(now=now)
    if not verdict.is_whole:
        raise Broken(f"The audit log is not whole. {verdict.sentence} Open Audit log and call your auditor.")
    return f"Sealed at entry {made.seq:,}." if made else "Nothing new to seal."
