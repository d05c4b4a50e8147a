"""What other systems add to the frame, to what is kept of a member, and to the warehouse."""

from datetime import datetime

from imis_ai.governance.privacy import Subject, register_holder
from imis_ai.governance.privacy.periods import register_period
from imis_ai.integrations.actions import exports
from imis_ai.integrations.api import schema  # noqa: F401  tells the document how clients sign in
from imis_ai.integrations.warehouse import catalogue, shared
from imis_ai.integrations.webhooks import delivering
from imis_ai.ui import navigation

Place = navigation.Place
PLACES = (
    Place("Exports", "exports", "down", "exports.make", 80, "Oversight", prefix="/exports/"),
    Place("API and webhooks", "api_clients", "plug", "api.read", 93, "Settings", prefix="/settings/api/"),
)


def connect() -> None:
    """Called once at start."""
    for place in PLACES:
        navigation.add(place)
    catalogue.register(shared.views)
    register_holder("exports", export=lambda subject: (), erase=_erase)
    register_period(
        "webhooks.deliveries",
        what="Messages of webhooks",
        days=30,
        then="removed",
        purge=lambda before, now: delivering.purge(before=before),
    )


def _erase(subject: Subject, now: datetime) -> str:
    return f"{exports.remove_all()} files for warehouses removed."
