"""The list of comparisons as one person may see it, and one of them in words. Reads only."""

from dataclasses import dataclass
from datetime import date, datetime

from django.db.models import Count, Prefetch, QuerySet
from django.utils.timezone import localdate

from imis_ai.accounts.models import User
from imis_ai.governance.experiments import enter, results, tables
from imis_ai.governance.experiments.results import Against, Line, Result, Week
from imis_ai.governance.models import Arm, Experiment, Holdout
from imis_ai.governance.rollout.areas import AREAS
from imis_ai.mirror import access
from imis_ai.ui import figures, words

SMALLEST = 10  # smaller groups are not shown to people who see totals only
State = Experiment.State
TABS = {"all": "All", "draft": "Not started", "running": "Running", "over": "Over"}
OVER = (State.STOPPED, State.DONE)


@dataclass(frozen=True)
class Chosen:
    """What the address of the list asks for."""

    tab: str = "all"
    area: str = ""
    owner: str = ""


@dataclass(frozen=True)
class Row:
    experiment: Experiment
    area: str
    members: int
    difference: str
    range: str


def listed(chosen: Chosen) -> QuerySet[Experiment]:
    """The filtered comparisons, newest first."""
    found = Experiment.objects.select_related("made_by").order_by("-made_at", "-pk")
    if chosen.tab == "over":
        found = found.filter(state__in=OVER)
    elif chosen.tab != "all":
        found = found.filter(state=chosen.tab)
    found = found.filter(area=chosen.area) if chosen.area else found
    return found.filter(made_by=chosen.owner) if chosen.owner else found


def whole() -> QuerySet[Experiment]:
    """Comparisons with their arms and people, for the page of one."""
    arms = Prefetch("arms", Arm.objects.select_related("offer"))
    return Experiment.objects.select_related("made_by", "proposal", "adopted").prefetch_related(arms)


def rows(found: QuerySet[Experiment]) -> list[Row]:
    counted = found.annotate(drawn=Count("assignments"))
    return [
        Row(each, label_of(each.area), each.drawn or each.planned_members, *_in_short(each))
        for each in counted
    ]


def tab_counts() -> dict[str, int]:
    by_state = dict(Experiment.objects.order_by().values_list("state").annotate(n=Count("pk")))
    over = sum(by_state.get(state, 0) for state in OVER)
    return {
        "all": sum(by_state.values()),
        "draft": by_state.get(State.DRAFT, 0),
        "running": by_state.get(State.RUNNING, 0),
        "over": over,
    }


def owners() -> list[tuple[str, str]]:
    people = User.objects.filter(pk__in=Experiment.objects.exclude(made_by=None).values("made_by"))
    return [(str(person.pk), str(person)) for person in people.order_by("last_name", "pk")]


def holdouts() -> list[tuple[str, str, Holdout | None, float]]:
    """Each area with its switch: name, label, what somebody chose, the share left alone."""
    chosen = {each.area: each for each in Holdout.objects.select_related("by")}
    return [
        (
            area.name,
            area.label,
            chosen.get(area.name),
            chosen[area.name].share if area.name in chosen else enter.SHARE,
        )
        for area in AREAS.values()
    ]


def label_of(area: str) -> str:
    return AREAS[area].label if area in AREAS else area.title()


@dataclass(frozen=True)
class Own:
    """One arm among the members of a chapter manager. None: too few to be shown."""

    label: str
    members: int | None
    known: int | None
    renewed: int | None


def own(*, experiment: Experiment, rows: tables.Rows, viewer: User, as_of: date) -> list[Own]:
    """Counts of the viewer's own chapters, from ten members on."""
    codes = list(access.chapters_for(viewer).values_list("code", flat=True))
    mine = rows.of(codes)
    found = []
    for place, arm in enumerate(rows.arms):
        here = mine & (rows.arm == place)
        known = here & (rows.decided <= as_of.toordinal())
        renewed = known & (rows.renewed <= rows.decided)
        counts = int(here.sum()), int(known.sum()), int(renewed.sum())
        found.append(
            Own(
                arm.label,
                counts[0] if counts[0] >= SMALLEST else None,
                *(counts[1:] if counts[1] >= SMALLEST else (None, None)),
            )
        )
    return found


def sentence(found: Result, against: Against) -> str:
    """As a person would say it: 81 of 100 in Call renewed, 74 of 100 in the control group."""
    base, arm = found.lines[0], next(line for line in found.lines if line.label == against.label)
    if arm.rate is None or base.rate is None:
        return "No outcome is known yet."
    return f"{_renewed(arm)} renewed, {_renewed(base)}"


def difference(against: Against) -> str:
    """7 more (range 1 to 13)."""
    if against.difference is None or against.low is None or against.high is None:
        return ""
    number = words.whole_points(against.difference)
    word = "more" if number > 0 else "fewer" if number < 0 else "no difference"
    said = f"{abs(number)} {word}" if number else word
    return f"{said} (range {ends(against)})"


def ends(against: Against | Week) -> str:
    """The range in points of 100, with a sign where it is needed."""
    low, high = (words.whole_points(end or 0) for end in (against.low, against.high))
    return f"{low} to {high}".replace("-", words.MINUS)


def plot(found: Result, today: date) -> figures.Intervals | None:
    """Week by week, in points."""
    if not found.weeks:
        return None
    days = [words.short_date(week.on, today) for week in found.weeks]
    values = [(week.difference * 100, week.low * 100, week.high * 100) for week in found.weeks]
    titles = [
        f"{day}: {words.points(week.difference)} points, range {ends(week)}"
        for day, week in zip(days, found.weeks, strict=True)
    ]
    return figures.intervals(values, days, titles=titles)


def finding(found: Result) -> str:
    """The chart in a sentence, which is its title."""
    if not found.weeks:
        return "Too few outcomes are known for a chart"
    last = found.weeks[-1]
    return f"Difference now {words.points(last.difference)} points, {words.count(last.known)} outcomes known"


def stands(*, experiment: Experiment, now: datetime) -> str:
    """Under the title: where it stands."""
    day = words.long_date(results.reading_day(experiment), localdate(now))
    if experiment.state == State.DRAFT:
        return "Not started. Nobody is drawn until another person agrees."
    if experiment.state == State.RUNNING:
        return (
            f"Running. It is read on {day}, once." if experiment.rule == "fixed" else f"Running until {day}."
        )
    if experiment.state == State.DONE:
        return "Read on its day. The figures stay as they were found."
    return f"Stopped: {experiment.end_reason}."


def _renewed(line: Line) -> str:
    where = "in the control group" if line.is_control else f"in “{line.label}”"
    return f"{words.of_100(line.rate or 0)} of 100 {where}"


def _in_short(experiment: Experiment) -> tuple[str, str]:
    if not experiment.result:
        early = experiment.state in (State.RUNNING, State.STOPPED)
        return (results.WORDS[results.EARLY] if early else "", "")
    first = results.from_json(experiment.result).against[0]
    if first.difference is None:
        return results.WORDS[first.verdict], ""
    said = f"{words.points(first.difference)} points" if first.is_known else results.WORDS[first.verdict]
    return said, f"range {ends(first)}"
