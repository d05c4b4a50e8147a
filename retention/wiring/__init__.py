"""What the retention domain adds to the product, one module per part."""

from retention.wiring import (
    alerts,
    calls,
    corrections,
    first_year,
    lapses,
    outreach,
    policy,
    scores,
    winback,
)


def connect() -> None:
    """Called once at start."""
    scores.connect()
    outreach.connect()
    first_year.connect()
    policy.connect()
    lapses.connect()
    calls.connect()
    corrections.connect()
    winback.connect()
    alerts.connect()
