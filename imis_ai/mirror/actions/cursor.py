"""How far a feed is read. Stored in `Feed.cursor`, in the transaction of the rows it covers.

`high` is iMIS' own time up to which all is read. `pull` describes a reading that is under way: since when,
from which row on, when it began and the newest change it has seen.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from imis_ai.imis.records import Record
from imis_ai.imis.resources import Resource
from imis_ai.mirror.models import Feed

if TYPE_CHECKING:
    from imis_ai.imis.client import Page


@dataclass
class Cursor:
    resource: Resource
    since: datetime | None = None
    offset: int = 0
    high: datetime | None = None
    started_at: datetime | None = None
    newest: datetime | None = None
    is_over: bool = False
    others: dict = field(default_factory=dict)

    @classmethod
    def load(cls, resource: Resource) -> "Cursor":
        """Where to go on: an interrupted reading, else what changed since `high`, else everything."""
        stored = dict(Feed.objects.filter(name=resource.name).values_list("cursor", flat=True).first() or {})
        high, pull = _time(stored.pop("high", None)), stored.pop("pull", None)
        wants_whole = stored.pop("wants_whole", False)
        if pull and (pull["since"] is None or not wants_whole):
            return cls(
                resource,
                since=_time(pull["since"]),
                offset=pull["offset"],
                high=high,
                started_at=_time(pull["started_at"]),
                newest=_time(pull["newest"]),
                others=stored,
            )
        can_ask = any(part.since_param for part in (resource, *resource.also))
        since = high - resource.overlap if high and can_ask and not wants_whole else None
        return cls(resource, since=since, high=high, others=stored)

    @staticmethod
    def want_whole(names: list[str]) -> None:
        """Have these feeds read as a whole next time; one that is being read so already goes on."""
        for name in names:
            feed, _ = Feed.objects.get_or_create(name=name)
            feed.cursor = {**feed.cursor, "wants_whole": True}
            feed.save(update_fields=["cursor"])

    @property
    def is_whole(self) -> bool:
        """Whether this reading sees every row that iMIS has."""
        return self.since is None

    def move(self, part: Sequence["Page"], records: Sequence[Record], now: datetime) -> None:
        """Take these pages into account; after the last one, move `high`."""
        self.started_at = self.started_at or part[0].started_at or now
        changes = [record.updated_on for record in records if record.updated_on]
        self.newest = max(filter(None, [self.newest, *changes]), default=None)
        self.is_over = not part[-1].has_next
        if not self.is_over:
            # the page is read again on resuming, which covers rows that moved meanwhile
            self.offset = 0 if self.resource.also else part[-1].offset
        elif self.resource.strategy == "updated":
            # never past the start: a row may have changed after it was read here
            self.high = min(self.newest, self.started_at) if self.newest else self.high
        else:
            self.high = self.started_at

    def store(self) -> None:
        stored = dict(self.others)
        if self.high:
            stored["high"] = _text(self.high)
        if not self.is_over:
            stored["pull"] = {
                "since": _text(self.since),
                "offset": self.offset,
                "started_at": _text(self.started_at),
                "newest": _text(self.newest),
            }
        Feed.objects.filter(name=self.resource.name).update(cursor=stored)


def _time(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


def _text(moment: datetime | None) -> str | None:
    return moment.astimezone(UTC).isoformat() if moment else None
