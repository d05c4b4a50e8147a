"""What the account may do, before the first sync: every endpoint asked harmlessly, nothing written."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

import msgspec

from imis_ai.imis.errors import BadAnswer, Denied
from imis_ai.imis.resources import IDS, RESOURCES, Resource
from imis_ai.imis.session import Answer

# entities that suggestions are written to once staff approve them, and what for
TARGETS = (
    ("activities", "/api/Activity", "logs outreach that staff approved"),
    ("insights", "/api/AI_MemberInsight", "stores scores for staff to see in iMIS"),
    ("groups", "/api/GroupMember", "puts members into segment groups"),
    ("notes", "/api/PartyNote", "adds notes that staff approved"),
)

REFUSALS = (Denied, BadAnswer)  # of one endpoint; anything else concerns iMIS as a whole
SCOPE = {
    True: ".",
    False: ": needs write scope. Everything that only reads works without it.",
    None: ": iMIS does not say whether the account may write here. Reading works.",
}


@dataclass(frozen=True)
class Probe:
    """One endpoint. `writable` is None where nothing is ever written or iMIS does not say."""

    resource: str
    path: str
    readable: bool
    writable: bool | None
    detail: str
    rows: int | None = None  # where iMIS says how many there are

    @property
    def state(self) -> str:
        """One word for lists."""
        return "writable" if self.writable else "readable" if self.readable else "denied"


class Getter(Protocol):
    def get(self, path: str, **params: str) -> Answer: ...


class Asker(Getter, Protocol):
    def ask(self, resource: Resource) -> int: ...

    def path(self, resource: Resource) -> str: ...


def probe(asker: Asker) -> list[Probe]:
    """One row of every resource read, every write target asked for permission. Raises if nothing answers."""
    return [*_reads(asker), *_writes(asker)]


def _reads(asker: Asker) -> Iterator[Probe]:
    for resource in [*RESOURCES.values(), IDS]:
        for each in (resource, *resource.also):
            rows: int | None = None
            try:
                rows = asker.ask(each)
                readable, detail = True, f"{resource.purpose}. {rows:,} rows."
            except REFUSALS as error:
                readable, detail = False, f"{resource.purpose}. {error}"
            yield Probe(
                each.name, asker.path(each), readable=readable, writable=None, detail=detail, rows=rows
            )


def _writes(asker: Asker) -> Iterator[Probe]:
    for name, path, purpose in TARGETS:
        try:
            asker.get(path, Limit="1")
        except REFUSALS as error:
            yield Probe(f"write:{name}", path, readable=False, writable=False, detail=f"{purpose}. {error}")
        else:
            writable = permission(asker, path)
            yield Probe(
                f"write:{name}", path, readable=True, writable=writable, detail=purpose + SCOPE[writable]
            )


def permission(asker: Getter, path: str) -> bool | None:
    """What `_haspermission` says about adding; None where the build does not know the question."""
    try:
        answer = msgspec.json.decode(asker.get(f"{path}/_haspermission/add").body)
    except (*REFUSALS, ValueError):
        return None
    if isinstance(answer, dict):
        answer = answer.get("$value", answer.get("Result"))
    return answer if isinstance(answer, bool) else None
