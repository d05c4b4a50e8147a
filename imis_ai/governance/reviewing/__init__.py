"""The review queue: what a model is not sure of goes to a person, and how well people judge is measured."""

from imis_ai.governance.reviewing.queues import Case, Queue, register
from imis_ai.governance.reviewing.read import is_open, those, waits

__all__ = ["Case", "Queue", "is_open", "register", "those", "waits"]
