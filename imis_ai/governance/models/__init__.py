"""Tables of governance, one module per noun."""

from imis_ai.governance.models.audit import AuditDetail, AuditEntry
from imis_ai.governance.models.outbox import OutboxMessage
from imis_ai.governance.models.proposal import Decision, Delegation, Proposal

__all__ = ["AuditDetail", "AuditEntry", "Decision", "Delegation", "OutboxMessage", "Proposal"]
