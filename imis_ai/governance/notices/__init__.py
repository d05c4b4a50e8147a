"""What people are told without asking: collected from where it stands, kept once, counted in the frame."""

from imis_ai.governance.notices.read import listed, unread
from imis_ai.governance.notices.sources import Item, register
from imis_ai.governance.notices.telling import forget_before, is_due, mark_all_read, mark_read, missing, tell

__all__ = [
    "Item",
    "forget_before",
    "is_due",
    "listed",
    "mark_all_read",
    "mark_read",
    "missing",
    "register",
    "tell",
    "unread",
]
