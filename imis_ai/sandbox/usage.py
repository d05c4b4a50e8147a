"""Counts what clients do, to prove that they keep to the usage policy."""

import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from imis_ai.sandbox.store import Store


class Usage:
    def __init__(self, store: Store) -> None:
        self.store = store
        self.lock = threading.Lock()
        self.running = self.most = self.parallel = 0
        self.streams: Counter[str] = Counter()

    @contextmanager
    def during(self, request: Any) -> Iterator[None]:
        with self.lock:
            self.running += 1
            self.most = max(self.most, self.running)
            self.parallel += self.running > 1
            self.streams["/".join(request.parts[-2:])] += 1
        try:
            yield
        finally:
            with self.lock:
                self.running -= 1

    def report(self) -> dict[str, Any]:
        with self.lock:
            return {
                "requests": sum(self.streams.values()),
                "parallel": self.parallel,
                "most_at_once": self.most,
                "streams": dict(self.streams),
            }
