"""Monthly figures of the association and the breaks in them, beside the changes of the programme."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import numpy as np
from django.conf import settings

from imis_ai.features import labels
from imis_ai.mirror import monthly
from imis_ai.mirror import queries as mirror
from retention.calc import breaks as calc
from retention.models import Study
from retention.queries import learning

STUDY = "breaks"
MONTHS = 36
NEAR = timedelta(days=62)  # a break this close to a dated change may have to do with it
SEED = 11
LEAST = 0.05  # of the level: a smaller step is nobody's concern, however sure
DAY = np.timedelta64(1, "D")
KINDS = ("login", "email_sent", "email_open", "benefit_use", "community_post", "community_reply")


@dataclass(frozen=True)
class Figure:
    """One monthly figure: its name, its unit, and how a step in it is said."""

    key: str
    label: str
    unit: str
    scale: float


FIGURES = (
    Figure("renewed", "Terms renewed", "of 100 that ended", 100),
    Figure("visits", "Portal visits", "a member and month", 1),
    Figure("opens", "E-mails opened", "of 100 sent", 100),
    Figure("events", "Events attended", "a 100 members and month", 100),
    Figure("benefits", "Benefits used", "a 100 members and month", 100),
    Figure("community", "Community posts", "a 100 members and month", 100),
)
BY_KEY = {figure.key: figure for figure in FIGURES}


def study(*, as_of: date) -> dict[str, Any]:
    """Every figure with its breaks: those at dated changes, and those found by looking everywhere."""
    months = _months(as_of)
    book = labels.known(learning.book(), on=np.datetime64(as_of, "D"))
    if not len(book):
        return {}
    values = _values(book, months, as_of)
    changes = mirror.dated_changes(since=months[0], until=months[-1] + timedelta(days=30))
    found = []
    for figure in FIGURES:
        known = [
            (month, value)
            for month, value in zip(months, values[figure.key], strict=True)
            if value is not None
        ]
        if len(known) < calc.SHORTEST:
            continue
        days, own = [month for month, _ in known], np.array([value for _, value in known]) * figure.scale
        series = calc.Series(own, days[0].month - 1)
        found.append(
            {
                "key": figure.key,
                "months": [day.isoformat() for day in days],
                "values": [round(float(value), 3) for value in own],
                "found": [_said(step, days, changes) for step in calc.search(series, seed=SEED)],
                "dated": _dated(series, days, changes),
            }
        )
    _keep_what_stands(found)
    return {"figures": found, "changes": [[on.isoformat(), what] for on, what in changes]}


def _keep_what_stands(found: list[dict]) -> None:
    """Several figures were looked at: breaks that luck may have made among so many, or tiny ones, go."""
    every = [(figure, step) for figure in found for step in figure["found"]]
    for (figure, step), stands in zip(every, calc.holm([step["luck"] for _, step in every]), strict=True):
        if not stands or abs(step["size"]) < LEAST * abs(step["before"]):
            figure["found"].remove(step)


def _said(step: calc.Step, days: list[date], changes: list[tuple[date, str]]) -> dict[str, Any]:
    month = days[step.place]
    near = [(abs(on - month), what) for on, what in changes if abs(on - month) <= NEAR]
    return _plain(step, month) | {"near": min(near)[1] if near else ""}


def _dated(series: calc.Series, days: list[date], changes: list[tuple[date, str]]) -> list[dict]:
    made = []
    for on, what in changes:
        place = next((k for k, day in enumerate(days) if day >= on.replace(day=1)), None)
        step = None if place is None else calc.at(series, place)
        if step is not None:
            made.append(_plain(step, days[step.place]) | {"what": what, "on": on.isoformat()})
    return made


def _plain(step: calc.Step, month: date) -> dict[str, Any]:
    shown = {name: round(getattr(step, name), 4) for name in ("size", "low", "high", "before")}
    return shown | {"month": month.isoformat(), "luck": None if np.isnan(step.luck) else round(step.luck, 4)}


def _values(book: labels.Terms, months: list[date], as_of: date) -> dict[str, list[float | None]]:
    until = months[-1] + timedelta(days=31)
    done = monthly.activities(KINDS, since=months[0], until=until.replace(day=1))
    came = monthly.attended(since=months[0], until=until.replace(day=1))
    active = [_active(book, month) for month in months]
    first = next((month for month in months if done["login"].get(month)), months[0])

    def a_member(count: Callable[[date], int]) -> list[float | None]:
        return [
            count(month) / n if n >= 30 and month > first else None  # the first month is seldom whole
            for month, n in zip(months, active, strict=True)
        ]

    sent = [done["email_sent"].get(month, 0) for month in months]
    opened = [done["email_open"].get(month, 0) for month in months]
    return {
        "renewed": _renewed(book, months, as_of),
        "visits": a_member(lambda month: done["login"].get(month, 0)),
        "opens": [o / s if s >= 100 else None for o, s in zip(opened, sent, strict=True)],
        "events": a_member(lambda month: came.get(month, 0)),
        "benefits": a_member(lambda month: done["benefit_use"].get(month, 0)),
        "community": a_member(
            lambda month: done["community_post"].get(month, 0) + done["community_reply"].get(month, 0)
        ),
    }


def _renewed(book: labels.Terms, months: list[date], as_of: date) -> list[float | None]:
    """Of the terms that ended in each month, as far as every outcome is certain."""
    same = np.append(book.member[1:] == book.member[:-1], False)
    after = np.where(same, np.append(book.start[1:], labels.NEVER), labels.NEVER)
    renewed = after <= book.end + settings.GRACE_DAYS * DAY
    month = book.end.astype("datetime64[M]")
    certain = np.datetime64(as_of - timedelta(days=settings.GRACE_DAYS + 1), "M")
    found: list[float | None] = []
    for each in months:
        own = (month == np.datetime64(each, "M")) & (book.resigned > book.end)
        known = own.sum() >= 10 and np.datetime64(each, "M") < certain
        found.append(float(renewed[own].mean()) if known else None)
    return found


def _active(book: labels.Terms, month: date) -> int:
    middle = np.datetime64(month, "D") + 14 * DAY
    return int(((book.start <= middle) & (book.stop >= middle)).sum())


def _months(as_of: date) -> list[date]:
    """The first days of the last whole months."""
    number = as_of.year * 12 + as_of.month - 1
    return [date(n // 12, n % 12 + 1, 1) for n in range(number - MONTHS, number)]


@dataclass(frozen=True)
class Shown:
    """One figure as the page draws it."""

    figure: Figure
    days: list[date]
    values: list[float]
    found: list[dict]
    dated: list[dict]


def newest() -> Study | None:
    return Study.objects.filter(name=STUDY).order_by("-as_of").first()


def shown(found: Study) -> list[Shown]:
    return [
        Shown(
            BY_KEY[each["key"]],
            [date.fromisoformat(month) for month in each["months"]],
            each["values"],
            each["found"],
            each["dated"],
        )
        for each in found.body["figures"]
    ]


HEADER = ("figure", "unit", "month", "kind", "change_of_programme", "before", "size", "low", "high", "luck")


def lines(found: list[Shown]) -> Iterator[tuple]:
    """Rows of the export: breaks found, then steps at dated changes."""
    for each in found:
        for kind, steps in (("found", each.found), ("dated", each.dated)):
            for step in steps:
                what = step.get("near") or step.get("what", "")
                numbers = (step["before"], step["size"], step["low"], step["high"], step["luck"])
                yield (each.figure.label, each.figure.unit, step["month"], kind, what, *numbers)
