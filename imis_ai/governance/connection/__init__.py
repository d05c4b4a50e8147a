"""The connection to iMIS: what is set, what iMIS answers, what was signed, the step from sandbox to live."""

from imis_ai.governance.connection.looking import Found, keep, latest
from imis_ai.governance.connection.promotion import ask_to_promote, is_promoted
from imis_ai.governance.connection.signing import QUESTIONS, is_signed, sign, signature

__all__ = [
    "QUESTIONS",
    "Found",
    "ask_to_promote",
    "is_promoted",
    "is_signed",
    "keep",
    "latest",
    "sign",
    "signature",
]
