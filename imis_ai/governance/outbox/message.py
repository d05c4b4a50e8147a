"""One write or message as a kind describes it, before it is queued."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from imis_ai.governance.models import OutboxMessage
from imis_ai.imis.targets import TARGETS, BadFields, Shape, Target, checked

Way = OutboxMessage.Way
IMIS = (Way.SET, Way.APPEND)
SETTABLE = {Shape.MULTI, Shape.SINGLE, Shape.REFRESH}
APPENDABLE = set(Shape) - {Shape.SINGLE, Shape.REFRESH}


@dataclass(frozen=True)
class Message:
    """`target` is a canonical name; `imis_id` is empty where it is about no single member.

    A reversing message names in `reverses` the message it undoes; `is_removal` takes away what that added.
    """

    way: str
    target: str
    imis_id: str
    fields: Mapping[str, Any] = field(default_factory=dict)
    reverses: int | None = None
    is_removal: bool = False


def objection(message: Message) -> str:
    """Why this cannot be queued, as a sentence; empty when it can. Domains ask before they propose."""
    try:
        clean(message)
    except BadFields as problem:
        return str(problem)
    return ""


def clean(message: Message) -> dict[str, Any]:
    """The fields as they are stored. Raises BadFields for what is not on the list of targets."""
    if message.way not in IMIS:
        return dict(message.fields)
    target = TARGETS.get(message.target)
    if target is None:
        raise BadFields(f"{message.target} is not written to iMIS. Use one of: {', '.join(TARGETS)}.")
    shapes = SETTABLE if message.way == Way.SET else APPENDABLE
    if target.shape not in shapes and not message.is_removal:
        ways = "added to, not set" if message.way == Way.SET else "set, not added to"
        raise BadFields(f"{target.name} is {ways}. Choose the other way.")
    if target.is_per_member != bool(message.imis_id):
        raise BadFields(f"{target.name} needs {'a' if target.is_per_member else 'no'} member's iMIS number.")
    return dict(message.fields) if message.is_removal else checked(target, message.fields)


def is_by_hand(way: str, target: Target) -> bool:
    """What could not be looked for afterwards is never sent by itself."""
    return target.shape is Shape.BY_HAND or (way == Way.APPEND and not target.is_findable)
