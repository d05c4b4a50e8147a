"""Field values: checked when they are approved, turned into iMIS' form and back, compared."""

import datetime as dt
import re
import secrets
from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import Any
from zoneinfo import ZoneInfo

from imis_ai.imis.targets.base import Column, Target
from imis_ai.imis.text import clean_text

ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
PREFIX = "IAI-"
CENTS = Decimal("0.01")
_LIKE_A_MOMENT = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}")
Fields = dict[str, Any]


class BadFields(ValueError):
    """The fields do not fit their target; the text says which and why."""


def new_reference() -> str:
    """Our name for one write, never used twice: 65 random bits."""
    return PREFIX + "".join(secrets.choice(ALPHABET) for _ in range(13))


def checked(target: Target, fields: Mapping[str, Any]) -> Fields:
    """The fields as they are stored: text, numbers, flags, ISO dates. Raises BadFields.

    Only columns of the target pass, so nothing else can ever get into iMIS. Nothing is cut: what is approved
    is what is written.
    """
    known = {column.name: column for column in target.columns}
    if strange := sorted(set(fields) - set(known)):
        raise BadFields(f"{target.name} has no {', '.join(strange)}. It has {', '.join(known)}.")
    missing = [c.name for c in target.columns if c.is_needed and fields.get(c.name) in (None, "")]
    if missing:
        raise BadFields(f"{target.name} needs {', '.join(missing)}.")
    return {name: _checked(target.name, known[name], value) for name, value in fields.items()}


def _checked(target: str, column: Column, value: Any) -> Any:
    if value is None:
        return None
    try:
        found = _CHECKS[column.kind](value)
    except (TypeError, ValueError, InvalidOperation):
        raise BadFields(f"{target}, {column.name}: {value!r} is no {column.kind}.") from None
    if column.kind == "text" and len(found) > column.length:
        raise BadFields(
            f"{target}, {column.name}: {len(found)} characters; iMIS keeps {column.length}. Shorten it."
        )
    return found


def _day(value: Any) -> str:
    if isinstance(value, dt.datetime):
        raise TypeError
    return value.isoformat() if isinstance(value, dt.date) else dt.date.fromisoformat(value).isoformat()


def _moment(value: Any) -> str:
    found = value if isinstance(value, dt.datetime) else dt.datetime.fromisoformat(value)
    if found.tzinfo is None:
        raise ValueError("a moment needs its time zone")
    return found.astimezone(dt.UTC).replace(microsecond=0).isoformat()


def _whole(value: Any) -> int:
    if isinstance(value, bool) or int(value) != value:
        raise ValueError
    return int(value)


def _flag(value: Any) -> bool:
    if not isinstance(value, bool):
        raise TypeError
    return value


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError
    return clean_text(value).strip()


_CHECKS: dict[str, Any] = {
    "text": _text,
    "whole": _whole,
    "decimal": lambda value: str(Decimal(str(value)).quantize(CENTS)),
    "flag": _flag,
    "day": _day,
    "moment": _moment,
}


def to_wire(column: Column, value: Any, zone: ZoneInfo) -> Any:
    """A stored value as iMIS takes it in a property bag: numbers boxed, times naive and local."""
    if value is None:
        return None
    match column.kind:
        case "whole":
            return {"$type": "System.Int32", "$value": value}
        case "decimal":
            return {"$type": "System.Decimal", "$value": float(value)}
        case "flag":
            return {"$type": "System.Boolean", "$value": value}
        case "day":
            return f"{value}T00:00:00"
        case "moment":
            return local(value, zone)
    # bare ISO times in a text would become dates on their way in
    return value.replace("T", " ", 1) if _LIKE_A_MOMENT.match(value) else value


def local(value: str, zone: ZoneInfo) -> str:
    """A stored moment as the site's wall time, naive."""
    return dt.datetime.fromisoformat(value).astimezone(zone).replace(tzinfo=None).isoformat()


def from_wire(column: Column, value: Any, zone: ZoneInfo) -> Any:
    """What iMIS holds, in our form; as text where it cannot be read as the column's kind."""
    if value is None or value == "":
        return None
    try:
        match column.kind:
            case "moment":
                found = dt.datetime.fromisoformat(str(value)).replace(tzinfo=zone)
                return found.astimezone(dt.UTC).replace(microsecond=0).isoformat()
            case "day":
                return str(dt.date.fromisoformat(str(value)[:10]))
            case "decimal":
                return str(Decimal(str(value)).quantize(CENTS))
            case "whole":
                return int(value)
            case "flag":
                return value if isinstance(value, bool) else str(value).lower() == "true"
    except (ValueError, InvalidOperation):
        pass
    return str(value)


def same(column: Column, ours: Any, theirs: Any) -> bool:
    """Whether iMIS holds what we sent. Empty text and nothing are the same there."""
    if column.kind == "text":
        return _flat(ours) == _flat(theirs)
    return bool(ours == theirs)


def _flat(value: Any) -> str:
    found = " ".join(str(value or "").split())
    return found.replace("T", " ", 1) if _LIKE_A_MOMENT.match(found) else found
