"""The audit log: a keyed hash chain of who did what, its seals, and what proves it whole."""

from imis_ai.governance.audit.append import record

__all__ = ["record"]
