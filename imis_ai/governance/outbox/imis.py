"""The way into iMIS: look at the target live, write once, read back by our reference."""

from typing import Any

from imis_ai.governance.models import OutboxMessage
from imis_ai.governance.outbox import checks
from imis_ai.governance.outbox.checks import Objection, Stopped, Then
from imis_ai.governance.outbox.message import Way
from imis_ai.governance.outbox.senders import Found, Gate, Plan
from imis_ai.governance.refusals import WhyNot
from imis_ai.imis.errors import NotApplied
from imis_ai.imis.targets import Shape, Target
from imis_ai.imis.targets.values import same
from imis_ai.imis.writes import Row, Writer
from imis_ai.mirror.queries import merged_into

DONE_AGAIN = {Shape.REFRESH}  # repeating it is harmless and there is nothing to find


class ImisSender:
    """Sends `set` and `append` messages with one writer."""

    def __init__(self, writer: Writer) -> None:
        self.writer = writer

    def look(self, message: OutboxMessage) -> Plan:
        """The live member, what was promised about it, and the row that would change."""
        target = self.writer.names.target(message.target)
        if target.is_per_member:
            self._look_at_member(message)
        if message.reverses_id:
            return self._look_at_reversed(message, target)
        if message.way == Way.APPEND:
            return Plan()
        row = self.writer.current(message.target, message.imis_id, message.fields)
        if target.shape is Shape.REFRESH and row is None:
            raise Stopped(Objection(_no_group(message), Then.PARK, "missing"))
        return Plan(row, _touched(row, message.fields))

    def _look_at_member(self, message: OutboxMessage) -> None:
        live = self.writer.party(message.imis_id)
        if live is None:
            raise Stopped(Objection(_gone(message), Then.PARK, "gone"))
        if against := checks.changed(message, live):
            raise Stopped(against)

    def _look_at_reversed(self, message: OutboxMessage, target: Target) -> Plan:
        """The row to change back. Refused when iMIS changed a field since, with both values."""
        first = message.reverses
        assert first is not None  # noqa: S101  the caller asked
        row = self._row_of(first)
        if row is None:
            if message.is_removal:
                return Plan(is_done=True)
            raise Stopped(Objection(_vanished(first), Then.PARK, "conflict"))
        apart = {n: (v, row.fields.get(n)) for n, v in first.fields.items() if _differs(target, n, v, row)}
        if apart:
            raise Stopped(Objection(_conflict(apart), Then.PARK, "conflict"))
        return Plan(row, _touched(row, message.fields))

    def _row_of(self, message: OutboxMessage) -> Row | None:
        """What a message wrote: by its reference, or where it set fields, the row that has them now."""
        if message.way == Way.SET:
            return self.writer.current(message.target, message.imis_id, message.fields)
        return self.writer.find(message.target, message.imis_id, message.reference)

    def send(self, message: OutboxMessage, plan: Plan, gate: Gate) -> str:
        if plan.is_done:
            return ""
        if message.is_removal and plan.row is not None:
            try:
                self.writer.remove(message.target, plan.row, gate)
            except NotApplied as refusal:
                if refusal.status != 404:
                    raise
            return plan.row.key
        return self.writer.put(
            message.target, message.imis_id, message.fields, message.reference, plan.row, gate
        )

    def find(self, message: OutboxMessage) -> Found | None:
        """Raises NotFindable where nobody can tell."""
        target = self.writer.names.target(message.target)
        if target.shape in DONE_AGAIN:
            return self._found_group(message)
        if message.is_removal:
            row = message.reverses and self._row_of(message.reverses)
            return None if row else Found(message.imis_key, {"removed": True})
        row = self._row(message)
        if row is None:
            return None
        apart = {n: (v, row.fields.get(n)) for n, v in message.fields.items() if _differs(target, n, v, row)}
        receipt = {"key": row.key, "reference": row.reference, "fields": row.fields}
        return Found(row.key, receipt, _apart(apart) if apart else "")

    def _row(self, message: OutboxMessage) -> Row | None:
        """Under the member's number, and under the one it was merged into meanwhile."""
        for imis_id in filter(None, (message.imis_id, merged_into(message.imis_id))):
            if row := self.writer.find(message.target, imis_id, message.reference):
                return row
        return None

    def _found_group(self, message: OutboxMessage) -> Found | None:
        """Done if iMIS said so; after an unclear answer it is simply refreshed again."""
        if not message.imis_key:
            return None
        return Found(message.imis_key, {"members": self.writer.group_size(message.imis_key)})


def _touched(row: Row | None, fields: dict[str, Any]) -> dict[str, Any] | None:
    return {name: row.fields.get(name) for name in fields} if row else None


def _differs(target: Target, name: str, ours: Any, row: Row) -> bool:
    column = target.column(name)
    return bool(column.wire) and not same(column, ours, row.fields.get(name))


def _apart(apart: dict[str, tuple[Any, Any]]) -> str:
    both = [f"{name}: ours {_say(ours)}, in iMIS {_say(theirs)}" for name, (ours, theirs) in apart.items()]
    return "; ".join(both)


def _say(value: Any) -> str:
    return "nothing" if value in (None, "") else f"“{value}”"


def _gone(message: OutboxMessage) -> WhyNot:
    return WhyNot(
        f"Not sent: iMIS has no active contact {message.imis_id}.",
        rule="live check",
        next_step="Look it up in iMIS; then send it again or drop it.",
    )


def _no_group(message: OutboxMessage) -> WhyNot:
    return WhyNot(
        f"Not sent: iMIS has no group {message.fields['group']}.",
        rule="live check",
        next_step="Create the dynamic group as the set-up page says, then send it again.",
    )


def _vanished(first: OutboxMessage) -> WhyNot:
    return WhyNot(
        f"Not changed back: what was written ({first.reference}) is not in iMIS any more.",
        rule="changed in iMIS since",
        next_step="Drop it.",
    )


def _conflict(apart: dict[str, tuple[Any, Any]]) -> WhyNot:
    return WhyNot(
        f"Not changed back: iMIS was changed since. {_apart(apart)}.",
        rule="changed in iMIS since",
        next_step="Keep what iMIS has, or change it there.",
    )
