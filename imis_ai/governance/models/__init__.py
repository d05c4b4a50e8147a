"""Tables of governance, one module per noun."""

from imis_ai.governance.models.audit import AuditDetail, AuditEntry, AuditHead, AuditSeal
from imis_ai.governance.models.connection import ConnectionTest, SignedChecklist
from imis_ai.governance.models.contact import ContactEntry, ContactEvent, OptOut, Pause, StaffItem
from imis_ai.governance.models.correction import Correction
from imis_ai.governance.models.experiment import Arm, Assignment, Experiment, Holdout
from imis_ai.governance.models.guardrail import Guardrail, GuardrailSignature, GuardrailVersion
from imis_ai.governance.models.message import (
    Channel,
    Generation,
    Offer,
    OfferUse,
    OfferVersion,
    Template,
    TemplateVersion,
)
from imis_ai.governance.models.notice import Digest, Notification
from imis_ai.governance.models.outbox import OutboxFinding, OutboxMessage, WriteName, WriteStanding
from imis_ai.governance.models.owner import Ownership
from imis_ai.governance.models.privacy import Erasure, LegalHold, Period
from imis_ai.governance.models.proposal import WHO, Decision, Delegation, Proposal
from imis_ai.governance.models.review import ReviewItem
from imis_ai.governance.models.rollout import (
    BlindAnswer,
    BlindTest,
    Feedback,
    RolloutChange,
    RolloutStep,
    Standstill,
)
from imis_ai.governance.models.several import SeveralDecided

__all__ = [
    "WHO",
    "Arm",
    "Assignment",
    "AuditDetail",
    "AuditEntry",
    "AuditHead",
    "AuditSeal",
    "BlindAnswer",
    "BlindTest",
    "Channel",
    "ConnectionTest",
    "ContactEntry",
    "ContactEvent",
    "Correction",
    "Decision",
    "Delegation",
    "Digest",
    "Erasure",
    "Experiment",
    "Feedback",
    "Generation",
    "Guardrail",
    "GuardrailSignature",
    "GuardrailVersion",
    "Holdout",
    "LegalHold",
    "Notification",
    "Offer",
    "OfferUse",
    "OfferVersion",
    "OptOut",
    "OutboxFinding",
    "OutboxMessage",
    "Ownership",
    "Pause",
    "Period",
    "Proposal",
    "ReviewItem",
    "RolloutChange",
    "RolloutStep",
    "SeveralDecided",
    "SignedChecklist",
    "StaffItem",
    "Standstill",
    "Template",
    "TemplateVersion",
    "WriteName",
    "WriteStanding",
]
