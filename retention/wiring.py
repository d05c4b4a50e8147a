"""What the retention domain adds to the product."""


def connect() -> None:
    """Called once at start."""
