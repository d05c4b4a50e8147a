"""What leaves: queued with the approval, sent once, read back, reversible. The one user of `imis.writes`."""

from imis_ai.governance.outbox.checks import Then
from imis_ai.governance.outbox.deliver import Delivered, deliver_due
from imis_ai.governance.outbox.message import Message, objection
from imis_ai.governance.outbox.queue import Cancelled, cancel, enqueue
from imis_ai.governance.outbox.reverse import Reversal, reversal, reverse

__all__ = [
    "Cancelled",
    "Delivered",
    "Message",
    "Reversal",
    "Then",
    "cancel",
    "deliver_due",
    "enqueue",
    "objection",
    "reversal",
    "reverse",
]
