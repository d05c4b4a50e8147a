"""The fault plan: what goes wrong, with which requests, how often."""

from collections.abc import Callable
from typing import Any

from imis_ai.sandbox import wire
from imis_ai.sandbox.store import Store


class Cut(Exception):
    """Close the connection without an answer."""


class Faults:
    def __init__(self, store: Store) -> None:
        self.store = store
        self.plan: list[dict[str, Any]] = []

    def around(self, request: Any, serve: Callable[[Any], wire.Answer]) -> wire.Answer:
        return serve(request)
