"""The hand that writes to one iMIS, under an account of its own."""

import os
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any

import httpx2
import msgspec

from imis_ai.imis.budget import Budget
from imis_ai.imis.client import names_from_settings
from imis_ai.imis.errors import BadAnswer, NoWriteAccount
from imis_ai.imis.parse.context import Context
from imis_ai.imis.parse.page import Damaged, decode_one
from imis_ai.imis.parse.values import Unreadable
from imis_ai.imis.records import Member
from imis_ai.imis.resources import RESOURCES
from imis_ai.imis.route import PUBLIC, Route, from_settings
from imis_ai.imis.session import Session
from imis_ai.imis.targets import Names
from imis_ai.imis.targets.values import Fields
from imis_ai.imis.writes.rows import Row, read
from imis_ai.imis.writes.shapes import KEEPERS, Gate, Keeper

NEEDED = (
    "Writing to iMIS needs a write account. Set IMIS_WRITE_USERNAME and IMIS_WRITE_PASSWORD; until then "
    "everything that only reads works, and approved changes wait."
)


@dataclass(frozen=True)
class Live:
    """A member as iMIS has it at this moment."""

    member: Member
    raw: dict[str, Any]


class Writer:
    """Looks at and writes whitelisted targets. `names` are the association's names for them."""

    def __init__(
        self,
        *,
        base_url: str,
        username: str,
        password: str | Callable[[], str],
        context: Context,
        names: Names | None = None,
        is_test_system: bool = False,
        requests_per_minute: int = 60,
        quiet_hours: str = "",
        clock: Callable[[], float] = time.time,
        sleep: Callable[[float], None] = time.sleep,
        transport: httpx2.BaseTransport | None = None,
        route: Route = PUBLIC,
    ) -> None:
        self.names = names or Names()
        self.context = context
        self.session = Session(
            base_url=base_url,
            username=username,
            password=password,
            is_test_system=is_test_system,
            budget=Budget(
                per_minute=requests_per_minute,
                quiet_hours=quiet_hours,
                zone=context.zone,
                clock=clock,
                sleep=sleep,
            ),
            clock=clock,
            transport=transport,
            route=route,
        )

    @classmethod
    def from_settings(cls, *, names: Names, **changes: Any) -> "Writer":
        """The configured iMIS under the write account. Raises NoWriteAccount."""
        from django.conf import settings  # noqa: PLC0415  the package itself knows no framework

        if not (settings.IMIS_URL and settings.IMIS_WRITE_USERNAME):
            raise NoWriteAccount(NEEDED)
        return cls(
            **{
                "base_url": settings.IMIS_URL,
                "username": settings.IMIS_WRITE_USERNAME,
                "password": _password(settings.IMIS_WRITE_PASSWORD),
                "context": names_from_settings().context,
                "names": names,
                "is_test_system": settings.IMIS_IS_TEST_SYSTEM,
                "requests_per_minute": settings.IMIS_REQUESTS_PER_MINUTE,
                "quiet_hours": settings.IMIS_QUIET_HOURS,
                "route": from_settings(),
            }
            | changes
        )

    def __repr__(self) -> str:
        return f"<Writer to {self.session.url.host}>"

    def __enter__(self) -> "Writer":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.session.close()

    def party(self, imis_id: str) -> Live | None:
        """The member now, or None when iMIS has no such contact any more: deleted, or merged away."""
        raw = read(self.session, f"/api/Party/{imis_id}")
        if raw is None:
            return None
        member = self._member(raw, imis_id)
        return None if member.is_deleted else Live(member, raw)

    def _member(self, raw: dict[str, Any], imis_id: str) -> Member:

        try:
            found = decode_one(msgspec.json.encode(raw), RESOURCES["members"].shape, self.context)
        except (Damaged, Unreadable) as error:
            raise BadAnswer(f"Party {imis_id}: {error}. It is looked at again later.") from None
        return next(each for each in found if isinstance(each, Member))

    def current(self, target: str, imis_id: str, fields: Fields) -> Row | None:
        """The row that these fields would change."""
        return self.keeper(target).current(imis_id, fields)

    def find(self, target: str, imis_id: str, reference: str) -> Row | None:
        """What was written under this reference. Raises NotFindable where nobody can tell."""
        return self.keeper(target).find(imis_id, reference)

    def put(
        self, target: str, imis_id: str, fields: Fields, reference: str, row: Row | None, gate: Gate
    ) -> str:
        """Write once. Returns the key. Raises NotApplied, Ambiguous, or what `gate` raises."""
        return self.keeper(target).put(imis_id, fields, reference, row, gate)

    def remove(self, target: str, row: Row, gate: Gate) -> None:
        """Take back a row of ours. Raises as `put`."""
        self.keeper(target).remove(row, gate)

    def group_size(self, group: str) -> int:
        """How many members a group has now."""
        page = read(self.session, "/api/GroupMember", [("GroupId", group), ("Limit", "1")]) or {}
        return int(page.get("TotalCount") or 0)

    def references(self, target: str, since: str) -> Iterator[tuple[str, str]]:
        """(reference, key) of everything of ours in a target, where the site can list it."""
        return self.keeper(target).references(since)

    def keeper(self, target: str) -> Keeper:
        found = self.names.target(target)
        return KEEPERS[found.shape](self.session, found, self.context.zone)


def _password(configured: str) -> str | Callable[[], str]:
    path = os.environ.get("IMIS_WRITE_PASSWORD_FILE", "")
    return (lambda: Path(path).read_text().strip()) if path else configured
