"""Reading one stream to its end over pages that shift while they are read.

iMIS pages by offset over a live table. Each page begins some rows before the end of the last one; when
its first row was not
seen before, rows went missing in front of it, and reading goes back. At the end the rows seen are held
against iMIS' own count.
While the caller saves a page the next one is already on its way; two are never on their way at once.
"""

import datetime as dt
import logging
import threading
from array import array
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from dataclasses import dataclass

from imis_ai.imis.errors import BadAnswer
from imis_ai.imis.parse.context import Context
from imis_ai.imis.parse.page import Damaged, Decoded, Rejected, Shape, convert, decode
from imis_ai.imis.records import Record
from imis_ai.imis.session import Answer

OVERLAP = 20  # rows
READS = 3  # of a damaged page, and of a stream whose count does not come out
STEPS_BACK = 500  # in one reading
log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Page:
    """Records of one page without those of the page before. `total` is iMIS' count of the whole stream.

    `server_date` is iMIS' clock at this answer, `started_at` at the first answer of the stream: no
    cursor may move past it.
    `has_next` is false on the very last page only.
    """

    records: list[Record]
    rejects: list[Rejected]
    offset: int
    total: int
    has_next: bool
    server_date: dt.datetime | None
    started_at: dt.datetime | None
    keys: list[str]


@dataclass
class Stream:
    """One read of one resource. `fetch` gets an offset and returns the answer that begins there."""

    name: str
    fetch: Callable[[int], Answer]
    shape: Shape
    context: Context
    off: frozenset[str] = frozenset()

    def pages(self, start: int = 0) -> Iterator[Page]:
        """From row `start` to the end, again when the count does not come out. Raises `ImisError`."""
        before: tuple[int, int] | None = None
        for reading in range(READS):
            tally = Tally(again=start == 0 and reading < READS - 1, before=before)
            yield from self._once(start, tally)
            if not tally.is_short:
                return
            before = tally.outcome
            log.warning("%s: %d of %d rows were seen, reading again", self.name, *tally.outcome)

    def _once(self, start: int, tally: "Tally") -> Iterator[Page]:
        offset, known = start, frozenset[str]()
        ahead: Future[Answer] | None = None
        started_at: dt.datetime | None = None
        while True:
            answer, page = self._decoded(offset, ahead)
            started_at = started_at or answer.server_date
            if offset > start and not _joins(page, known):
                ahead, offset = None, max(start, offset - max(len(known) // 2, 1))
                tally.step_back(self.name)
                continue
            tally.add(page)
            following = offset + len(page.rows) - min(OVERLAP, len(page.rows) // 2)
            ahead = later(self.fetch, following) if page.has_next else None
            yield self._page(answer, page, known, started_at, tally)
            if not page.has_next:
                return
            offset, known = following, frozenset(page.keys)

    def _page(
        self,
        answer: Answer,
        page: Decoded,
        known: frozenset[str],
        started_at: dt.datetime | None,
        tally: "Tally",
    ) -> Page:
        records, rejects = convert(page, self.shape, self.context, off=self.off, known=known)
        has_next = page.has_next or tally.is_short
        date = answer.server_date
        return Page(records, rejects, page.offset, page.total, has_next, date, started_at, page.keys)

    def _decoded(self, offset: int, ahead: "Future[Answer] | None") -> tuple[Answer, Decoded]:
        """The page at `offset`; a damaged one is fetched again, then the stream stops."""
        for reading in range(READS):
            answer = ahead.result() if ahead else self.fetch(offset)
            ahead = None
            try:
                return answer, decode(answer.body, self.shape, self.context, offset)
            except Damaged as damage:
                if reading == READS - 1:
                    raise BadAnswer(
                        f"{self.name}, from row {offset}: {damage}, {READS} times in a row. "
                        "Nothing of it was used; the next run tries again."
                    ) from None
        raise AssertionError


def _joins(page: Decoded, known: frozenset[str]) -> bool:
    """Whether the page's first readable row was seen on the page before: then nothing lies between."""
    first = next((key for key in page.keys if key), None)
    return first in known if first is not None else bool(page.rows)


class Tally:
    """How many different rows were seen, against how many iMIS says there are. Eight bytes a row."""

    def __init__(self, *, again: bool, before: tuple[int, int] | None) -> None:
        self.outcome = (0, 0)
        self._again = again
        self._before = before
        self._seen = array("q")
        self._nameless = 0
        self._steps_back = 0
        self._is_over = False

    def add(self, page: Decoded) -> None:
        self._seen.extend([hash(key) for key in page.keys if key])
        self._nameless += page.keys.count("")
        if not page.has_next:
            self.outcome = (len(set(self._seen)) + self._nameless, page.total)
            self._is_over = True

    def step_back(self, name: str) -> None:
        """Count a step back; a table that moves faster than it can be read ends in `BadAnswer`."""
        self._steps_back += 1
        if self._steps_back > STEPS_BACK:
            raise BadAnswer(f"{name}: rows move faster than they can be read. Run the sync at a calmer hour.")

    @property
    def is_short(self) -> bool:
        """Fewer than there should be, and not the same as last time.

        The same shortage twice means that the list repeats rows; nothing is missing then.
        """
        return (
            self._is_over
            and self._again
            and self.outcome[0] < self.outcome[1]
            and self.outcome != self._before
        )


def later(fetch: Callable[[int], Answer], offset: int) -> "Future[Answer]":
    """Fetch in a thread that does not keep the program alive."""
    future: Future[Answer] = Future()

    def work() -> None:
        try:
            future.set_result(fetch(offset))
        except BaseException as error:  # raised again where the result is asked for
            future.set_exception(error)

    threading.Thread(target=work, name="imis-next-page", daemon=True).start()
    return future
