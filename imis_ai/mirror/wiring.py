"""What the mirror adds to the frame: its page, and how fresh the data is."""

from imis_ai.mirror import queries
from imis_ai.ui import navigation


def connect() -> None:
    """Called once at start."""
    navigation.add(
        navigation.Place(
            "Data and sync",
            "data",
            "data",
            "data.read",
            order=80,
            group="Oversight",
            key="d",
            prefix=("/data/", "/jobs/"),
        )
    )
    navigation.freshness_from(queries.freshness)
