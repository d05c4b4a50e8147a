"""The connection as pages show it: settings and where each is set, secrets as set or not, the answers."""

import os
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from django.conf import settings
from django.utils.timezone import localtime

from imis_ai.governance.models import ConnectionTest
from imis_ai.imis import needs
from imis_ai.ui import words

SOON = timedelta(days=30)  # a certificate that ends within it is worth a warning
A_REQUEST = 0.4  # seconds one usually takes


@dataclass(frozen=True)
class Setting:
    """One line. `value` never holds a secret; `where` names the variable."""

    label: str
    value: str
    where: str
    is_set: bool = True


def reading(now: datetime) -> list[Setting]:
    """The account that reads, and how it may ask."""
    most = settings.IMIS_REQUESTS_PER_MINUTE
    return [
        Setting("Address", settings.IMIS_URL or "not set", "IMIS_URL", bool(settings.IMIS_URL)),
        Setting("System", "Sandbox" if settings.IMIS_IS_TEST_SYSTEM else "Live", "IMIS_IS_TEST_SYSTEM"),
        Setting(
            "User name", settings.IMIS_USERNAME or "not set", "IMIS_USERNAME", bool(settings.IMIS_USERNAME)
        ),
        _secret("Password", "IMIS_PASSWORD", now),
        Setting(
            "Request ceiling", f"{most} a minute" if most else "none", "IMIS_REQUESTS_PER_MINUTE", bool(most)
        ),
        Setting("Quiet hours", settings.IMIS_QUIET_HOURS or "none", "IMIS_QUIET_HOURS"),
        Setting("Rows a request", f"{settings.IMIS_PAGE_SIZE}", "IMIS_PAGE_SIZE"),
        Setting("Time zone of iMIS", settings.TIME_ZONE, "SITE_TIME_ZONE"),
        _secret("Key of change notifications", "IMIS_WEBHOOK_SECRET", now),
        Setting("Names file", settings.IMIS_MAPPING_FILE or "none: the usual names", "IMIS_MAPPING_FILE"),
    ]


def writing(now: datetime) -> list[Setting]:
    """The account that writes: apart, so that reading can never write."""
    name = settings.IMIS_WRITE_USERNAME
    return [
        Setting("User name", name or "not set: nothing is written", "IMIS_WRITE_USERNAME", bool(name)),
        _secret("Password", "IMIS_WRITE_PASSWORD", now),
        Setting(
            "Apart from the account that reads",
            "the same account does both" if name and name == settings.IMIS_USERNAME else "yes",
            "IMIS_WRITE_USERNAME",
            not name or name != settings.IMIS_USERNAME,
        ),
    ]


def _secret(label: str, name: str, now: datetime) -> Setting:
    """Set or not, since when where a file says it, and never what."""
    is_set = bool(getattr(settings, name))
    path = os.environ.get(f"{name}_FILE", "")
    said = "set" if is_set else "not set"
    if is_set and path:
        said = "set in a file"
        if Path(path).exists():
            changed = datetime.fromtimestamp(Path(path).stat().st_mtime, UTC)
            said += f", changed {words.short_date(localtime(changed).date(), localtime(now).date())}"
    return Setting(label, said, f"{name}_FILE or {name}", is_set)


@dataclass(frozen=True)
class Endpoint:
    """What iMIS answers for one object, and who needs it."""

    name: str
    path: str
    state: str
    detail: str
    needed_by: list[str]
    is_write: bool


def endpoints(test: ConnectionTest | None) -> list[Endpoint]:
    """Denied ones first."""
    found = [
        Endpoint(
            name=each["resource"].removeprefix("write:").replace("_", " "),
            path=each["path"],
            state=each["state"],
            detail=each["detail"],
            needed_by=needs.needed_by(each["resource"]),
            is_write=each["resource"].startswith("write:"),
        )
        for each in (test.endpoints if test else [])
    ]
    return sorted(found, key=lambda each: (each.state != "denied", each.is_write))


def areas(test: ConnectionTest | None) -> list[needs.Standing]:
    return needs.standings({each["resource"]: each["state"] for each in test.endpoints}) if test else []


def names(test: ConnectionTest | None) -> list[dict[str, Any]]:
    """Reading names that were not found on the first page, and activity codes without a meaning."""
    return [
        each
        for each in (test.names if test else [])
        if each["missing"] or each["unknown_kinds"] or each["problem"]
    ]


def certificate(test: ConnectionTest | None, now: datetime) -> tuple[str, str]:
    """In words, and how urgent: "", warn or crit."""
    if test is None:
        return "not tested", ""
    if test.certificate_until is None:
        return ("none: plain http" if test.address.startswith("http:") else "not known"), ""
    left = test.certificate_until - now
    day = words.short_date(localtime(test.certificate_until).date(), localtime(now).date())
    if left < timedelta(0):
        return f"ended {day}", "crit"
    return f"good until {day}, {words.plural(left.days, 'day')}", "warn" if left < SOON else ""


def token(test: ConnectionTest | None) -> str:
    if test is None or not test.token_seconds:
        return "not tested"
    return f"lasts {words.duration(test.token_seconds)}, renewed by itself"


def first_sync(test: ConnectionTest | None) -> str:
    """What reading everything once would take, from the counts of the last test."""
    rows = [each["rows"] for each in (test.endpoints if test else []) if each.get("rows")]
    if not rows:
        return ""
    requests = sum(-(-number // settings.IMIS_PAGE_SIZE) for number in rows)
    by_ceiling = 60 * requests / settings.IMIS_REQUESTS_PER_MINUTE if settings.IMIS_REQUESTS_PER_MINUTE else 0
    took = words.duration(max(by_ceiling, requests * A_REQUEST))
    return f"About {took}: {words.count(sum(rows))} rows in {words.plural(requests, 'request')}."
