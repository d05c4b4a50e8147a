"""What other systems add to the frame."""

from imis_ai.integrations.api import schema  # noqa: F401  tells the document how clients sign in
from imis_ai.ui import navigation


def connect() -> None:
    """Called once at start."""
    navigation.add(
        navigation.Place(
            "API and webhooks", "api_clients", "dn", "api.read", 93, "Settings", prefix="/settings/api/"
        )
    )
