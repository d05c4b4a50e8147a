"""What the account may do, before the first sync: every endpoint asked harmlessly, nothing written."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

import msgspec

from imis_ai.imis.errors import AuthFailed, Denied, ImisError, QuietHours, TooManyRequests, Unreachable
from imis_ai.imis.resources import IDS, RESOURCES, Resource
from imis_ai.imis.session import Answer

# entities that suggestions are written to once staff approve them, and what for
TARGETS = (
    ("activities", "/api/Activity", "logs outreach that staff approved"),
    ("insights", "/api/AI_MemberInsight", "stores scores for staff to see in iMIS"),
    ("groups", "/api/GroupMember", "puts members into segment groups"),
    ("notes", "/api/PartyNote", "adds notes that staff approved"),
)


@dataclass(frozen=True)
class Probe:
    """One endpoint. `writable` is None where nothing is ever written or iMIS does not say."""

    resource: str
    path: str
    readable: bool
    writable: bool | None
    detail: str

    @property
    def state(self) -> str:
        """One word for lists."""
        return "writable" if self.writable else "readable" if self.readable else "denied"


class Asker(Protocol):
    def ask(self, resource: Resource) -> int: ...

    def get(self, path: str, **params: str) -> Answer: ...

    def path(self, resource: Resource) -> str: ...


def probe(asker: Asker) -> list[Probe]:
    """Every resource read once with one row, every write target asked for permission only. Raises when
    nothing answers.
    """
    return [*_reads(asker), *_writes(asker)]


def _reads(asker: Asker) -> Iterator[Probe]:
    for resource in [*RESOURCES.values(), IDS]:
        for each in (resource, *resource.also):
            path = asker.path(each)
            try:
                total = asker.ask(each)
            except (AuthFailed, QuietHours, TooManyRequests, Unreachable):
                raise
            except ImisError as error:
                yield Probe(
                    each.name, path, readable=False, writable=None, detail=f"{resource.purpose}. {error}"
                )
            else:
                yield Probe(
                    each.name,
                    path,
                    readable=True,
                    writable=None,
                    detail=f"{resource.purpose}. {total:,} rows.",
                )


def _writes(asker: Asker) -> Iterator[Probe]:
    for name, path, purpose in TARGETS:
        readable, writable, detail = True, _permission(asker, path), purpose
        if not writable:
            detail = f"{purpose}: needs write scope. Everything that only reads works without it."
        try:
            asker.get(path, Limit="1")
        except Denied as error:
            readable, writable, detail = False, False, f"{purpose}. {error}"
        except ImisError as error:
            readable, detail = False, f"{purpose}. {error}"
        yield Probe(f"write:{name}", path, readable=readable, writable=writable, detail=detail)


def _permission(asker: Asker, path: str) -> bool | None:
    """What `_haspermission` says about adding; None where the build does not know the question."""
    try:
        answer = msgspec.json.decode(asker.get(f"{path}/_haspermission/add").body)
    except (ImisError, ValueError):
        return None
    if isinstance(answer, dict):
        answer = answer.get("$value", answer.get("Result"))
    return answer if isinstance(answer, bool) else None
