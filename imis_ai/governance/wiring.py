"""What governance adds to the frame."""

from imis_ai.governance.messages import offers, pauses, shipped
from imis_ai.governance.privacy import own


def connect() -> None:
    """Called once at start."""
    shipped.register()
    offers.register_facts()
    pauses.register_shipped()
    own.register()
