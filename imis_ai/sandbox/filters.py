"""The filter dialect of the query string: `Property=op:value|value`, on single values here, on columns in
columns.py.
"""

import datetime as dt
from collections.abc import Callable
from typing import Any, NamedTuple

OPERATORS = {
    "eq": "eq",
    "==": "eq",
    "ne": "ne",
    "!=": "ne",
    "gt": "gt",
    ">": "gt",
    "ge": "ge",
    ">=": "ge",
    "lt": "lt",
    "<": "lt",
    "le": "le",
    "startswith": "startswith",
    "endswith": "endswith",
    "contains": "contains",
    "notcontain": "notcontain",
    "!contain": "notcontain",
    "in": "in",
    "notin": "notin",
    "!in": "notin",
    "between": "between",
    "isempty": "isempty",
    "empty": "isempty",
    "notempty": "notempty",
    "!empty": "notempty",
    "istrue": "istrue",
    "true": "istrue",
    "isfalse": "isfalse",
    "false": "isfalse",
}
WITHOUT_VALUE = {"isempty", "notempty", "istrue", "isfalse"}


class Filter(NamedTuple):
    """One condition; `values` are texts as they came."""

    name: str
    operator: str
    values: tuple[str, ...]


def parse(name: str, text: str) -> Filter:
    """`ge:2025-08-01` -> Filter.

    A text before a colon that is no operator belongs to the value (times, URLs).
    """
    head, colon, rest = text.partition(":")
    operator = OPERATORS.get(head.strip().lower())
    if operator in WITHOUT_VALUE and (not rest):
        return Filter(name.lower(), operator, ())
    if not colon or operator is None:
        operator, rest = "eq", text
    return Filter(name.lower(), operator, tuple(rest.split("|")))


def moment(text: str) -> dt.datetime:
    """A date or date-time, naive local. Raises ValueError."""
    return dt.datetime.fromisoformat(text.strip().removesuffix("Z")).replace(tzinfo=None)


def typed(text: str, like: Any) -> Any:
    """The filter's text as the type of the stored value. Raises ValueError when it cannot be read as one."""
    if isinstance(like, bool):
        return text.strip().lower() in {"true", "1", "yes"}
    if isinstance(like, int | float):
        return float(text)
    if isinstance(like, dt.datetime):
        return moment(text)
    return text.strip().lower()


TESTS: dict[str, Callable[[Any, list[Any]], bool]] = {
    "eq": lambda have, want: have in want,
    "in": lambda have, want: have in want,
    "ne": lambda have, want: have not in want,
    "notin": lambda have, want: have not in want,
    "gt": lambda have, want: have > want[0],
    "ge": lambda have, want: have >= want[0],
    "lt": lambda have, want: have < want[0],
    "le": lambda have, want: have <= want[0],
    "between": lambda have, want: want[0] <= have <= want[-1],
    "startswith": lambda have, want: any(str(have).startswith(str(w)) for w in want),
    "endswith": lambda have, want: any(str(have).endswith(str(w)) for w in want),
    "contains": lambda have, want: any(str(w) in str(have) for w in want),
    "notcontain": lambda have, want: not any(str(w) in str(have) for w in want),
}


def plain(value: Any) -> Any:
    """A stored wire value made comparable: lower-case text, date-times parsed, boxed numbers opened."""
    if isinstance(value, dict):
        value = value.get("$value", value.get("Amount", ""))
    if isinstance(value, str):
        if len(value) >= 10 and value[4:5] == "-" and value[7:8] == "-":
            try:
                return moment(value)
            except ValueError:
                return value.lower()
        return value.lower()
    return value


def matches(condition: Filter, stored: Any) -> bool:
    """Does one stored value pass? A filter value of the wrong type matches nothing, except by `ne`."""
    have = plain(stored)
    empty = have is None or have == ""
    match condition.operator:
        case "isempty":
            return empty
        case "notempty":
            return not empty
        case "istrue":
            return have is True
        case "isfalse":
            return not have
    if empty:
        return condition.operator in {"ne", "notin", "notcontain"} or "" in condition.values
    try:
        return TESTS[condition.operator](have, [typed(v, have) for v in condition.values])
    except ValueError:
        return condition.operator in {"ne", "notin", "notcontain"}
