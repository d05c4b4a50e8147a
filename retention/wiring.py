"""What the retention domain adds to the product."""

from imis_ai.governance.privacy import register_holder
from imis_ai.mirror import followers
from imis_ai.ui import navigation
from retention.queries import personal


def connect() -> None:
    """Called once at start."""
    navigation.add(
        navigation.Place(
            "Retention", "risk_list", "pulse", "retention.totals", order=40, key="r", prefix="/retention/"
        )
    )
    followers.add("retention.rescore")
    register_holder("retention", export=personal.sections)  # scores go with the member
