"""What governance adds to the frame."""

from imis_ai.governance.messages import offers, pauses, shipped


def connect() -> None:
    """Called once at start."""
    shipped.register()
    offers.register_facts()
    pauses.register_shipped()
