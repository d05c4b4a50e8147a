"""Tables of governance that are edited in the Django admin; every save calls an action."""

from imis_ai.governance.admin import guardrails, offers, templates

__all__ = ["guardrails", "offers", "templates"]
