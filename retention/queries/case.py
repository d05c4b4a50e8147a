"""The case view: eight facts side by side, what changed since last week, what would keep the member."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from imis_ai.mirror import case, timeline
from imis_ai.mirror.case import Fact
from imis_ai.mirror.timeline import Entry
from imis_ai.ui import words
from retention.calc.bands import NAMES, of_100
from retention.calc.moves import Suggested
from retention.models import Call, Crossing, RiskScore
from retention.queries import crossings, worth

WEEK = timedelta(days=7)
MOST_NEWS = 6


@dataclass(frozen=True)
class Case:
    """`changed`: sentences; `news`: what happened in iMIS in the last week."""

    facts: list[Fact]
    changed: list[str]
    news: list[Entry]
    keeping: list[Suggested]
    leave_alone: str
    method: str
    call: Call | None


def case_of(*, score: RiskScore, now: datetime, change: int | None) -> Case:
    """Everything on one page. `change`: points at renewal against a week ago. Nine queries."""
    run = score.run
    entries = timeline.latest(member_id=score.member_id, limit=40)
    news = [entry for entry in entries if now - WEEK < entry.at <= now]
    return Case(
        facts=case.facts(score.member, now),
        changed=_changed(score, change, len(news), now),
        news=news[:MOST_NEWS],
        keeping=worth.keeping(score),
        leave_alone=worth.leave_alone(score),
        method=worth.method(run).sentence,
        call=Call.objects.filter(member=score.member_id).order_by("-period", "-pk").first(),
    )


def _changed(score: RiskScore, change: int | None, events: int, now: datetime) -> list[str]:
    """The risk, its strongest reason, the line crossed, and how much was heard of the member."""
    said = []
    if change:
        said.append(f"The risk at renewal is {abs(change)} points {'higher' if change > 0 else 'lower'}.")
    elif change == 0:
        said.append("The risk at renewal is the same.")
    said += list(_reasons(score, score.run.as_of - WEEK))
    for crossing in _last_lines(score):
        band = NAMES[crossing.band].lower()
        if crossing.left_at and crossing.left_at > now - WEEK:
            said.append(f"Left {band} risk.")
        elif not crossing.left_at and crossing.entered_at > now - WEEK:
            said.append(f"Came over the line of {band} risk, at {of_100(crossing.risk)} of 100.")
    said.append(
        f"{words.plural(events, 'thing')} happened in iMIS." if events else "Nothing happened in iMIS."
    )
    return said


def _last_lines(score: RiskScore) -> list[Crossing]:
    """The newest crossing of the high line; where there is none, of the medium one."""
    found = list(crossings.of_members([score.member_id])[:6])
    return [each for each in found if each.band == "hi"][:1] or found[:1]


def _reasons(score: RiskScore, until: date) -> list[str]:
    """Reasons that are there now and were not in the last score of at least a week ago."""
    rows = RiskScore.objects.filter(
        member=score.member_id, run__as_of__lte=until, run__as_of__gt=until - 4 * WEEK
    )
    before = rows.order_by("-run__as_of").values_list("factors", flat=True).first()
    if before is None:
        return []
    known = {factor["feature"].split(".")[0] for factor in before}
    fresh = [
        f for f in score.factors if f["feature"].split(".")[0] not in known and f.get("direction") != "lowers"
    ]
    return [f"New reason: {factor['sentence']}." for factor in fresh[:2]]
