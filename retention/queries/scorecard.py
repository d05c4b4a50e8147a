"""What was promised and what came: chances beside outcomes, ranges by group, days of warning. Reads only."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.conf import settings
from django.db.models import F, Min, Q

from imis_ai.registry import cards
from imis_ai.registry.calc import reading
from imis_ai.registry.queries import pages
from imis_ai.ui import words
from retention.calc import lead as calc
from retention.calc import shares
from retention.models import LapseReason, RiskScore, Study
from retention.queries import policy

STUDY = "promises"
MONTHS = 12
MODEL = "churn"
SMALLEST = 10


def study(*, as_of: date) -> dict[str, Any]:
    """The live model's reading as the registry has it, where ranges slipped, and the lead of lapsers."""
    line = next((each for each in pages.overview() if each.card.name == MODEL), None)
    if line is None or line.live is None:
        return {}
    found = pages.reading_of(line.live)
    return {
        "version": line.live.version,
        "reading": found,
        "slips": [_sentence(slip) for slip in reading.slips(found)],
        "lead": _days(as_of),
    }


def _sentence(slip: reading.Slip) -> str:
    whose = f"for {slip.by.lower()} {slip.group}" if slip.by else "in the last months"
    held = words.of_100(slip.held / slip.ranges)
    return f"Ranges {whose} held {held} times in 100; 80 are meant to ({slip.held} of {slip.ranges})."


def _days(as_of: date) -> list[int | None]:
    """Per lapse of the last year that scores could have foreseen: days since the first flag before it."""
    first_run = RiskScore.objects.filter(run__is_backfill=False).aggregate(day=Min("run__as_of"))["day"]
    if first_run is None:
        return []
    since = max(as_of - timedelta(days=30 * MONTHS), first_run + timedelta(days=1))
    until = as_of - timedelta(days=settings.GRACE_DAYS + 1)
    medium = policy.current().medium_from
    flagged = Q(member__riskscore__risk_90__gte=medium) & Q(
        member__riskscore__run__is_backfill=False,
        member__riskscore__run__as_of__lt=F("lapsed_on"),
        member__riskscore__run__as_of__gt=F("lapsed_on") - timedelta(days=365),
    )
    rows = LapseReason.objects.filter(lapsed_on__gte=since, lapsed_on__lte=until)
    rows = rows.annotate(flag=Min("member__riskscore__run__as_of", filter=flagged))
    return [(on - flag).days if flag else None for on, flag in rows.values_list("lapsed_on", "flag")]


@dataclass(frozen=True)
class Ten:
    """Members given a chance within one ten of 100, and how many of 100 lapsed, with its range."""

    label: str
    said: float
    happened: shares.Share


@dataclass(frozen=True)
class Scorecard:
    """As the page shows it."""

    version: str
    tens: list[Ten]
    groups: dict[str, list[dict[str, Any]]]
    slips: list[str]
    lead: calc.Lead | None
    source: str


def newest() -> Study | None:
    return Study.objects.filter(name=STUDY).order_by("-as_of").first()


def shown(found: Study) -> Scorecard:
    read = found.body["reading"]
    tens = [
        Ten(f"{row['low']} to {row['high']}", row["said"], shares.share(row["happened"], row["members"]))
        for row in read.get("tens", [])
        if row["members"] >= SMALLEST
    ]
    groups = {by: [_group(row) for row in rows] for by, rows in pages.groups(read).items()}
    days = found.body["lead"]
    lead = calc.lead(days) if len(days) >= SMALLEST else None
    return Scorecard(found.body["version"], tens, groups, found.body["slips"], lead, read.get("source", ""))


def _group(row: dict[str, Any]) -> dict[str, Any]:
    held = shares.share(row.get("held", 0), row.get("ranges", 0))
    return {
        "group": row["group"],
        "members": row["members"],
        "said": row["said"],
        "happened": shares.share(row["happened"], row["members"]),
        "held": held if held.n else None,
    }


def happened() -> str:
    """The word for what the chance is of."""
    return cards.find(MODEL).happened
