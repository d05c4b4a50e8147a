"""Steps up by two people on evidence, steps down by one at once, and the stop for everything."""

from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import IntegrityError, transaction

from imis_ai.accounts.models import User
from imis_ai.governance import audit
from imis_ai.governance.guardrails.vocabulary import SCOPES
from imis_ai.governance.models import RolloutChange, RolloutStep, Standstill
from imis_ai.governance.refusals import Blocked, Changed, NotAllowed, WhyNot
from imis_ai.governance.rollout import evidence, feedback, read
from imis_ai.governance.rollout.areas import AREAS, ASSISTED, AUTOMATIC, phase
from imis_ai.rules.tree import ALWAYS
from imis_ai.rules.wire import parse_json, to_json

State = RolloutChange.State
ASK, AGREE, LOWER, PAUSE = "rollout.ask", "rollout.agree", "rollout.lower", "outgoing.pause"


PER_DAY = 25  # what a policy may approve a day of one kind, unless people agree on another number


@transaction.atomic
def ask(
    *,
    area: str,
    to_level: int,
    scope: dict[str, Any],
    reason: str,
    by: User,
    now: datetime,
    most_per_day: int = PER_DAY,
) -> RolloutChange:
    """Ask the area's owner for a step up, or for another scope or limit at the level reached.

    Raises NotAllowed, Changed while a change waits, Blocked naming the evidence that is missing, BadRule.
    """
    _need(by, ASK)
    parse_json(scope, vocabulary=SCOPES)
    reached = top(area=area)
    if not max(reached, 1) <= to_level <= min(reached + 1, AUTOMATIC):
        raise Blocked(
            WhyNot("An area goes one phase at a time.", rule="rollout", next_step="Ask for the next phase.")
        )
    pieces = _evidence(area, reached, to_level, now)
    try:
        with transaction.atomic():
            change = RolloutChange.objects.create(
                area=area,
                from_level=reached,
                to_level=to_level,
                scope=scope,
                most_per_day=most_per_day if to_level == AUTOMATIC else 0,
                evidence=pieces,
                feedback=feedback.summary(area=area, level=reached).as_json(),
                reason=reason,
                asked_by=by,
                asked_at=now,
            )
    except IntegrityError:
        raise Changed(
            WhyNot("A change waits already.", rule="one change at a time", next_step="Decide on that first.")
        ) from None
    _record("rollout.asked", change, by, now)
    return change


@transaction.atomic
def agree(*, change: RolloutChange, by: User, now: datetime) -> None:
    """The second person: the evidence is measured again, and kept. Raises NotAllowed, Changed, Blocked."""
    change = RolloutChange.objects.select_for_update(of=["self"]).get(pk=change.pk)
    if change.state != State.WAITING:
        raise Changed(WhyNot("This was decided already.", rule="rollout", next_step="Open the page again."))
    if why := why_not_agree(change=change, by=by):
        raise NotAllowed(why)
    change.evidence = _evidence(change.area, change.from_level, change.to_level, now)
    change.feedback = feedback.summary(area=change.area, level=change.from_level).as_json()
    change.state, change.decided_by, change.decided_at = State.DONE, by, now
    change.save()
    RolloutStep.objects.update_or_create(
        area=change.area, level=change.to_level, defaults={"scope": change.scope, "since": now}
    )
    _record("rollout.raised", change, by, now)


@transaction.atomic
def decline(*, change: RolloutChange, by: User, reason: str, now: datetime) -> None:
    """The owner says no, or who asked takes it back. Raises NotAllowed, Changed."""
    if by.pk != change.asked_by_id and (why := why_not_agree(change=change, by=by)):
        raise NotAllowed(why)
    done = RolloutChange.objects.filter(pk=change.pk, state=State.WAITING).update(
        state=State.DECLINED, decided_by=by, decided_at=now
    )
    if not done:
        raise Changed(WhyNot("This was decided already.", rule="rollout", next_step="Open the page again."))
    change.refresh_from_db()
    _record("rollout.declined", change, by, now, why=reason)


@transaction.atomic
def lower(*, area: str, to_level: int, reason: str, by: User, now: datetime) -> None:
    """One click, at once: what waits to leave is asked again before it does. Raises NotAllowed."""
    _need(by, LOWER)
    _lower(area, to_level, reason, by, now)


@transaction.atomic
def lower_by_itself(*, area: str, reason: str, now: datetime) -> None:
    """Out of the third phase without a person: a guard found that people judge badly. Once is enough."""
    if top(area=area) == AUTOMATIC:
        _lower(area, ASSISTED, reason, None, now)


def _lower(area: str, to_level: int, reason: str, by: User | None, now: datetime) -> None:
    reached = top(area=area)
    RolloutChange.objects.filter(area=area, state=State.WAITING).update(
        state=State.OVERTAKEN, decided_by=by, decided_at=now
    )
    if not 0 <= to_level < reached:
        return
    RolloutStep.objects.filter(area=area, level__gt=to_level).delete()
    change = RolloutChange.objects.create(
        area=area,
        from_level=reached,
        to_level=to_level,
        state=State.DONE,
        reason=reason,
        asked_by=by,
        asked_at=now,
        decided_by=by,
        decided_at=now,
    )
    _record("rollout.lowered", change, by, now)


@transaction.atomic
def pause(*, reason: str, by: User, now: datetime) -> Standstill:
    """Stop everything that leaves. Twice is once. Raises NotAllowed."""
    _need(by, PAUSE)
    try:
        with transaction.atomic():
            stop = Standstill.objects.create(since=now, by=by, reason=reason)
    except IntegrityError:
        return Standstill.objects.get(is_on=True)
    audit.record(
        action="outgoing.paused",
        by=by,
        now=now,
        about=("standstill", str(stop.pk)),
        detail={"reason": reason},
    )
    return stop


@transaction.atomic
def resume(*, reason: str, by: User, now: datetime) -> None:
    """Let it go on, with name and reason. Raises NotAllowed, Changed."""
    _need(by, PAUSE)
    if not reason.strip():
        raise NotAllowed(
            WhyNot(
                "Letting it go on needs a reason.",
                rule="pause",
                next_step="Write in a few words why it is safe.",
            )
        )
    stop = Standstill.objects.select_for_update().filter(is_on=True).first()
    if stop is None:
        raise Changed(WhyNot("Nothing is paused any more.", rule="pause", next_step="Open the page again."))
    stop.is_on, stop.ended_at, stop.ended_by, stop.end_reason = False, now, by, reason.strip()[:300]
    stop.save()
    audit.record(
        action="outgoing.resumed",
        by=by,
        now=now,
        about=("standstill", str(stop.pk)),
        detail={"reason": stop.end_reason, "paused_by": str(stop.by)},
    )


@transaction.atomic
def set_for_demo(*, area: str, level: int, now: datetime) -> None:
    """The demo starts where something can be approved. Nowhere else does a phase rise without two people."""
    if not settings.DEMO or top(area=area) >= level:
        return
    RolloutStep.objects.create(area=area, level=level, scope=to_json(ALWAYS), since=now)
    change = RolloutChange.objects.create(
        area=area,
        from_level=0,
        to_level=level,
        scope=to_json(ALWAYS),
        state=State.DONE,
        reason="Set by the demo, without evidence",
        asked_at=now,
        decided_at=now,
    )
    _record("rollout.set_by_demo", change, None, now)


def top(*, area: str) -> int:
    """The highest level the area has reached, for whomever."""
    return max((step.level for step in read.steps(area)), default=0)


def why_not_agree(*, change: RolloutChange, by: User) -> WhyNot | None:
    """Why this person may not agree to the step; None when they may."""
    if by.pk == change.asked_by_id:
        return WhyNot(
            "You asked for this, so someone else agrees to it.",
            rule="four eyes",
            next_step=f"Asked: {read.owners_of(change.area)}.",
        )
    if not by.may(AGREE) or by.role not in AREAS[change.area].owners:
        return WhyNot(
            f"{AREAS[change.area].label} belongs to {read.owners_of(change.area)}.",
            rule=AGREE,
            next_step=f"Asked: {read.owners_of(change.area)}.",
        )
    return None


def _evidence(area: str, reached: int, to_level: int, now: datetime) -> list[dict[str, Any]]:
    """As JSON. Raises Blocked when a step up lacks some; another scope at the same level needs none anew."""
    pieces = evidence.measured(area=area, to_level=to_level, now=now)
    missing = [piece for piece in pieces if not piece.is_met]
    if missing and to_level > reached:
        named = " ".join(f"{piece.label}: {piece.said}" for piece in missing)
        raise Blocked(
            WhyNot(
                f"{AREAS[area].label} stays in {phase(reached).lower()}. Evidence missing. {named}",
                rule="evidence before a phase",
                owner=read.owners_of(area),
                next_step="Complete it, then ask again.",
            )
        )
    return [piece.as_json() for piece in pieces]


def _need(by: User, right: str) -> None:
    if not by.may(right):
        raise NotAllowed(WhyNot("Your role may not do this.", rule=right, next_step="Ask an administrator."))


def _record(action: str, change: RolloutChange, by: User | None, now: datetime, why: str = "") -> None:
    audit.record(
        action=action,
        by=by,
        now=now,
        about=("rollout", str(change.pk)),
        detail={
            "area": change.area,
            "before": phase(change.from_level),
            "after": phase(change.to_level),
            "scope": change.scope,
            "most_per_day": change.most_per_day,
            "evidence": change.evidence,
            "feedback": change.feedback,
            "asked_by": str(change.asked_by or ""),
            "reason": why or change.reason,
        },
    )
