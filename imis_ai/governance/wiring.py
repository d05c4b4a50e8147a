"""What governance adds to the frame."""


def connect() -> None:
    """Called once at start."""
