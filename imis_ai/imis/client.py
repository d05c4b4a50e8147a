"""The door to iMIS for reading: pages of records, one record again, all ids, and what the account may do."""

import datetime as dt
import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import TracebackType
from typing import Any
from urllib.parse import quote

import httpx2

from imis_ai.imis import mapping, probe
from imis_ai.imis.budget import Budget
from imis_ai.imis.errors import (
    AuthFailed,
    BadAnswer,
    Denied,
    ImisError,
    QuietHours,
    Refused,
    TooManyRequests,
    Unreachable,
)
from imis_ai.imis.paging import Page, Stream
from imis_ai.imis.parse.page import Damaged, Decoded, Rejected, convert, decode, decode_one
from imis_ai.imis.parse.values import Unreadable
from imis_ai.imis.probe import Probe
from imis_ai.imis.records import Record
from imis_ai.imis.resources import IDS, Resource
from imis_ai.imis.route import PUBLIC, Route, from_settings
from imis_ai.imis.session import Answer, Session

__all__ = [
    "AuthFailed",
    "BadAnswer",
    "Client",
    "Denied",
    "ImisError",
    "Page",
    "Probe",
    "QuietHours",
    "Refused",
    "Rejected",
    "TooManyRequests",
    "Unreachable",
]

LARGEST_PAGE = 500  # iMIS cuts silently above it
PROMPT = "Parameter"


class Client:
    """Reads one iMIS. Nothing here writes to it; the only POST is the sign-in.

    `names` are the names and the time zone of the site; without them they come from the settings.
    `clock` gives seconds since 1970 and `sleep` waits; both are for tests. `requests` counts what was sent.
    """

    def __init__(
        self,
        *,
        base_url: str,
        username: str,
        password: str | Callable[[], str],
        is_test_system: bool = False,
        requests_per_minute: int = 60,
        quiet_hours: str = "",
        page_size: int = LARGEST_PAGE,
        names: mapping.Names | None = None,
        clock: Callable[[], float] = time.time,
        sleep: Callable[[float], None] = time.sleep,
        transport: httpx2.BaseTransport | None = None,
        route: Route = PUBLIC,
    ) -> None:
        self.mapping = names or names_from_settings()
        self._page_size = max(1, min(page_size, LARGEST_PAGE))
        zone = self.mapping.context.zone
        self._session = Session(
            base_url=base_url,
            username=username,
            password=password,
            is_test_system=is_test_system,
            budget=Budget(
                per_minute=requests_per_minute, quiet_hours=quiet_hours, zone=zone, clock=clock, sleep=sleep
            ),
            clock=clock,
            transport=transport,
            route=route,
        )

    @classmethod
    def from_settings(cls, **changes: Any) -> "Client":
        """The configured iMIS.

        A password in a file (IMIS_PASSWORD_FILE) is read at each sign-in, so it may be rotated.
        """
        from django.conf import settings  # noqa: PLC0415  the package itself knows no framework

        return cls(
            **{
                "base_url": settings.IMIS_URL,
                "username": settings.IMIS_USERNAME,
                "password": _password(settings.IMIS_PASSWORD),
                "is_test_system": settings.IMIS_IS_TEST_SYSTEM,
                "requests_per_minute": settings.IMIS_REQUESTS_PER_MINUTE,
                "quiet_hours": settings.IMIS_QUIET_HOURS,
                "route": from_settings(),
                "page_size": settings.IMIS_PAGE_SIZE,
            }
            | changes
        )

    def __repr__(self) -> str:
        return f"<Client of {self._session.url.host}>"

    def __enter__(self) -> "Client":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        self._session.close()

    @property
    def requests(self) -> int:
        return self._session.requests

    @property
    def token_seconds(self) -> float | None:
        """How long iMIS lets one sign-in last; None before the first."""
        return self._session.token_seconds

    def pages(
        self, resource: Resource, since: dt.datetime | None = None, *, offset: int = 0
    ) -> Iterator[Page]:
        """The records of one resource, whole or changed since `since`.

        `since` is aware, and the caller has taken `resource.overlap` off. The next page is fetched while the
        caller works on this one. `offset` resumes an interrupted reading at a row.
        Raises a child of `ImisError`; pages that were handed out before stay good.
        """
        parts = (resource, *resource.also)
        for part in parts:
            stream = self._stream(part, since)
            for page in stream.pages(offset if len(parts) == 1 else 0):
                yield page if part is parts[-1] else _more(page)

    def ids(self) -> Iterator[list[str]]:
        """Every member id that iMIS has now, page by page."""
        for page in self._stream(IDS, None).pages():
            yield [key for key in page.keys if key]

    def one(self, resource: Resource, key: str) -> list[Record]:
        """One record read again, or nothing when iMIS no longer has it.

        Raises ValueError for a resource that comes from a query, because a query has no single rows.
        """
        path = self.mapping.path(resource)
        if path.startswith("$"):
            raise ValueError(
                f"{resource.name} comes from a query and has no single rows: read its changes instead."
            )
        try:
            answer = self._session.get(*_identity(path, key))
            return decode_one(answer.body, resource.shape, self.mapping.context)
        except Denied as error:
            if error.status == 404:
                return []
            raise
        except (Damaged, Unreadable) as error:
            raise BadAnswer(f"{resource.name}: {error}. The next full read tries again.") from None

    def probe(self) -> list[Probe]:
        """What the account may read and write, endpoint by endpoint. Reads a row of each, writes nothing."""
        return probe.probe(self)

    def check(self) -> list[mapping.Check]:
        """Dry run of the mapping: the first page of every resource against the names in force."""
        return mapping.check(self)

    def first_page(self, resource: Resource) -> tuple[Decoded, list[str]]:
        """The first page as decoded, with the reasons of its rejects."""
        answer = self._fetch(resource, None, 0, self._page_size)
        context = self.mapping.context
        try:
            page = decode(answer.body, resource.shape, context, 0)
        except Damaged as damage:
            raise BadAnswer(f"{resource.name}: {damage}.") from None
        _, rejects = convert(page, resource.shape, context, off=frozenset(), known=frozenset())
        return page, [each.reason for each in rejects]

    def ask(self, resource: Resource) -> int:
        """How many rows iMIS says there are, from a page of one row."""
        answer = self._fetch(resource, None, 0, 1)
        try:
            return decode(answer.body, resource.shape, self.mapping.context, 0).total
        except Damaged as damage:
            raise BadAnswer(f"{resource.name}: {damage}.") from None

    def get(self, path: str, **params: str) -> Answer:
        return self._session.get(path, tuple(params.items()))

    def path(self, resource: Resource) -> str:
        return self.mapping.path(resource)

    def _stream(self, resource: Resource, since: dt.datetime | None) -> Stream:
        return Stream(
            name=resource.name,
            fetch=lambda offset: self._fetch(resource, since, offset, self._page_size),
            shape=resource.shape,
            context=self.mapping.context,
            off=self.mapping.context.off.get(resource.name, frozenset()),
        )

    def _fetch(self, resource: Resource, since: dt.datetime | None, offset: int, limit: int) -> Answer:
        path = self.mapping.path(resource)
        params = list(resource.filters)
        if path.startswith("$"):
            path, params = self.mapping.query_route, [("QueryName", path), *params]
        if resource.since_param and since is not None:
            params.append(
                (resource.since_param, "ge:" + mapping.earliest_text(since, self.mapping.context.zone))
            )
        elif resource.since_param == PROMPT:
            params.append((PROMPT, ""))  # a prompt wants its place even when it is left empty
        return self._session.get(path, [*params, ("Offset", str(offset)), ("Limit", str(limit))])


def names_from_settings() -> mapping.Names:
    """Time zone and mapping file of the configured site. Raises `mapping.MappingError`."""
    from django.conf import settings  # noqa: PLC0415  the package itself knows no framework

    return mapping.load(time_zone=settings.TIME_ZONE, path=settings.IMIS_MAPPING_FILE)


def _password(configured: str) -> str | Callable[[], str]:
    path = os.environ.get("IMIS_PASSWORD_FILE", "")
    return (lambda: Path(path).read_text().strip()) if path else configured


def _identity(path: str, key: str) -> tuple[str, tuple[tuple[str, str], ...]]:
    """`/api/Party/101`; an id that would need escapes goes into the query string, as iMIS wants it."""
    if quote(key, safe="") == key:
        return f"{path}/{key}", ()
    return path, (("EntityId", key),)


def _more(page: Page) -> Page:
    """The last page of a part is not the last of the resource."""
    return page if page.has_next else Page(**{**vars(page), "has_next": True})
