"""What must be shown before an area goes a step further. Areas bring their own proof of accuracy."""

from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any

from imis_ai.governance.models import ContactEntry, Decision
from imis_ai.governance.rollout import blind, feedback
from imis_ai.governance.rollout.areas import ASSISTED, AUTOMATIC
from imis_ai.ui import words

RECENT = timedelta(days=90)
LEAST_AGREEMENT, LEAST_JUDGED = 0.7, 20
LEAST_APPROVED, LEAST_DECIDED = 0.9, 40
MOST_OPT_OUTS, LEAST_SENT = 0.005, 200
MOST_MINUTES, LEAST_PEOPLE = 60, 2
JUDGEMENT = "judgement"
KINDS = {
    "accuracy": "Accuracy",
    "agreement": "Agreement of staff",
    "complaints": "Complaints",
    "minutes": "Staff minutes",
    JUDGEMENT: "How people judge",
}


@dataclass(frozen=True)
class Measured:
    """What was found: a sentence with its figures, whether it is enough, on how many."""

    said: str
    is_met: bool
    n: int = 0


@dataclass(frozen=True)
class Piece:
    """One line of the evidence as shown and as kept with a decision."""

    kind: str
    label: str
    needs: str
    said: str
    is_met: bool
    n: int

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


Measure = Callable[[str, datetime], Measured]
_measures: dict[tuple[str, int, str], tuple[str, Measure]] = {}


def add(*, kind: str, to_level: int, needs: str, measure: Measure, area: str = "") -> None:
    """`measure(area, now)` for one area, or for all that bring none of their own."""
    _measures[area, to_level, kind] = (needs, measure)


def measured(*, area: str, to_level: int, now: datetime) -> list[Piece]:
    """All kinds of evidence; one that nobody measures is not met, but for how people judge."""
    known = {kind for who, level, kind in _measures if level == to_level and who in ("", area)}
    return [_piece(area, to_level, kind, now) for kind in KINDS if kind != JUDGEMENT or kind in known]


def _piece(area: str, to_level: int, kind: str, now: datetime) -> Piece:
    needs, measure = (
        _measures.get((area, to_level, kind)) or _measures.get(("", to_level, kind)) or (UNKNOWN, _unmeasured)
    )
    found = measure(area, now)
    return Piece(kind, KINDS[kind], needs, found.said, found.is_met, found.n)


UNKNOWN = "A measure for this area"


def _unmeasured(area: str, now: datetime) -> Measured:
    return Measured("Not measured: this area shows no proof of it yet.", is_met=False)


def _blind_agreement(area: str, now: datetime) -> Measured:
    found = blind.agreement(tests=blind.finished(area))
    if found.share is None:
        return Measured("Nobody has finished the blind test yet.", is_met=False)
    of = f"{words.of_100(found.low)} to {words.of_100(found.high)}"
    said = f"Staff and model agree on {found.same} of {found.judged} members (of 100, range {of})."
    enough = found.share >= LEAST_AGREEMENT and found.judged >= LEAST_JUDGED
    missing = LEAST_JUDGED - found.judged
    more = f" {missing} more to judge." if missing > 0 else ""
    return Measured(said + more, is_met=enough, n=found.judged)


def _nothing_left(area: str, now: datetime) -> Measured:
    found = feedback.summary(area=area, level=0)
    if found.harmed:
        return Measured(
            f"{words.plural(found.harmed, 'person', 'people')} saw something go wrong.", is_met=False
        )
    return Measured("Nothing has left yet, and nobody saw anything go wrong.", is_met=True, n=found.people)


def _approvals(area: str, now: datetime) -> Measured:
    """Suggestions approved as they were, among all that people decided."""
    decided = Decision.objects.filter(
        proposal__area=area,
        at__gt=now - RECENT,
        what__in=[Decision.What.APPROVE, Decision.What.REJECT],
        by__isnull=False,
    )
    edited = set(
        Decision.objects.filter(proposal__area=area, what=Decision.What.EDIT).values_list(
            "proposal", flat=True
        )
    )
    by_proposal = dict(decided.order_by("pk").values_list("proposal", "what"))
    asis = sum(
        what == Decision.What.APPROVE and proposal not in edited for proposal, what in by_proposal.items()
    )
    n = len(by_proposal)
    if n < LEAST_DECIDED:
        missing = words.plural(LEAST_DECIDED - n, "more reviewed suggestion")
        return Measured(f"{n} decided in 90 days. {missing} needed.", is_met=False, n=n)
    return Measured(f"{asis} of {n} were approved without a change.", is_met=asis / n >= LEAST_APPROVED, n=n)


def _opt_outs(area: str, now: datetime) -> Measured:
    states = ContactEntry.State
    left = ContactEntry.objects.filter(area=area, sent_at__gt=now - RECENT)
    n, out = left.count(), left.filter(state=states.OPTED_OUT).count()
    harmed = feedback.summary(area=area, level=ASSISTED).harmed
    if n < LEAST_SENT:
        more = words.plural(LEAST_SENT - n, "more message")
        return Measured(f"{n} messages left in 90 days. {more} needed.", is_met=False, n=n)
    said = f"{out} of {n} messages led to an opt-out; {words.plural(harmed, 'person', 'people')} saw harm."
    return Measured(said, is_met=out / n <= MOST_OPT_OUTS and not harmed, n=n)


def _minutes_at(level: int) -> Measure:
    def measure(area: str, now: datetime) -> Measured:
        found = feedback.summary(area=area, level=level)
        enough = found.people >= LEAST_PEOPLE and (found.minutes or 0) <= MOST_MINUTES
        missing = LEAST_PEOPLE - found.people
        more = f" {words.plural(missing, 'more person', 'more people')} needed." if missing > 0 else ""
        return Measured(feedback.said(found) + more, is_met=enough, n=found.people)

    return measure


def _register() -> None:
    agree = f"In a blind test, staff and model agree on {words.of_100(LEAST_AGREEMENT)} of 100 or more"
    minutes = f"{LEAST_PEOPLE} people or more answered, and half need at most {MOST_MINUTES} minutes a day"
    add(kind="agreement", to_level=ASSISTED, needs=agree, measure=_blind_agreement)
    add(kind="complaints", to_level=ASSISTED, needs="Nobody saw anything go wrong", measure=_nothing_left)
    add(kind="minutes", to_level=ASSISTED, needs=minutes, measure=_minutes_at(0))
    add(
        kind="agreement",
        to_level=AUTOMATIC,
        needs=f"Of {LEAST_DECIDED} decided suggestions or more, 90 of 100 were approved without a change",
        measure=_approvals,
    )
    add(
        kind="complaints",
        to_level=AUTOMATIC,
        needs=f"Of {LEAST_SENT} messages or more, at most 1 in 200 led to an opt-out",
        measure=_opt_outs,
    )
    add(kind="minutes", to_level=AUTOMATIC, needs=minutes, measure=_minutes_at(1))


_register()
