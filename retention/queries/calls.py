"""The call list: who is on it in a period, what stands on each card, how far it is."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.conf import settings
from django.db.models import Count, Min, Q, QuerySet, Subquery, Sum
from django.urls import reverse
from django.utils.timezone import localdate, localtime

from imis_ai.accounts.models import User
from imis_ai.accounts.rights import RIGHTS
from imis_ai.mirror import habits
from imis_ai.ui import words
from imis_ai.ui.today import WEEK, Asked, Part, Waits
from retention.calc import worth
from retention.models import Call, RiskScore
from retention.queries import policy as policies

RIGHT = "retention.calls"
UNDO_WITHIN = timedelta(minutes=30)
DONE = (Call.State.DONE, Call.State.SKIPPED)
KEYS = {outcome: str(place) for place, outcome in enumerate(Call.Outcome.values, 1)}
LATER = (("tomorrow", "Tomorrow"), ("monday", "Monday"), ("week", "In a week"), ("month", "In a month"))
REASONS = (
    ("busy", "Asked for another time"), ("away", "Away"), ("known", "Known and taken care of"),
    ("wrong", "The facts are wrong"), ("other", "Another reason"),
)  # fmt: skip


@dataclass(frozen=True)
class Row:
    """One line of the list."""

    call: Call
    imis_id: str
    name: str
    tier: str
    chapter: str
    score: int | None
    band: str
    reason: str
    is_done: bool
    says: str


@dataclass(frozen=True)
class Shown:
    """`capacity` calls a period; `done` of the `total` that the viewer sees."""

    rows: list[Row]
    capacity: int
    done: int
    total: int
    period: date
    words: str
    owner: str


def on_the_list(*, seen: QuerySet, today: date) -> QuerySet[Call]:
    """The newest list that was published, and what comes back from earlier ones by now."""
    newest = Call.objects.filter(period__lte=today).order_by("-period").values("period")[:1]
    back = Q(state=Call.State.LATER, later_until__lte=today)
    found = Call.objects.filter(Q(period=Subquery(newest)) | back, member__in=seen)
    return found.select_related("member__tier", "member__chapter", "owner", "decided_by")


def shown(*, seen: QuerySet, viewer: User, now: datetime, with_names: bool, owner: str = "") -> Shown:
    """The whole list: what is open first, in the order of worth. Three queries."""
    today, policy = localdate(now), policies.current()
    found = on_the_list(seen=seen, today=today)
    if owner == "me":
        found = found.filter(owner=viewer)
    elif owner == "nobody":
        found = found.filter(owner=None)
    calls = sorted(found, key=lambda call: (_is_over(call, today), call.place, call.pk))
    scores = RiskScore.objects.filter(run__is_current=True, member__in=[call.member_id for call in calls])
    by_member = {score.member_id: score for score in scores.select_related("run")}
    rows = [_row(call, by_member.get(call.member_id), today, with_names) for call in calls]
    done = sum(row.is_done for row in rows)
    return Shown(
        rows, policy.calls_a_period, done, len(rows), policy.period(today), policy.period_words, owner
    )


def standing(*, today: date) -> dict[str, Any]:
    """Figures of the newest list, for who has no page."""
    newest = (
        Call.objects.filter(period__lte=today).order_by("-period").values_list("period", flat=True).first()
    )
    found = Call.objects.filter(period=newest)
    return {
        "period": newest.isoformat() if newest else None,
        "total": found.count(),
        "done": found.filter(state__in=DONE).count(),
        "capacity": policies.current().calls_a_period,
    }


@dataclass(frozen=True)
class Card:
    """One call with everything on it. `method` says how its worth was found."""

    row: Row
    call: Call
    phone: str
    score: RiskScore | None
    factors: list[dict]
    method: str
    may_undo: bool
    points: list[dict[str, Any]]
    contacts: list[dict[str, Any]]


def card(*, call: Call, now: datetime, with_names: bool) -> Card:
    """Two queries."""
    scores = RiskScore.objects.filter(run__is_current=True, member=call.member_id).select_related("run")
    score = scores.first()
    factors = [each for each in score.factors if each.get("direction") != "lowers"][:3] if score else []
    phone = habits.phones([call.member_id]).get(call.member_id, "") if with_names else ""
    row = _row(call, score, localdate(now), with_names)
    said = _dated(call.points), _dated(call.contacts)
    return Card(row, call, phone, score, factors, worth.WORDS[call.method], may_undo(call, now), *said)


def _dated(facts: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [fact | {"on": date.fromisoformat(fact["on"])} for fact in facts]


def may_undo(call: Call, now: datetime) -> bool:
    """Within half an hour of what was decided."""
    return call.decided_at is not None and now < call.decided_at + UNDO_WITHIN


def part(asked: Asked) -> Part:
    """Needs a call now, on the first page. One query."""
    if asked.seen is None or not asked.viewer.may(RIGHT):
        return Part()
    found = on_the_list(seen=asked.seen, today=asked.today).order_by().select_related(None)
    due = Q(state=Call.State.OPEN) | Q(state=Call.State.LATER, later_until__lte=asked.today)
    sums = found.filter(due).aggregate(n=Count("pk"), worth=Sum("worth"), oldest=Min("facts_at"))
    if not sums["n"]:
        return Part()
    money = words.money(sums["worth"], settings.CURRENCY, cents=False)
    waits = Waits(
        count=sums["n"],
        name="Need a call now",
        why="Members at risk whom a call may keep, the most valuable first.",
        address=reverse("call_list"),
        action="Call",
        stake=f"{money} worth a call",
        oldest=sums["oldest"],
        due=WEEK,
        amount=sums["worth"],
    )
    return Part(waits=[waits])


def callers() -> QuerySet[User]:
    """People who can be given a call."""
    return User.objects.filter(role__in=RIGHTS[RIGHT].roles, is_active=True).order_by("username")


def later_day(key: str, today: date) -> date | None:
    """The day that a choice means; None for what is no choice."""
    monday = today + timedelta(days=7 - today.weekday())
    known = {"tomorrow": today + timedelta(days=1), "monday": monday}
    known |= {"week": today + timedelta(days=7), "month": today + timedelta(days=30)}
    return known.get(key)


def _is_over(call: Call, today: date) -> bool:
    return call.state in DONE or (call.state == Call.State.LATER and (call.later_until or today) > today)


def _row(call: Call, score: RiskScore | None, today: date, with_names: bool) -> Row:
    member = call.member
    name = str(member) if with_names else words.masked(str(member))
    risk = score.risk_90 if score else None
    chip = next((f["chip"] for f in score.factors if f.get("direction") != "lowers"), "") if score else ""
    return Row(
        call=call,
        imis_id=member.imis_id,
        name=name,
        tier=member.tier.name if member.tier else "",
        chapter=member.chapter.name if member.chapter else "",
        score=None if risk is None else words.of_100(risk),
        band="" if risk is None or score is None else score.run.bands.band(risk),
        reason=chip or call.get_why_display(),
        is_done=call.state in DONE,
        says=_says(call, today),
    )


def _says(call: Call, today: date) -> str:
    if call.state == Call.State.DONE and call.decided_at:
        return f"{call.get_outcome_display()}, {words.short_date(localtime(call.decided_at).date(), today)}"
    if call.state == Call.State.LATER and call.later_until and call.later_until > today:
        return f"Later, {words.short_date(call.later_until, today)}"
    if call.state == Call.State.SKIPPED:
        return "Skipped"
    return ""
