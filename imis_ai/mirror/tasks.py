"""The jobs of the mirror, and the only place that opens the door to iMIS."""

from datetime import datetime, timedelta

from django.conf import settings
from django.utils import timezone

from imis_ai.imis import certificate, mapping
from imis_ai.imis.client import Client, names_from_settings
from imis_ai.imis.errors import ImisError
from imis_ai.imis.mapping import Check, MappingError
from imis_ai.imis.probe import Probe
from imis_ai.imis.route import from_settings
from imis_ai.jobs.actions import request
from imis_ai.jobs.progress import Progress
from imis_ai.jobs.registry import job
from imis_ai.mirror import actions, followers, permission, queries


@job(
    "mirror.sync",
    title="Read iMIS",
    refusals=(ImisError, MappingError, actions.Busy, actions.LeaseLost, actions.UnknownFeed),
)
def sync_now(
    progress: Progress, full: bool = False, resource: str | None = None, most_minutes: float = 50
) -> actions.SyncResult:
    """Read what changed, or all of it. What takes longer than `most_minutes` goes on in a job of its own."""
    now = timezone.now()
    with _client() as client:
        result = actions.sync(
            client=client,
            resources=[resource] if resource else None,
            full=full,
            now=now,
            progress=progress,
            most_seconds=60 * most_minutes,
        )
    if result.is_unfinished:
        request(name="mirror.sync", args={"resource": resource} if resource else {}, by=None, now=now)
    followers.call(timezone.now())
    return result


@job(
    "mirror.notices",
    title="Follow up change notifications",
    refusals=(ImisError, MappingError, actions.LeaseLost),
    is_quick=True,
)
def follow_up(progress: Progress) -> int:
    """Read again what iMIS told of. While a sync runs it does this itself, between two batches."""
    try:
        with _client() as client:
            done = actions.follow_up_alone(client=client, now=timezone.now())
    except actions.Busy:
        progress.note("Left to the sync that is running.")
        return 0
    followers.call(timezone.now())
    progress.note(f"{done:,} notifications followed up.")
    return done


@job("mirror.sweep", title="Compare all ids with iMIS", refusals=(ImisError, MappingError, actions.Busy))
def sweep_now(progress: Progress) -> actions.SyncResult:
    """The comparison that otherwise comes once a week."""
    with _client() as client:
        result = actions.sync(
            client=client, resources=[], sweep_too=True, now=timezone.now(), progress=progress
        )
    followers.call(timezone.now())
    return result


@job("mirror.quality", title="Count what is wrong or missing")
def count_problems(progress: Progress) -> int:
    """Part of the night, for the page on data quality."""
    found = actions.count_problems(today=timezone.localdate())
    progress.note(f"{found:,} rows have a problem.")
    return found


class Look:
    """A look at iMIS right before messages leave: each member every time, money and cases once a minute.

    `look(imis_id, now)` raises a child of ImisError. Without an address of iMIS it does nothing.
    """

    EACH = timedelta(minutes=1)

    def __init__(self) -> None:
        self._client: Client | None = None
        self._changes_at: datetime | None = None

    def __enter__(self) -> "Look":
        if settings.IMIS_URL:
            self._client = _client()
        return self

    def __exit__(self, *_: object) -> None:
        if self._client:
            self._client.close()
            self._client = None

    def __call__(self, imis_id: str, now: datetime) -> None:
        if self._client is None:
            return
        actions.freshen(client=self._client, imis_id=imis_id, now=now)
        if self._changes_at is None or now - self._changes_at > self.EACH:
            actions.freshen_changes(client=self._client, now=now)
            self._changes_at = now


def probe() -> list[Probe]:
    """What the configured account may read and write. Raises ImisError."""
    return examine()[0]


def examine() -> tuple[list[Probe], float | None]:
    """The same, and how many seconds one sign-in lasts. Raises ImisError."""
    with _client(stores=False) as client:
        return client.probe(), client.token_seconds


def check_mapping() -> list[Check]:
    """Dry run of the field mapping: the first page of every feed, nothing stored. Raises ImisError."""
    with _client(stores=False) as client:
        return client.check()


def certificate_until() -> datetime | None:
    """Until when the certificate of iMIS is good; None over plain http. Raises ImisError."""
    return certificate.good_until(
        settings.IMIS_URL, is_test_system=settings.IMIS_IS_TEST_SYSTEM, route=from_settings()
    )


def _client(*, stores: bool = True) -> Client:
    """The door to iMIS, without the fields that a person switched off.

    Raises NotSigned where something would be stored before somebody has signed for it.
    """
    client = Client.from_settings(names=mapping.without(names_from_settings(), queries.fields_off()))
    if stores:
        permission.refuse_unsigned()
    return client
