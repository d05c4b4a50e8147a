"""Work ahead: an iterator runs in a thread of its own while the caller uses what it has given so far."""

import queue
import sys
import threading
from collections.abc import Iterable, Iterator
from typing import Any, TypeVar

T = TypeVar("T")
DEPTH = 128
SWITCH = 0.0005  # seconds; with Python's own 5 ms the database would wait for each refill of its socket
LOOK_AGAIN = 0.5  # seconds


def ahead(source: Iterable[T], depth: int = DEPTH) -> Iterator[T]:
    """The items of `source` in order, at most `depth` ahead; its exception is raised where it occurred.

    Reading and parsing pages is Python's work, storing them the database's: side by side they take the time
    of the longer one. The thread must not touch the database. It ends soon after the caller stops.
    """
    reader = _Reader(source, depth)
    usual = sys.getswitchinterval()
    sys.setswitchinterval(SWITCH)
    try:
        while True:
            kind, item = reader.items.get()
            if kind == "end":
                return
            if kind == "error":
                raise item
            yield item
    finally:
        sys.setswitchinterval(usual)
        reader.is_over.set()


class _Reader:
    def __init__(self, source: Iterable[Any], depth: int) -> None:
        self.items: queue.Queue = queue.Queue(depth)
        self.is_over = threading.Event()
        threading.Thread(target=self._work, args=(source,), name="read-ahead", daemon=True).start()

    def _work(self, source: Iterable[Any]) -> None:
        try:
            for item in source:
                self._put("item", item)
                if self.is_over.is_set():
                    return
            self._put("end", None)
        except BaseException as error:
            self._put("error", error)

    def _put(self, kind: str, item: object) -> None:
        while not self.is_over.is_set():
            try:
                self.items.put((kind, item), timeout=LOOK_AGAIN)
            except queue.Full:
                continue
            return
