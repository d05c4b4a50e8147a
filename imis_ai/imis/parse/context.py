"""What a parser must know besides the row: the site's time zone and the names the association uses."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from zoneinfo import ZoneInfo

from imis_ai.imis.fields import FIELDS

KINDS = {
    "DONATE": "donation",
    "PURCHASE": "purchase",
    "SPONSOR": "sponsorship",
    "COURSEST": "course_start",
    "COURSECO": "course_complete",
    "CERT": "certification",
    "VOLUNTR": "volunteer_shift",
    "CASE": "case_opened",
    "POST": "community_post",
    "REPLY": "community_reply",
    "PROFILE": "profile_update",
    "BENEFIT": "benefit_use",
}


def default_columns() -> dict[str, dict[str, str]]:
    """iMIS' name of every field that is read, by resource and our name."""
    return {resource: {each.name: each.wire for each in fields} for resource, fields in FIELDS.items()}


@dataclass(frozen=True)
class Context:
    """`columns[resource][our name]` is iMIS' name, empty when the field is not read.

    `kinds` maps activity type codes to kinds; a code that is not there keeps its own name in lower case.
    `off[resource]` are the fields that are not read.
    """

    zone: ZoneInfo
    columns: Mapping[str, Mapping[str, str]] = field(default_factory=default_columns)
    kinds: Mapping[str, str] = field(default_factory=lambda: dict(KINDS))
    off: Mapping[str, frozenset[str]] = field(default_factory=dict)
