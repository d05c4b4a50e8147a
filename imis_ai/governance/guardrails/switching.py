"""What a changed guardrail would switch on that may be unfair, and what that is known to bring."""

from collections.abc import Callable, Sequence
from datetime import datetime

from imis_ai.governance.models import GuardrailVersion

Tell = Callable[[Sequence[str], datetime], list[str]]
_tell: list[Tell] = []
NOT_MEASURED = "What it would gain, and whom it would treat unequally, has not been measured yet."


def told_by(tell: Tell) -> None:
    """`tell(names, now)` says of fields and alerts what accuracy is gained against what gaps."""
    _tell[:] = [tell]


def told(names: Sequence[str], now: datetime) -> list[str]:
    """What the people who sign are shown."""
    return [sentence for tell in _tell for sentence in tell(names, now)] or [NOT_MEASURED]


def switched_on(*, version: GuardrailVersion, before: GuardrailVersion | None) -> frozenset[str]:
    """Fields and alerts that were off and would be on."""
    match version.guardrail.kind:
        case "fields":
            if before is None or before.is_off:
                return frozenset()
            off = frozenset() if version.is_off else frozenset(version.settings["off"])
            return frozenset(before.settings["off"]) - off
        case "signals":
            was = frozenset(before.settings["on"]) if before and not before.is_off else frozenset()
            return frozenset() if version.is_off else frozenset(version.settings["on"]) - was
    return frozenset()
