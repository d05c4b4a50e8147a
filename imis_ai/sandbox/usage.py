"""Counts what clients do, to prove that they keep to the usage policy: one request at a time, hourly,
filtered.
"""

import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import unquote

from imis_ai.sandbox.store import Store

HOUR = 3600


class Usage:
    """`violations` lists what breaks the policy.

    That is: parallel requests, a stream polled again within the hour (a poll is a first page), and a second
    unfiltered reading of all contacts.
    """

    def __init__(self, store: Store) -> None:
        self.store = store
        self.lock = threading.Lock()
        self.running = 0
        self.clear()

    def clear(self) -> None:
        """Start counting anew."""
        self.total = self.most = self.parallel = self.unfiltered = 0
        self.streams: Counter[str] = Counter()
        self.methods: Counter[str] = Counter()
        self.polled: dict[str, float] = {}
        self.violations: list[str] = []

    @contextmanager
    def during(self, request: Any) -> Iterator[None]:
        """Count one request while it is served."""
        with self.lock:
            self.running += 1
            self._count(request)
        try:
            yield
        finally:
            with self.lock:
                self.running -= 1

    def _count(self, request: Any) -> None:
        stream = self.stream(request)
        self.total += 1
        self.most = max(self.most, self.running)
        self.streams[stream] += 1
        self.methods[request.method] += 1
        if self.running > 1:
            self.parallel += 1
            self.violations.append(f"{self.running} requests at the same time ({stream})")
        if request.method == "GET" and request.value("offset", "0") in {"", "0"} and len(request.parts) == 2:
            self._poll(request, stream)

    def _poll(self, request: Any, stream: str) -> None:
        now = self.store.clock.now().timestamp()
        if 0 <= now - self.polled.get(stream, -HOUR * 2) < HOUR:
            self.violations.append(f"{stream} polled again within the hour")
        self.polled[stream] = now
        bare = {k.lower() for k, _ in request.query} <= {"offset", "limit", "orderby"}
        if stream == "api/party" and bare:
            self.unfiltered += 1
            if self.unfiltered > 1:
                self.violations.append("all contacts read without a filter more than once")

    def stream(self, request: Any) -> str:
        """`api/party`, `query/terms`, `token`."""
        parts = [p.lower() for p in request.parts]
        if parts[-1:] in (["query"], ["iqa"]):
            name = request.value("queryname") or request.value("querypath")
            return f"query/{unquote(name).rstrip('/').rpartition('/')[2].lower()}"
        at = parts.index("api") if "api" in parts else -1
        return "/".join(parts[at : at + 2]) if at >= 0 else "/".join(parts[-1:])

    def report(self) -> dict[str, Any]:
        with self.lock:
            return {
                "requests": self.total,
                "parallel": self.parallel,
                "most_at_once": self.most,
                "streams": dict(self.streams),
                "methods": dict(self.methods),
                "unfiltered_party_reads": self.unfiltered,
                "violations": self.violations[:200],
            }
