"""What the mirror adds to the frame: its page, and how fresh the data is."""

from imis_ai.mirror import member_page, member_told, queries, today
from imis_ai.ui import navigation
from imis_ai.ui import today as first_page


def connect() -> None:
    """Called once at start."""
    navigation.add(navigation.Place("Members", "members", "person", "members.read", 30, "", "m", "/members/"))
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
    first_page.add("mirror", today.part)
    member_page.add("mirror", member_told.told)
