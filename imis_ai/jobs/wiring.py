"""What background work adds to the first page."""

from imis_ai.jobs import today
from imis_ai.ui import today as first_page


def connect() -> None:
    """Called once at start."""
    first_page.add("jobs", today.part)
