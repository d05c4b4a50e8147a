"""From a request to an answer: routes, paging, errors, and the guards around them.

Knows nothing of sockets.
"""

import datetime as dt
import re
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

import msgspec

from imis_ai.sandbox import filters, queries, wire
from imis_ai.sandbox.accounts import ACCOUNTS, Account, Tokens
from imis_ai.sandbox.catalogue import build, panel
from imis_ai.sandbox.control import Control
from imis_ai.sandbox.entities.base import Entity
from imis_ai.sandbox.execute import execute
from imis_ai.sandbox.faults import Cut, Faults
from imis_ai.sandbox.notifications import Notifier
from imis_ai.sandbox.store import Store
from imis_ai.sandbox.usage import Usage

PAGE, CAP = 100, 500
CONTROLS = {"offset", "limit", "orderby", "entityid", "queryname", "querypath", "parameter", "phrase"}


@dataclass
class Call:
    """One request, taken apart."""

    method: str
    path: str
    query: list[tuple[str, str]] = field(default_factory=list)
    body: bytes = b""
    authorization: str = ""
    user: Account | None = None

    @property
    def target(self) -> str:
        """Path and query, decoded."""
        return self.path + "".join(f"&{k}={v}" for k, v in self.query)

    def at_offset(self, offset: int) -> "Call":
        query = [(k, v) for k, v in self.query if k.lower() != "offset"] + [("offset", str(offset))]
        return Call(self.method, self.path, query, self.body, self.authorization)

    @property
    def parts(self) -> list[str]:
        return [p for p in self.path.split("/") if p]

    def value(self, name: str, default: str = "") -> str:
        return next((v for k, v in self.query if k.lower() == name), default)

    def json(self) -> dict[str, Any]:
        """The body as an object; raises the 400 refusal."""
        try:
            found = msgspec.json.decode(self.body)
        except msgspec.DecodeError as error:
            raise wire.Refusal(
                400, wire.http_error("The request is invalid: no readable JSON body.")
            ) from error
        if not isinstance(found, dict):
            raise wire.Refusal(400, wire.http_error("The request is invalid: an object was expected."))
        return found


def call(method: str, target: str, body: bytes = b"", authorization: str = "") -> Call:
    """A Call from a raw request target."""
    pieces = urlsplit(target)
    path = re.sub("/{2,}", "/", pieces.path)
    return Call(method, path, parse_qsl(pieces.query, keep_blank_values=True), body, authorization)


class App:
    """The site. `answer` never raises except Cut, which means: close the connection."""

    def __init__(self, make: Callable[[], Store]) -> None:
        self.make = make
        self.writing = threading.RLock()
        self.failures: list[str] = []  # requests that the sandbox itself could not digest
        self.setup(make())

    def setup(self, store: Store) -> None:
        """Build everything that depends on the store, then write its journal into it again."""
        self.store = store
        self.notifier = Notifier(store)
        store.announce = self.notifier.changed
        self.tokens = Tokens(store)
        self.entities: dict[str, Entity] = build(store)
        self.results = queries.Results(store)
        self.usage, self.faults = Usage(store), Faults(self)
        self.control = Control(self)
        self._replay()

    def reset(self) -> None:
        """The association as it was generated; written things and the journal are gone."""
        with self.writing:
            if self.store.journal:
                self.store.journal.unlink(missing_ok=True)
            self.setup(self.make())

    def _replay(self) -> None:
        """Do again what the journal says, at the times it says."""
        clock = self.store.clock
        for entry in self.store.journalled():
            clock.fixed = dt.datetime.fromisoformat(entry["at"])
            if entry["method"] == "EDIT":
                self.control.edits.apply(entry["body"])
            elif entry["method"] in {"POST", "PUT", "DELETE"}:
                body = msgspec.json.encode(entry["body"]) if entry["body"] is not None else b""
                again = Call(entry["method"], entry["path"], [tuple(q) for q in entry["query"]], body)
                again.user = ACCOUNTS.get(entry["user"])
                self.api(
                    again,
                    again.parts[again.parts.index("api") + 1 :] if "api" in again.parts else again.parts[1:],
                )
        clock.fixed = None

    def answer(self, request: Call) -> wire.Answer:
        """Everything but the control plane passes the fault plan and the usage guard."""
        try:
            if request.parts[:1] == ["_sandbox"]:
                return self.control.answer(request)
            with self.usage.during(request):
                return self.faults.around(request, self._site)
        except wire.Refusal as refusal:
            return refusal.answer
        except Cut:
            raise
        except Exception as error:  # what a real site does with a payload it cannot digest
            self.failures.append(repr(error))
            return wire.Answer(
                500, wire.encode(wire.http_error("An error occurred. Please contact the administrator."))
            )

    def _site(self, request: Call) -> wire.Answer:
        parts = request.parts
        at = next((i for i, p in enumerate(parts) if p.lower() in {"api", "token"}), None)
        if at is None:
            raise wire.Refusal(404, wire.http_error("Not found."))
        if parts[at].lower() == "token":
            return self.tokens.grant(request.body)
        request.user = self.tokens.account(request.authorization)
        return self.api(request, parts[at + 1 :])

    def api(self, request: Call, parts: list[str]) -> wire.Answer:
        """A call under /api/ by a known account."""
        if not parts:
            raise wire.Refusal(404, wire.http_error("Not found."))
        name = parts[0].lower()
        if name in {"query", "iqa"} and request.method == "GET":
            return self._query(request, flat=name == "query")
        if name == "metadata":
            raise wire.Refusal(501, wire.http_error("Metadata is not implemented for this entity."))
        entity = self.entities.get(name) or panel(self.store, name)
        if entity is None:
            raise wire.Refusal(
                404, wire.http_error(f"No HTTP resource was found that matches the entity type '{parts[0]}'.")
            )
        if request.method == "GET":
            return self._read(request, entity, parts[1:])
        return self._write(request, entity, parts[1:])

    def _paging(self, request: Call) -> tuple[int, int]:
        try:
            offset, limit = int(request.value("offset", "0") or 0), int(request.value("limit", "0") or 0)
        except ValueError as error:
            raise wire.Refusal(
                400, wire.http_error("ArgumentFault: Offset and Limit are whole numbers.")
            ) from error
        return max(offset, 0), min(limit, CAP) if limit > 0 else PAGE

    def _query(self, request: Call, *, flat: bool) -> wire.Answer:
        query = self.results.lookup(request.value("queryname") or request.value("querypath"))
        offset, limit = self._paging(request)
        parameters = [v for k, v in request.query if k.lower() == "parameter"]
        named = [(k, v) for k, v in request.query if k.lower() not in CONTROLS]
        try:
            rows, total = self.results.read(query, parameters, named, offset, limit)
        except ValueError as error:
            raise wire.Refusal(400, wire.http_error(f"ArgumentFault: {error}")) from error
        items = rows if flat else self.results.generic(query, rows, offset)
        kind = wire.ROW if flat else wire.GENERIC
        return wire.Answer(200, wire.encode(wire.page(kind, items, offset, limit, total)))

    def _read(self, request: Call, entity: Entity, rest: list[str]) -> wire.Answer:
        elements = identity(rest[0]) if rest else identity_of(request)
        if len(rest) == 2 and rest[1].lower() == "changelog":
            raise wire.Refusal(500, wire.http_error("An error occurred. Please contact the administrator."))
        if rest and rest[0].lower().startswith("_haspermission"):
            return wire.Answer(
                200,
                wire.encode(bool(request.user and (request.user.may_write or rest[-1].lower() == "read"))),
            )
        if elements:
            return wire.Answer(200, wire.encode(entity.get(elements)))
        offset, limit = self._paging(request)
        conditions = [filters.parse(k, v) for k, v in request.query if k.lower() not in CONTROLS]
        key, _, direction = request.value("orderby").partition(":")
        found = entity.find(conditions, key.split("|")[0], direction.lower().startswith("desc"))
        items = entity.render(found[offset : offset + limit])
        return wire.Answer(200, wire.encode(wire.page(entity.item_type, items, offset, limit, len(found))))

    def _write(self, request: Call, entity: Entity, rest: list[str]) -> wire.Answer:
        user = request.user
        verb = rest[0].lower() if rest and rest[0].startswith("_") else ""
        if user is None or (not user.may_write and verb not in {"_validate", "_query", "_execute"}):
            raise wire.Refusal(403, wire.http_error("You do not have permission to perform this operation."))
        if verb == "_execute":
            return execute(self, entity, request.json(), user)
        if verb == "_query":
            raise entity.not_implemented()
        if verb == "_validate":
            entity.check(request.json(), user)
            return wire.Answer(
                200,
                wire.encode(
                    {
                        "$type": wire.kind("ValidateResultsData", wire.CORE),
                        "IsValid": True,
                        "HasWarnings": False,
                    }
                ),
            )
        with self.writing:
            if verb:
                raise entity.not_implemented()
            answer = self._change(request, entity, rest)
            self._remember(request, answer)
        return answer

    def _change(self, request: Call, entity: Entity, rest: list[str]) -> wire.Answer:
        elements = identity(rest[0]) if rest else identity_of(request)
        if request.method == "POST":
            return wire.Answer(201, wire.encode(entity.create(request.json(), request.user)), "Created")
        if request.method == "PUT" and elements:
            return wire.Answer(
                self.store.options.put_status,
                wire.encode(entity.update(elements, request.json(), request.user)),
            )
        if request.method == "DELETE" and elements:
            entity.delete(elements, request.user)
            return wire.Answer(200, b"")
        raise wire.Refusal(
            405, wire.http_error(f"The requested resource does not support http method '{request.method}'.")
        )

    def _remember(self, request: Call, answer: wire.Answer) -> None:
        body = msgspec.json.decode(request.body) if request.body else None
        user = request.user.name if request.user else ""
        self.store.record(
            {
                "at": self.store.clock.text(),
                "method": request.method,
                "path": request.path,
                "query": request.query,
                "user": user,
                "body": body,
                "status": answer.status,
            }
        )


def identity(text: str) -> list[str]:
    """`~101|REG` -> two elements; anything else is one."""
    text = unquote(text)
    return text[1:].split("|") if text.startswith("~") else [text]


def identity_of(request: Call) -> list[str]:
    text = request.value("entityid")
    return identity(text) if text else []
