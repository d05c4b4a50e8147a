"""Three figures from our own logs: renewal rate lift, staff time saved, escalation rate. Reads only.

Each carries its formula. Where the logs do not hold it, it is "not known", never an estimate.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import median

from django.db.models import Count, Q

from imis_ai.governance.experiments import pooled
from imis_ai.governance.messages.contact import OUT
from imis_ai.governance.models import ContactEntry, Feedback, StaffItem
from imis_ai.ui import words

QUARTER = timedelta(days=90)
UNKNOWN = "not known"


@dataclass(frozen=True)
class Figure:
    """`about` is the range or what it was counted on; `formula` says how."""

    label: str
    value: str
    about: str
    formula: str


def figures(*, now: datetime) -> list[Figure]:
    """Four queries."""
    return [
        _lift(now),
        _minutes(Feedback.objects.values_list("area", "level", "by", "minutes")),
        _escalation(now),
    ]


def _lift(now: datetime) -> Figure:
    formula = (
        "Renewed of 100 in all arms that were contacted, minus renewed of 100 in their control groups: every "
        "experiment read in the last 12 months, weighed by size within groups alike."
    )
    found = pooled.of_the_year(now=now)
    if found is None or found.difference is None or found.low is None or found.high is None:
        return Figure("Renewal rate lift", UNKNOWN, "No experiment was read in the last 12 months", formula)
    about = f"range {words.points(found.low)} to {words.points(found.high)}"
    value = f"{words.points(found.difference)} points" if found.is_known else "Too small to tell"
    return Figure("Renewal rate lift", value, about, formula)


def _minutes(answers: Iterable[tuple[str, int, int, int]]) -> Figure:
    formula = (
        "For each area: minutes a day that staff report while it was read-only, minus those in its present "
        "phase (the middle of the answers each time), times the people who answered in the present phase."
    )
    by_area: dict[str, dict[int, list[int]]] = {}
    for area, level, _, minutes in answers:
        by_area.setdefault(area, {}).setdefault(level, []).append(minutes)
    saved, areas = 0.0, 0
    for levels in by_area.values():
        top = max(levels)
        if top and 0 in levels:
            saved += (median(levels[0]) - median(levels[top])) * len(levels[top])
            areas += 1
    if not areas:
        return Figure("Staff time saved", UNKNOWN, "Nobody has reported minutes in two phases yet", formula)
    said = words.plural(round(abs(saved)), "minute")
    value = f"{said} a day" if saved >= 0 else f"{said} more a day"
    return Figure("Staff time saved", value, f"as reported in {words.plural(areas, 'area')}", formula)


def _escalation(now: datetime) -> Figure:
    formula = (
        "Messages of the last 90 days after which a member asked for a person or wrote something that a "
        "person had to answer, of 100 messages sent."
    )
    person = Q(staff_items__why__in=(StaffItem.Why.ASKED, StaffItem.Why.REPLIED))
    sent = ContactEntry.objects.filter(state__in=OUT, sent_at__gt=now - QUARTER, sent_at__lte=now)
    found = sent.aggregate(sent=Count("pk", distinct=True), asked=Count("pk", filter=person, distinct=True))
    if not found["sent"]:
        return Figure("Escalation rate", UNKNOWN, "No message was sent in the last 90 days", formula)
    value = f"{100 * found['asked'] / found['sent']:.1f} of 100"
    return Figure("Escalation rate", value, f"{words.plural(found['sent'], 'message')} in 90 days", formula)
