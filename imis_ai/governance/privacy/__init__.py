"""A member's own data: everything held, erased on request, kept no longer than its period."""

from imis_ai.governance.privacy.erase import begin, confirm_in_imis, find, run, why_not
from imis_ai.governance.privacy.holders import Section, Subject, register_holder

__all__ = ["Section", "Subject", "begin", "confirm_in_imis", "find", "register_holder", "run", "why_not"]
