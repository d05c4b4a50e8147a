"""What staff do about a step of somebody's first year: a draft that waits for a yes, or skipping it."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.timezone import localdate

from imis_ai.accounts.models import User
from imis_ai.governance import audit
from imis_ai.governance.refusals import WhyNot
from imis_ai.mirror import access
from retention.actions import draft, promises
from retention.calc import first_year as calc
from retention.models import FirstYearStep
from retention.queries import first_year
from retention.queries.candidates import Wanted

NOBODY_AGREED = WhyNot(
    "No member of the chapter who agreed to be introduced is free.",
    rule="introductions",
    next_step="Nudge instead, or note who agreed.",
)
Step = tuple[Any, calc.Step]


@dataclass(frozen=True)
class Moved:
    """How many steps were dealt with, and the rule against each other one in words, most frequent first."""

    done: int
    left_out: int
    why: str = ""


@transaction.atomic
def nudge(*, imis_ids: Collection[str], by: User, now: datetime) -> Moved:
    """Draft the text of each member's missed step. It leaves once somebody approves it, never before."""
    steps = _open(imis_ids, by, now)
    wanted = [_wanted(member, step, calc.NUDGES[step.day]) for member, step in steps]
    made = draft.compose(wanted=wanted, now=now, by=by)
    _note(steps, made.drafts, by, now)
    return _moved(imis_ids, made.drafts, made.left_out)


@transaction.atomic
def introduce(*, imis_ids: Collection[str], by: User, now: datetime) -> Moved:
    """Draft an introduction to a member of the chapter who agreed, and hold it while that is open."""
    steps = _open(imis_ids, by, now)
    held = promises.hold_introductions(members=[member for member, _ in steps], now=now)
    with_peer = [(member, step) for member, step in steps if member.imis_id in held]
    wanted = [_wanted(member, step, calc.INTRODUCE) for member, step in with_peer]
    made = draft.compose(wanted=wanted, now=now, by=by)
    for imis_id, proposal in made.drafts.items():
        promises.stand_behind(promise=held[imis_id], proposal=proposal)
    promises.let_go(held=list(held.values()))
    _note(with_peer, made.drafts, by, now, use=calc.INTRODUCE)
    nobody = {member.imis_id: NOBODY_AGREED for member, _ in steps if member.imis_id not in held}
    return _moved(imis_ids, made.drafts, made.left_out | nobody)


@transaction.atomic
def skip(*, imis_ids: Collection[str], reason: str, by: User, now: datetime) -> Moved:
    """Nothing is done about the missed step of each, for a reason that teaches the plan."""
    steps = _open(imis_ids, by, now)
    rows = [
        FirstYearStep(
            member=member, day=step.day, what=FirstYearStep.What.SKIPPED, reason=reason, by=by, at=now
        )
        for member, step in steps
    ]
    _keep(rows)
    for member, step in steps:
        detail = {"reason": calc.SKIP_REASONS[reason], "day": step.day}
        audit.record(action="first year.skipped", by=by, now=now, imis_id=member.imis_id, detail=detail)
    return _moved(imis_ids, [member.imis_id for member, _ in steps], {})


def _open(imis_ids: Collection[str], by: User, now: datetime) -> list[Step]:
    return first_year.chosen(seen=access.members(by), imis_ids=imis_ids, today=localdate(now))


def _wanted(member: Any, step: calc.Step, use: str) -> Wanted:
    return Wanted(
        imis_id=member.imis_id,
        purpose=use,
        stage="",
        reason="",
        occasion=f"day {step.day} after {member.joined_on.isoformat()}",
        known={"day": step.day, "why": step.why},
    )


def _note(steps: Sequence[Step], drafts: dict[str, Any], by: User, now: datetime, *, use: str = "") -> None:
    """The step shows that a draft was made; that draft is in the audit log as any other."""
    rows = [
        FirstYearStep(
            member=member,
            day=step.day,
            what=FirstYearStep.What.ASKED,
            use=use or calc.NUDGES[step.day],
            proposal=drafts[member.imis_id],
            by=by,
            at=now,
        )
        for member, step in steps
        if member.imis_id in drafts
    ]
    _keep(rows)


def _keep(rows: list[FirstYearStep]) -> None:
    """In place of a draft that came to nothing."""
    FirstYearStep.objects.bulk_create(
        rows,
        update_conflicts=True,
        unique_fields=["member", "day"],
        update_fields=["what", "use", "reason", "proposal", "by", "at"],
    )


def _moved(imis_ids: Collection[str], done: Collection[str], left_out: dict[str, WhyNot]) -> Moved:
    said: dict[str, int] = {}
    for why in left_out.values():
        said[why.sentence] = said.get(why.sentence, 0) + 1
    parts = [f"{number}: {sentence}" for sentence, number in sorted(said.items(), key=lambda each: -each[1])]
    rest = len(set(imis_ids)) - len(done) - len(left_out)
    parts += [f"{rest}: No step is open."] if rest else []
    return Moved(len(done), len(set(imis_ids)) - len(done), " ".join(parts))
