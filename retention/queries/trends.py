"""Two years of one member's behaviour, month by month, as it was known on each day."""

import math
from dataclasses import dataclass
from datetime import date

from imis_ai.features import queries as features
from imis_ai.mirror import queries as mirror

MONTHS = 24
SHOWN = (
    ("portal.logins_90", "Portal visits", "in 90 days", 1),
    ("portal.days_since_login", "Days since the last visit", "fewer is better", 1),
    ("mail.open_rate_90", "E-mails opened", "of 100, in 90 days", 100),
    ("events.attended_365", "Events attended", "in 365 days", 1),
    ("events.no_show_rate", "Registered and did not come", "of 100", 100),
    ("community.posts_90", "Community posts", "in 90 days", 1),
    ("engagement.score", "Engagement", "of 100", 1),
)


@dataclass(frozen=True)
class Trend:
    """One feature over time; months in which it was not known are left out."""

    label: str
    unit: str
    days: list[date]
    values: list[float]

    @property
    def sentence(self) -> str:
        first, last = self.values[0], self.values[-1]
        course = "rose" if last > first else "fell" if last < first else "stayed the same,"
        return f"{self.label} {course} from {first:.0f} to {last:.0f}"


def trends(*, pseudonym: str, until: date) -> list[Trend]:
    """Features with at least two known months, in the order of SHOWN."""
    days = months_back(until)
    names = [name for name, *_ in SHOWN]
    frames = features.frames(as_ofs=days, names=names, pseudonyms=[pseudonym], may_be_old=True)
    found = []
    for name, label, unit, scale in SHOWN:
        known = [(day, float(frames[day][name].iloc[0])) for day in days if len(frames[day])]
        known = [(day, value * scale) for day, value in known if not math.isnan(value)]
        if len(known) > 1:
            found.append(Trend(label, unit, [day for day, _ in known], [value for _, value in known]))
    return found


def marks(*, until: date) -> list[tuple[date, str]]:
    """What changed in the programme in these months. It may not be the cause of anything."""
    return mirror.dated_changes(since=months_back(until)[0], until=until)


def months_back(until: date) -> list[date]:
    """The first days of the last 24 months, and the day itself."""
    number = until.year * 12 + until.month - 1
    firsts = [date(month // 12, month % 12 + 1, 1) for month in range(number - MONTHS + 1, number + 1)]
    return sorted({*firsts, until})
