"""One class per shape of target: how it is found by our reference, looked at, written and taken back."""

from collections.abc import Callable, Iterator
from typing import Any
from zoneinfo import ZoneInfo

from imis_ai.imis.errors import Ambiguous, BadAnswer, NotFindable
from imis_ai.imis.session import Session
from imis_ai.imis.targets.base import Shape, Target
from imis_ai.imis.targets.values import PREFIX, Fields, local
from imis_ai.imis.writes import bodies
from imis_ai.imis.writes.rows import Raw, Row, bag, decoded, elements, fields, listed, read

Gate = Callable[[], None]


class Keeper:
    """Knows one target at one site. Every method may raise ImisError; only `put` and `remove` write."""

    def __init__(self, session: Session, target: Target, zone: ZoneInfo) -> None:
        self._session = session
        self._zone = zone
        self.target = target
        self.path = f"/api/{target.object}"

    def find(self, imis_id: str, reference: str) -> Row | None:
        """What we wrote under this reference. None when it is certainly not there."""
        raise NotFindable(f"{self.target.object}: what is written there cannot be looked for.")

    def current(self, imis_id: str, wanted: Fields) -> Row | None:
        """The row that these fields would change; None when there is none yet."""
        return None

    def put(self, imis_id: str, wanted: Fields, reference: str, row: Row | None, gate: Gate) -> str:
        """Write; returns the key that iMIS gave, empty where its answer does not say."""
        raise NotFindable(f"{self.target.object} is written by hand.")

    def remove(self, row: Row, gate: Gate) -> None:
        self._session.write("DELETE", f"{self.path}/{row.key}", gate=gate)

    def references(self, since: str) -> Iterator[tuple[str, str]]:
        """(reference, key) of everything of ours there; nothing where the site cannot list it."""
        return iter(())

    def _post(self, path: str, body: Raw, gate: Gate) -> Raw:
        return self._sent("POST", path, body, gate)

    def _sent(self, method: str, path: str, body: Raw, gate: Gate) -> Raw:
        answer = self._session.write(method, path, body, gate=gate)
        try:
            return decoded(answer, path)
        except BadAnswer as error:
            raise Ambiguous(str(error)) from None


class Generic(Keeper):
    """Objects that answer as property bags: panel sources and activities."""

    def _row(self, raw: Raw) -> Row:
        held = bag(raw)
        given = {name.lower(): value for name, value in held.items()}
        reference = str(given.get(self.target.reference.lower()) or "")
        return Row("|".join(elements(raw)), fields(self.target, held, self._zone), reference, raw=held)

    def find(self, imis_id: str, reference: str) -> Row | None:
        params = [("ID", imis_id), (self.target.reference, reference)]
        rows = (self._row(raw) for raw in listed(self._session, self.path, params))
        return next((row for row in rows if row.reference == reference), None)

    def references(self, since: str) -> Iterator[tuple[str, str]]:
        params = [(self.target.reference, f"startsWith:{PREFIX}")]
        for raw in listed(self._session, self.path, params):
            row = self._row(raw)
            if row.reference.startswith(PREFIX):
                yield row.reference, row.key


class Panel(Generic):
    """A business object of our own: one row per member, or several told apart by `match`."""

    def current(self, imis_id: str, wanted: Fields) -> Row | None:
        if self.target.shape is Shape.SINGLE:
            raw = read(self._session, f"{self.path}/{imis_id}")
            return self._row(raw) if raw else None
        columns = [self.target.column(name) for name in self.target.match]
        params = [("ID", imis_id), *((c.wire, str(wanted.get(c.name) or "")) for c in columns)]
        rows = [self._row(raw) for raw in listed(self._session, self.path, params)]
        alike = [row for row in rows if all(row.fields[c.name] == wanted.get(c.name) for c in columns)]
        return max(alike, key=lambda row: int(row.elements[-1]), default=None)

    def find(self, imis_id: str, reference: str) -> Row | None:
        if self.target.shape is Shape.SINGLE:
            row = self.current(imis_id, {})
            return row if row and row.reference == reference else None
        return super().find(imis_id, reference)

    def put(self, imis_id: str, wanted: Fields, reference: str, row: Row | None, gate: Gate) -> str:
        """A PUT replaces the row, so everything it holds goes back with it."""
        ours = bodies.wire_values(self.target, wanted, self._zone) | {self.target.reference: reference}
        if row is None:
            given = {"ID": imis_id} | ours
            raw = self._post(self.path, bodies.row(self.target.object, imis_id, given), gate)
            return "|".join(elements(raw)) if self.target.shape is Shape.SINGLE else ""
        held = {name: _boxed(value) for name, value in row.raw.items()}
        kept = {name: value for name, value in held.items() if name.lower() not in {o.lower() for o in ours}}
        body = bodies.row(self.target.object, imis_id, kept | ours, row.elements)
        self._sent("PUT", self._address(row), body, gate)
        return row.key

    def remove(self, row: Row, gate: Gate) -> None:
        self._session.write("DELETE", self._address(row), gate=gate)

    def _address(self, row: Row) -> str:
        single = len(row.elements) == 1
        return f"{self.path}/{row.key}" if single else f"{self.path}/~{row.key}"


class Activity(Generic):
    def put(self, imis_id: str, wanted: Fields, reference: str, row: Row | None, gate: Gate) -> str:
        ours = bodies.wire_values(self.target, wanted, self._zone)
        given = {"PartyId": imis_id, **dict(self.target.fixed), **ours, self.target.reference: reference}
        raw = self._post(self.path, bodies.row(self.target.object, imis_id, given), gate)
        return (elements(raw) or [""])[0]

    def references(self, since: str) -> Iterator[tuple[str, str]]:
        """Of the latest time only: the log of activities is long."""
        kind = dict(self.target.fixed).get("ACTIVITY_TYPE", "")
        params = [("EFFECTIVE_DATE", f"ge:{since}"), ("ACTIVITY_TYPE", kind)]
        for raw in listed(self._session, self.path, params):
            row = self._row(raw)
            if row.reference.startswith(PREFIX):
                yield row.reference, row.key


class Interaction(Keeper):
    def find(self, imis_id: str, reference: str) -> Row | None:
        for raw in listed(self._session, self.path, [("PartyId", imis_id)]):
            if raw.get(self.target.reference) == reference:
                return Row(str(raw["ContactInteractionId"]), fields(self.target, raw, self._zone), reference)
        return None

    def put(self, imis_id: str, wanted: Fields, reference: str, row: Row | None, gate: Gate) -> str:
        ours = bodies.wire_values(self.target, wanted, self._zone)
        raw = self._post(self.path, bodies.interaction(self.target, imis_id, ours, reference), gate)
        return str(raw.get("ContactInteractionId", ""))


class Note(Keeper):
    """Our reference is the note's last line: a note has no other place for it."""

    def find(self, imis_id: str, reference: str) -> Row | None:
        for raw in listed(self._session, self.path, [("PartyId", imis_id)]):
            text = str(raw.get("Text") or "")
            if text.rstrip().endswith(reference):
                held = raw | {"Text": text.rstrip().removesuffix(reference)}
                return Row(str(raw["PartyNoteId"]), fields(self.target, held, self._zone), reference)
        return None

    def put(self, imis_id: str, wanted: Fields, reference: str, row: Row | None, gate: Gate) -> str:
        ours = bodies.wire_values(self.target, wanted, self._zone)
        raw = self._post(self.path, bodies.note(imis_id, ours, reference), gate)
        return str(raw.get("PartyNoteId", ""))


class Communication(Keeper):
    """Two objects, log and recipient. Written in order and resumed where it stopped."""

    recipients = "/api/CommunicationLogRecipient"

    def find(self, imis_id: str, reference: str) -> Row | None:
        log = self._log(reference)
        who = log and self._recipient(str(log["CommunicationLogId"]), imis_id)
        if not log or not who:
            return None
        held = fields(self.target, log | who, self._zone)
        channel = next((n for n, t in bodies.MESSAGE_TYPES.items() if t == (who.get("MessageType") or 0)), "")
        key = f"{log['CommunicationLogId']}|{who['CommunicationLogRecipientId']}"
        return Row(key, held | {"channel": channel}, reference)

    def _log(self, reference: str) -> Raw | None:
        for raw in listed(self._session, self.path, [(self.target.reference, reference)]):
            if raw.get(self.target.reference) == reference:
                return raw
            raise NotFindable(f"{self.path}: this site does not look for our reference there.")
        return None

    def _recipient(self, log: str, imis_id: str) -> Raw | None:
        params = [("PartyId", imis_id), ("CommunicationLogId", log)]
        for raw in listed(self._session, self.recipients, params):
            its = (raw.get("CommunicationLog") or {}).get("CommunicationLogId")
            if str(its) == log and (raw.get("Party") or {}).get("PartyId") == imis_id:
                return raw
        return None

    def put(self, imis_id: str, wanted: Fields, reference: str, row: Row | None, gate: Gate) -> str:
        log = self._log(reference) or self._post(self.path, bodies.communication(wanted, reference), gate)
        key = str(log.get("CommunicationLogId", ""))
        at = local(wanted["at"], self._zone) if wanted.get("at") else None
        raw = self._recipient(key, imis_id) or self._post(
            self.recipients, bodies.recipient(key, imis_id, wanted, at), gate
        )
        return f"{key}|{raw.get('CommunicationLogRecipientId', '')}"

    def remove(self, row: Row, gate: Gate) -> None:
        raise NotFindable("A message cannot be taken back; write a correction.")


class Refresh(Keeper):
    """A dynamic group. Refreshing it again is harmless, so there is nothing to look for."""

    def current(self, imis_id: str, wanted: Fields) -> Row | None:
        raw = read(self._session, f"{self.path}/{wanted['group']}")
        return Row(str(wanted["group"]), {"group": wanted["group"]}) if raw else None

    def put(self, imis_id: str, wanted: Fields, reference: str, row: Row | None, gate: Gate) -> str:
        body = bodies.execute("Group", "RefreshDynamicGroup", wanted["group"])
        self._post(f"{self.path}/_execute", body, gate)
        return str(wanted["group"])


def _boxed(value: Any) -> Any:
    """A value as it was read, in its box again; floats as decimals, so that no column changes its type."""
    kinds = {bool: "System.Boolean", int: "System.Int32", float: "System.Decimal"}
    if type(value) is int and abs(value) >= 2**31:
        return {"$type": "System.Int64", "$value": value}
    return {"$type": kinds[type(value)], "$value": value} if type(value) in kinds else value


KEEPERS: dict[Shape, type[Keeper]] = {
    Shape.MULTI: Panel,
    Shape.SINGLE: Panel,
    Shape.ACTIVITY: Activity,
    Shape.INTERACTION: Interaction,
    Shape.NOTE: Note,
    Shape.COMMUNICATION: Communication,
    Shape.REFRESH: Refresh,
    Shape.BY_HAND: Keeper,
}
