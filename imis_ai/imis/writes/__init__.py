"""The only code that writes to iMIS. Whitelisted targets, one request at a time, read back by our reference.

Nothing is written without a `gate`: a function that is called right before the request leaves and raises
when it may not. Only the outbox and the set-up command import this package.
"""

from imis_ai.imis.errors import Ambiguous, NotApplied, NotFindable, NoWriteAccount
from imis_ai.imis.writes.rows import Row
from imis_ai.imis.writes.writer import Live, Writer

__all__ = ["Ambiguous", "Live", "NoWriteAccount", "NotApplied", "NotFindable", "Row", "Writer"]
