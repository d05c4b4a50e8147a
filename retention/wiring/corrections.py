"""What staff may say against a risk, and which risks they are asked to judge."""

from imis_ai.governance import corrections, reviewing
from retention.queries.corrected import TOPIC
from retention.queries.unsure import QUEUE


def connect() -> None:
    """Called once at start."""
    corrections.register(TOPIC)
    reviewing.register(QUEUE)
