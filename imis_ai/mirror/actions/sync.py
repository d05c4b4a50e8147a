"""Reads iMIS into the mirror, feed by feed. The only loop over pages; rows and cursor move together."""

import math
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from django.db import transaction

from imis_ai.imis.errors import AuthFailed, ImisError, QuietHours, TooManyRequests, Unreachable
from imis_ai.imis.resources import RESOURCES, Resource
from imis_ai.jobs.progress import Progress
from imis_ai.mirror import followers
from imis_ai.mirror.actions import holds, lease, notices, prune, rejects, sweep
from imis_ai.mirror.actions.cursor import Cursor
from imis_ai.mirror.actions.save import Saved, mark_dirty, save
from imis_ai.mirror.ahead import ahead
from imis_ai.mirror.models import Feed
from imis_ai.mirror.upsert.lookups import Lookups

if TYPE_CHECKING:
    from imis_ai.imis.client import Client, Page

BATCH = 10_000
SECONDS = 2.0
SKEW = timedelta(seconds=60)
MOST_REFUSED = 0.01
FEW = 20
ENDS_THE_RUN = (AuthFailed, QuietHours, TooManyRequests, Unreachable)


class UnknownFeed(Exception):
    """There is no such feed."""


class TimeIsUp(Exception):
    """The run's time is over at the end of a batch."""


@dataclass
class FeedResult:
    """One feed of a run. `total`: iMIS' own count where all was read; `problem`: empty when it went well."""

    name: str
    rows: int = 0
    total: int | None = None
    inserted: int = 0
    changed: int = 0
    refused: int = 0
    gone: int = 0
    seconds: float = 0.0
    problem: str = ""


@dataclass
class SyncResult:
    """`problem` says why the run as a whole ended early; it is empty otherwise.

    `is_unfinished`: time was up, and the next run goes on where this one stopped.
    """

    feeds: list[FeedResult] = field(default_factory=list)
    requests: int = 0
    seconds: float = 0.0
    problem: str = ""
    is_unfinished: bool = False

    @property
    def failed(self) -> list[str]:
        return [feed.name for feed in self.feeds if feed.problem]


@dataclass
class _Run:
    """What every step of one run needs."""

    client: "Client"
    fence: int
    known: Lookups
    now: datetime
    progress: Progress
    batch: int
    started: float
    ends_at: float
    last_keys: frozenset[str] = frozenset()  # of the page before: the next one begins with some of them


def sync(
    *,
    client: "Client",
    resources: Iterable[str] | None = None,
    full: bool = False,
    sweep_too: bool = False,
    now: datetime,
    progress: Progress,
    batch: int = BATCH,
    most_seconds: float = math.inf,
) -> SyncResult:
    """Read what changed in every feed, or in `resources`; with `full` everything again.

    All ids are compared once a week, with `full`, and with `sweep_too`.
    Goes on where an interrupted run stopped. A feed that fails keeps its cursor and the others go on, unless
    iMIS as a whole does not answer. Raises Busy, LeaseLost, UnknownFeed, and what `progress.checkpoint`
    raises.
    """
    chosen = _chosen(resources)
    started, before = time.monotonic(), client.requests
    result = SyncResult()
    with lease.held() as fence:
        if full:
            Cursor.want_whole([resource.name for resource in chosen])
        run = _Run(client, fence, Lookups(), now, progress, batch, started, started + most_seconds)
        try:
            wants_sweep = sweep_too or (resources is None and (full or sweep.is_due(now=now)))
            for step in _steps(run, chosen, wants_sweep=wants_sweep):
                result.feeds.append(feed := FeedResult(step.name))
                if ended := _try(run, step, feed):
                    result.problem = ended
                    break
        except TimeIsUp:
            result.is_unfinished = True
        finally:
            ended = now + timedelta(seconds=time.monotonic() - started)
            mark_dirty(members=run.known.dirty, now=ended)  # a scoring meanwhile has not seen all of it
    result.requests = client.requests - before
    result.seconds = round(time.monotonic() - started, 2)
    progress.note(summary(result=result))
    return result


def summary(*, result: SyncResult) -> str:
    """One sentence for staff."""
    if result.problem:
        return result.problem
    if result.is_unfinished:
        return "Time is up for now; everything read so far is stored, and the next run goes on from there."
    changed = sum(feed.inserted + feed.changed for feed in result.feeds)
    text = f"{changed:,} new or changed rows in {len(result.feeds)} feeds, {result.requests:,} requests."
    return f"{text} Not read: {', '.join(result.failed)}." if result.failed else text


def _chosen(resources: Iterable[str] | None) -> list[Resource]:
    names = list(RESOURCES if resources is None else resources)
    if unknown := [name for name in names if name not in RESOURCES]:
        raise UnknownFeed(f"There is no feed {', '.join(unknown)}. Choose from: {', '.join(RESOURCES)}.")
    # erased and merged ids right after the members, so that no row of theirs waits for an owner
    order = [name for name in RESOURCES if name != "deletions"]
    order.insert(order.index("members") + 1, "deletions")
    return [RESOURCES[name] for name in order if name in names]


@dataclass(frozen=True)
class _Step:
    name: str
    work: Callable[[FeedResult], None]


def _steps(run: _Run, chosen: list[Resource], *, wants_sweep: bool) -> Iterator[_Step]:
    paused = set(Feed.objects.filter(is_paused=True).values_list("name", flat=True))
    for resource in chosen:
        if resource.name not in paused:
            yield _Step(resource.name, lambda feed, resource=resource: _read(run, resource, feed))
    if wants_sweep and sweep.FEED not in paused:
        yield _Step(sweep.FEED, lambda feed: _sweep(run, feed))


def _try(run: _Run, step: _Step, feed: FeedResult) -> str:
    """Do one feed; returns why the whole run must end, or nothing."""
    started = time.monotonic()
    run.progress.stage(step.name)
    row, _ = Feed.objects.get_or_create(name=step.name)
    Feed.objects.filter(name=step.name).update(last_try_at=run.now)
    ended = ""
    try:
        step.work(feed)
    except ImisError as problem:
        feed.problem = str(problem)
        ended = feed.problem if isinstance(problem, ENDS_THE_RUN) else ""
    except holds.Held as problem:
        feed.problem = str(problem)
        holds.hold(problem=problem, name=step.name)
    feed.seconds = round(time.monotonic() - started, 2)
    _note_health(row.name, feed, run.now)
    return ended


def _note_health(name: str, feed: FeedResult, now: datetime) -> None:
    held = Feed.objects.filter(name=name, health=Feed.Health.HELD)
    if feed.problem:
        held.update(message=feed.problem)
        Feed.objects.filter(name=name).exclude(health=Feed.Health.HELD).update(
            health=Feed.Health.FAILED, message=feed.problem
        )
        return
    Feed.objects.filter(name=name).exclude(health=Feed.Health.HELD).update(
        health=Feed.Health.FRESH,
        message="",
        **({} if feed.total is None else {"rows": feed.total}),
        changed=feed.inserted + feed.changed,
        last_success_at=now,
    )


def _read(run: _Run, resource: Resource, feed: FeedResult) -> None:
    """One resource to its end, from where the last run stopped."""
    cursor = Cursor.load(resource)
    run.last_keys, begun_at = frozenset(), cursor.offset
    seen = prune.Seen() if cursor.is_whole and not cursor.offset else None
    pages = ahead(run.client.pages(resource, cursor.since, offset=cursor.offset))
    for part in _parts(pages, run.batch):
        run.progress.checkpoint()
        run.progress.stage(resource.name, total=part[-1].total)
        _check_clock(resource, cursor, part[0])
        before = feed.rows
        _save_part(run, resource, cursor, part, feed)
        if seen is not None:
            seen.add(part)
        run.progress.advance(feed.rows - before)
        _follow_up(run)
        # the last page is read again on resuming: stopping before a second one would never get anywhere
        if time.monotonic() > run.ends_at and not cursor.is_over and cursor.offset > begun_at:
            raise TimeIsUp
    if cursor.is_whole:
        feed.total = part[-1].total
    if seen is not None:
        feed.gone = _prune(run, resource, seen)
    _check_refused(resource, feed)


def _follow_up(run: _Run) -> None:
    """What iMIS told of meanwhile does not wait for the end of the run, nor do the scores that follow."""
    now = run.now + timedelta(seconds=time.monotonic() - run.started)
    if notices.follow_up(client=run.client, now=now, known=run.known, fence=run.fence):
        followers.call(now)


def _parts(pages: Iterable["Page"], batch: int) -> Iterator[list["Page"]]:
    """Pages together until there are enough rows, or two seconds have passed, for one transaction."""
    part: list[Page] = []
    rows, since = 0, time.monotonic()
    for page in pages:
        part.append(page)
        rows += len(page.keys)
        if rows >= batch or not page.has_next or time.monotonic() - since > SECONDS:
            yield part
            part, rows, since = [], 0, time.monotonic()
    if part:
        yield part


def _save_part(run: _Run, resource: Resource, cursor: Cursor, part: list["Page"], feed: FeedResult) -> None:
    """Rows, rejects and cursor in one transaction: killed before or after it, nothing is lost or doubled."""
    records = [record for page in part for record in page.records]
    unread = [(reject.key, reject.reason, reject.raw) for page in part for reject in page.rejects]
    with transaction.atomic():
        saved = save(records=records, feed=resource.name, now=run.now, fence=run.fence, known=run.known)
        rejects.keep_unread(feed=resource.name, unread=unread, now=run.now)
        cursor.move(part, records, run.now)
        cursor.store()
    _count(feed, saved, len(unread))
    for page in part:
        keys = frozenset(page.keys)
        feed.rows += len(page.keys) - len(keys & run.last_keys)
        run.last_keys = keys


def _count(feed: FeedResult, saved: Saved, unread: int) -> None:
    feed.inserted += saved.inserted
    feed.changed += saved.changed
    feed.refused += saved.rejected + unread


def _check_clock(resource: Resource, cursor: Cursor, page: "Page") -> None:
    """iMIS restored from an older backup shows as a cursor that is ahead of its clock. Raises Held."""
    if cursor.high and page.started_at and cursor.high > page.started_at + SKEW:
        text = (
            f"We have read {resource.name} up to {cursor.high:%Y-%m-%d %H:%M} UTC, but iMIS' clock says"
            f" {page.started_at:%Y-%m-%d %H:%M} UTC. Was iMIS restored from a backup? Then release this feed:"
            " it is read again as a whole."
        )
        raise holds.Held(text)


def _prune(run: _Run, resource: Resource, seen: prune.Seen) -> int:
    with transaction.atomic():
        run.known.start(lease.lock(fence=run.fence))
        return prune.prune(name=resource.name, seen=seen, now=run.now)


def _check_refused(resource: Resource, feed: FeedResult) -> None:
    if feed.refused > FEW and feed.refused > MOST_REFUSED * feed.rows:
        feed.problem = (
            f"{feed.refused:,} of {feed.rows:,} rows of {resource.name} were refused. The rest is stored."
            " Open the refused rows; often a column has another name here than in the mapping."
        )


def _sweep(run: _Run, feed: FeedResult) -> None:
    outcome = sweep.sweep(client=run.client, now=run.now, known=run.known, fence=run.fence)
    feed.rows, feed.gone, feed.inserted = outcome.ids, outcome.gone, outcome.found
    feed.total = outcome.ids
